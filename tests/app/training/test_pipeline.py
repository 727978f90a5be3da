"""What the network is given: augmented alike in image, mask and truth; batches that depend on place and seed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.datasets import CaseFiles, Crop, LoadedCase
from deepmix.files.records import Image
from deepmix.training.augmentation import Augmentation, apply, augment, draw
from deepmix.training.items import Item, mean_prior, prepared
from deepmix.training.pipeline import Pipeline
from tests.problems import generators

pytest.importorskip("grain", reason="needs the extra train")
SHAPE = (2, 9, 9)


def random_item(rng: np.random.Generator, shape: tuple[int, int, int] = SHAPE, k: int = 3) -> Item:
    mask = rng.random(shape[1:]) < 0.8
    truth = np.where(mask, rng.integers(1, k + 1, shape[1:]), 0).astype(np.int32)
    return Item(image=rng.normal(size=shape).astype(np.float32), mask=mask, truth=truth)


def plain(linear: np.ndarray) -> Augmentation:
    return Augmentation(
        linear=np.asarray(linear, float), displacement=np.zeros((2, *SHAPE[1:])), noise=np.zeros(SHAPE)
    )


@given(rng=generators)
def test_turns_and_flips_by_hand(rng):
    item = random_item(rng)
    for linear, move in (
        (np.eye(2), lambda array: array),
        (np.diag([-1, 1]), lambda array: array[..., ::-1, :]),
        (np.diag([1, -1]), lambda array: array[..., ::-1]),
        ([[0, -1], [1, 0]], lambda array: np.rot90(array, axes=(-2, -1), k=-1)),
    ):
        changed = apply(plain(linear), item)
        for found, array in zip(changed, item, strict=True):
            assert found.dtype == array.dtype
            np.testing.assert_allclose(found, move(array), atol=1e-6)


@given(rng=generators)
def test_image_mask_and_truth_move_alike(rng):
    """Where the image holds the truth itself, and the nearest pixel is the pixel."""
    _, mask, truth = random_item(rng)
    shifted = plain(np.eye(2))._replace(displacement=np.broadcast_to([[[2.0]], [[-1.0]]], (2, *SHAPE[1:])))
    changed = apply(shifted, Item(image=np.stack([truth, truth]).astype(np.float32), mask=mask, truth=truth))
    inside = changed.mask
    np.testing.assert_allclose(changed.image[0][inside], changed.truth[inside], atol=1e-6)
    np.testing.assert_array_equal(changed.mask[:-2, 1:], mask[2:, :-1])
    assert not changed.mask[-2:].any()  # nothing outside the image counts
    assert not changed.truth[:, :1].any()


def test_a_scaling_by_two_covers_four_times_as_many_pixels():
    mask = np.zeros((40, 40), bool)
    mask[15:25, 15:25] = True
    item = Item(image=np.zeros((1, 40, 40), np.float32), mask=mask, truth=mask.astype(np.int32))
    larger = Augmentation(linear=np.eye(2) / 2, displacement=np.zeros((2, 40, 40)), noise=np.zeros((1, 40, 40)))
    assert apply(larger, item).mask.sum() == 4 * mask.sum()


@given(seed=st.integers(0, 1000))
def test_draws_keep_their_bounds_and_their_seed(seed):
    one, other = (draw(np.random.default_rng(seed), (2, 32, 24)) for _ in range(2))
    for first, second in zip(one, other, strict=True):
        np.testing.assert_array_equal(first, second)
    scales = np.linalg.svd(one.linear, compute_uv=False)
    np.testing.assert_allclose(scales[0], scales[1])  # no shear
    assert 1 / 1.4 - 1e-9 <= scales[0] <= 1 / 0.7 + 1e-9
    assert one.displacement.std() < 1
    assert one.noise.std() < 0.12
    assert not np.array_equal(one.linear, draw(np.random.default_rng(seed + 1), (2, 32, 24)).linear)


def test_an_image_that_would_leave_is_left_as_it_is():
    mask = np.zeros((16, 16), bool)
    mask[0, :] = True  # a turn moves it out
    item = Item(image=np.zeros((1, 16, 16), np.float32), mask=mask, truth=mask.astype(np.int32))
    kept = [augment(item, np.random.default_rng(seed)).mask.sum() for seed in range(40)]
    assert min(kept) >= mask.sum() / 2


# Mini-batches


def numbered(n: int) -> list[Item]:
    """Items that tell their number in every pixel."""
    mask, truth = np.ones((8, 8), bool), np.ones((8, 8), np.int32)
    return [Item(image=np.full((1, 8, 8), number, np.float32), mask=mask, truth=truth) for number in range(n)]


def pipeline(items: list[Item], **options) -> Pipeline:
    settings = {"batch_size": 3, "seed": 0, "changes": [], "known": True} | options
    return Pipeline(items, 2, **settings)


def seen(batches) -> list[int]:
    """The numbers of the images that count."""
    return [int(n) for batch in batches for n in batch.images[batch.shares > 0, 0, 0, 0]]


@given(n=st.integers(1, 11), batch_size=st.integers(1, 5), seed=st.integers(0, 99))
def test_every_epoch_has_every_image_once_in_batches_of_one_size(n, batch_size, seed):
    of = pipeline(numbered(n), batch_size=batch_size, seed=seed)
    for epoch in range(3):
        batches = list(of(epoch))
        assert len(batches) == of.n_batches
        assert {batch.images.shape for batch in batches} == {(min(batch_size, n), 1, 8, 8)}
        assert sorted(seen(batches)) == list(range(n))


def test_every_epoch_is_augmented_anew():
    item = random_item(np.random.default_rng(0))
    of = pipeline([item], changes=[augment])
    images = [batch.images[0] for epoch in range(3) for batch in of(epoch)]
    assert len({image.tobytes() for image in (item.image, *images)}) == 4


def test_epochs_have_orders_of_their_own_which_the_seed_fixes():
    first, again, other = (pipeline(numbered(20), seed=seed) for seed in (0, 0, 1))
    orders = [seen(first(epoch)) for epoch in range(3)]
    assert orders == [seen(again(epoch)) for epoch in range(3)]
    assert len({tuple(order) for order in (*orders, seen(other(0)))}) == 4


@given(rng=generators, done=st.integers(0, 4))
def test_an_epoch_can_be_gone_on_with_anywhere(rng, done):
    """Also with augmentation, whose draws belong to the place."""
    items = [random_item(rng) for _ in range(10)]
    whole, rest = (list(pipeline(items, changes=[augment])(epoch, done)) for epoch, done in ((2, 0), (2, done)))
    assert len(rest) == len(whole) - done
    for expected, actual in zip(whole[done:], rest, strict=True):
        for one, other in zip(expected, actual, strict=True):
            np.testing.assert_array_equal(one, other)


@given(rng=generators, parts=st.integers(2, 4))
def test_processes_share_each_batch(rng, parts):
    items = [random_item(rng) for _ in range(7)]
    whole = pipeline(items, batch_size=4)(1)
    shared = zip(*(pipeline(items, batch_size=4, part=(part, parts))(1) for part in range(parts)), strict=True)
    for one, of_parts in zip(whole, shared, strict=True):
        counting = [batch.images[batch.shares > 0] for batch in of_parts]
        np.testing.assert_array_equal(np.concatenate(counting), one.images[one.shares > 0])
        assert len({len(batch.shares) for batch in of_parts}) == 1


def test_truth_is_one_hot_where_it_is_known():
    item = random_item(np.random.default_rng(0), k=2)
    (batch,) = pipeline([item])(0)
    np.testing.assert_array_equal(batch.truth[0], [item.truth == 1, item.truth == 2])
    np.testing.assert_array_equal(batch.weights[0], item.mask)
    (unknown,) = pipeline([item], known=False)(0)
    assert unknown.truth is None


# What comes before: standardised crops, and the means of the classes


def loaded(image: np.ndarray, mask: np.ndarray, labels: np.ndarray | None, crop: Crop) -> LoadedCase:
    like = Image(channels=np.empty(0), geometry=None, suffix=".npy", source=None)
    return LoadedCase(
        name="a",
        image=crop.take(image),
        mask=crop.take(mask),
        labels=None if labels is None else crop.take(labels),
        crop=crop,
        case=CaseFiles(name="a", channels={}, mask=None, labels=None, patient="a"),
        like=like,
        z=None,
    )


@given(rng=generators)
def test_images_are_standardised_over_their_mask(rng):
    image, mask = rng.normal(5, 3, (2, 6, 6)), rng.random((6, 6)) < 0.7
    mask[:2] = True
    labels = rng.integers(0, 3, (6, 6))
    item = prepared(loaded(image, mask, labels, Crop(start=(-1, 0), size=(8, 8), shape=(6, 6))), "mask")
    np.testing.assert_allclose(item.image[:, item.mask].mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(item.image[:, item.mask].std(axis=1), 1, atol=1e-5)
    assert (item.image[:, 0] == 0).all()  # beyond the image
    np.testing.assert_array_equal(item.truth[item.mask], labels[mask])
    assert not item.truth[~item.mask].any()
    hidden = prepared(
        loaded(image, mask, labels, Crop(start=(0, 0), size=(6, 6), shape=(6, 6))), "none", labelled=False
    )
    np.testing.assert_allclose(hidden.image, image.astype(np.float32))
    assert not hidden.truth.any()


def test_the_means_of_classes_count_images_not_pixels():
    image = np.array([[[0.0, 2.0, 4.0, 7.0]]])
    every = np.ones((1, 4), bool)
    first = Item(image=image, mask=every, truth=np.array([[1, 1, 1, 2]]))
    second = Item(image=image + 10, mask=every, truth=np.array([[1, 0, 0, 0]]))
    np.testing.assert_allclose(mean_prior([first, second], 2), [[(2 + 10) / 2], [7]])
    with pytest.raises(ValueError, match="shows class 3"):
        mean_prior([first, second], 3)

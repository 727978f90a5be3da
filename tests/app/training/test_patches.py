"""Patches of volumes, and their symmetries."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.training import patches, symmetries
from deepmix.training.items import Item
from tests.problems import generators

pytest.importorskip("grain", reason="needs the extra train")

from deepmix.training.pipeline import Pipeline

SIZE = (4, 4, 2)


def numbered(rng: np.random.Generator, shape: tuple[int, ...] = (9, 7, 5)) -> Item:
    """A volume whose pixels tell their number, with a mask of some of them."""
    mask = rng.random(shape) < 0.3
    mask[tuple(rng.integers(shape))] = True
    numbers = np.arange(mask.size).reshape(shape)
    return Item(image=numbers[None].astype(np.float32), mask=mask, truth=np.where(mask, numbers + 1, 0))


@given(rng=generators, size=st.tuples(st.integers(1, 9), st.integers(1, 7), st.integers(1, 5)))
def test_a_patch_is_a_box_of_the_volume_with_its_own_mask_and_truth(rng, size):
    item = numbered(rng)
    for patch in (patches.drawn(item, rng, size), patches.middle(item, size)):
        numbers = patch.image[0].astype(int)
        first = np.array(np.unravel_index(numbers.min(), item.mask.shape))
        box = tuple(slice(begin, begin + side) for begin, side in zip(first, size, strict=True))
        for found, whole in zip(patch, item, strict=True):
            np.testing.assert_array_equal(found, whole[..., *box])
            assert found.shape[-3:] == size
        assert patch.mask.any()


def test_a_volume_of_the_size_of_a_patch_is_the_patch():
    item = numbered(np.random.default_rng(0))
    for patch in (patches.drawn(item, np.random.default_rng(1), (9, 7, 5)), patches.middle(item, (9, 7, 5))):
        for found, whole in zip(patch, item, strict=True):
            np.testing.assert_array_equal(found, whole)


def test_patches_lie_everywhere_round_the_mask_and_are_seldom_empty():
    mask = np.zeros((20, 20, 20), bool)
    mask[4:16, 4:16, 4:16] = True
    item = Item(image=np.zeros((1, 20, 20, 20), np.float32), mask=mask, truth=np.zeros(mask.shape, np.int32))
    drawn = [patches.drawn(item, np.random.default_rng(seed), (8, 8, 8)).mask for seed in range(200)]
    filled = np.array([patch.mean() for patch in drawn])
    assert filled.min() > 1 / 8
    assert len({patch.tobytes() for patch in drawn}) > 50
    assert patches.middle(item, (8, 8, 8)).mask.all()


@pytest.mark.parametrize(
    ("size", "spacing", "number"),
    [
        ((8, 8, 4), (1, 1, 3), 2),
        ((8, 8, 8), (1, 1, 3), 2),
        ((8, 8, 8), (1, 1.02, 0.98), 6),
        ((8, 4, 8), (1, 1, 1), 2),
        ((8, 4, 2), (1, 1, 1), 1),
        ((8, 8, 2), (1, 2, 1), 1),
    ],
)
def test_only_axes_that_are_alike_change_places(size, spacing, number):
    orders = symmetries.orders(size, spacing)
    assert len(set(orders)) == number
    assert (0, 1, 2) in orders
    for order in orders:
        assert tuple(size[axis] for axis in order) == size
        np.testing.assert_allclose([spacing[axis] for axis in order], spacing, rtol=0.1)


def test_all_turns_of_a_square_plane_and_all_flips_are_drawn():
    truth = np.arange(1, 33, dtype=np.int32).reshape(SIZE)
    item = Item(image=np.stack([truth, truth]).astype(np.float32), mask=truth % 3 > 0, truth=truth)
    found = {}
    for seed in range(300):
        changed = symmetries.changed(item, np.random.default_rng(seed), symmetries.orders(SIZE, (1, 1, 3)))
        assert changed.image.dtype == np.float32
        np.testing.assert_array_equal(changed.mask, changed.truth % 3 > 0)
        assert np.abs(changed.image - changed.truth).std() < 0.12
        found[changed.truth.tobytes()] = changed.truth
    turned = [np.rot90(each, times) for each in (truth, truth[::-1]) for times in range(4)]
    assert set(found) == {each[..., ::step].tobytes() for each in turned for step in (1, -1)}


def batches(items: list[Item], epoch: int, done: int = 0, seed: int = 0) -> list[np.ndarray]:
    of = Pipeline(
        items,
        2,
        batch_size=2,
        seed=seed,
        changes=[
            lambda item, rng: patches.drawn(item, rng, SIZE),
            lambda item, rng: symmetries.changed(item, rng, symmetries.orders(SIZE, (1, 1, 3))),
        ],
        known=True,
    )
    return [batch.images for batch in of(epoch, done)]


def test_patches_are_those_of_seed_epoch_and_place():
    items = [numbered(np.random.default_rng(seed), shape) for seed, shape in enumerate([(9, 7, 5), (6, 8, 4)] * 2)]
    first, again = batches(items, 1), batches(items, 1, done=1)
    assert [images.shape for images in first] == [(2, 1, *SIZE)] * 2
    np.testing.assert_array_equal(first[1], again[0])
    for other in (batches(items, 2), batches(items, 1, seed=1)):
        assert not np.array_equal(first[0], other[0])


def test_the_truth_of_a_patch_is_one_hot():
    item = numbered(np.random.default_rng(0))._replace()
    item = item._replace(truth=np.where(item.mask, 1 + (item.truth % 2), 0))
    pipeline = Pipeline([item], 2, batch_size=1, seed=0, changes=[], known=True)
    (batch,) = pipeline(0)
    np.testing.assert_array_equal(batch.truth[0], [item.truth == 1, item.truth == 2])
    np.testing.assert_array_equal(batch.weights[0], item.mask)

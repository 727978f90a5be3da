"""One network for a whole volume: `dimension=3` [NN3]."""

import numpy as np
import pytest

from deepmix import memory, reference, segment
from deepmix.datasets import phantoms
from deepmix.segmentation import deep, duration, presets, room
from deepmix.segmentation.size import Size
from deepmix.segmentation.windows import boxed, filled
from tests.app.segmentation.test_segmentation import blobs

SHAPE = (14, 13, 4)
QUICK = {"depth": 1, "filters": 4, "max_steps": 3, "min_steps": 3, "warm_start": 60, "restarts": 1, "beta": 1.0}
QUICK |= {"initialization": "kmeans", "backend": "reference", "dimension": 3, "learning_rate": 2e-2}


def settings(**given):
    return presets.settings("robust", **{"n_components": 3, "method": "deepsvg", "dimension": 3} | given)


@pytest.fixture(scope="module")
def volume():
    """Image (2, H, W, D), mask and truth."""
    image, truth, mask = blobs(SHAPE)
    return image, mask, truth


@pytest.mark.parametrize("method", ["deepg", "deepsvg"])
def test_labels_of_a_volume_by_one_network(method, volume):
    image, mask, truth = volume
    found = segment(image, mask, n_components=3, method=method, spacing=(1.0, 1.0, 2.5), **QUICK)
    assert found.labels.shape == SHAPE
    assert found.probabilities.shape == (3, *SHAPE)
    assert np.array_equal(found.labels > 0, mask)
    assert [(part.slice, len(part.history)) for part in found.parts] == [(None, 3)]
    assert (found.labels == truth)[mask].mean() > 0.9


def test_without_a_guide_classes_are_ordered_by_their_means(volume):
    """As of a flat image: no slices, whose classes would have to be matched."""
    image, mask, _ = volume
    found = segment(image, mask, n_components=3, preset="paper", **QUICK | {"warm_start": 0})
    assert found.guide is None
    assert (np.diff(found.parts[0].means[:, 0]) >= 0).all()


def test_only_the_chosen_slices_are_labelled(volume):
    image, mask, _ = volume
    found = segment(image, mask, n_components=3, slices=(1, 3), **QUICK)
    assert np.array_equal(found.labels > 0, mask & np.isin(np.arange(4), [1, 2]))


def test_the_network_knows_the_spacing(volume, monkeypatch):
    """Of blocks, too: they are larger within slices. The total variation knows it as well."""
    image, mask, _ = volume
    seen = []
    original = deep.one_by_one
    monkeypatch.setattr(
        deep,
        "one_by_one",
        lambda views, descent, *rest: seen.append(descent.model) or original(views, descent, *rest),
    )
    segment(image, mask, n_components=3, spacing=(1.0, 1.0, 4.0), shrink=2, total_variation=0.1, **QUICK)
    (model,) = seen
    assert model.unet.spacing == (2.0, 2.0, 4.0)
    assert model.unet.size == (7, 7, 4)
    ((variation, weight),) = model.regularizers
    assert weight == 0.1
    assert variation.keywords["spacing"] == (2.0, 2.0, 4.0)


def test_a_volume_in_patches_is_about_the_volume(volume):
    """More than one patch; the history has a value a sweep, and one of the end."""
    image, mask, truth = volume
    places = []
    options = QUICK | {"patch": 8, "max_steps": 9, "min_steps": 9, "progress": places.append}
    found = segment(image, mask, n_components=3, spacing=(1.0, 1.0, 2.5), **options)
    assert (found.labels == truth)[mask].mean() > 0.9
    (part,) = found.parts
    n_patches = 9
    assert (len(part.history), part.patches, part.steps) == (2, n_patches, n_patches)
    assert [place.step for place in places] == list(range(1, 8 * n_patches + 1))
    assert {(place.part, place.n_parts, place.n_steps) for place in places} == {(0, 1, 8 * n_patches)}
    whole = segment(image, mask, n_components=3, spacing=(1.0, 1.0, 2.5), **QUICK | {"patch": 14})
    assert len(whole.parts[0].history) == whole.parts[0].steps == 3


def test_m_steps_come_between_sweeps_as_often_as_steps_ask(volume, monkeypatch):
    image, mask, _ = volume
    seen = []
    original = reference.deep_mixtures.patches.fit
    fit = lambda *given, **options: seen.append(options["optimization"]) or original(*given, **options)  # noqa: E731
    monkeypatch.setattr(reference.deep_mixtures.patches, "fit", fit)
    options = QUICK | {"patch": 8, "max_steps": 20, "min_steps": 20, "warm_start": 1}
    for every, expected in ((0, 0), (1, 1), (10, 2)):
        segment(image, mask, n_components=3, m_step_every=every, **options)
        assert (seen[-1].m_step_every, seen[-1].max_steps) == (expected, 4)


def test_patches_are_for_the_free_energy_alone():
    assert settings().patch == 64
    assert settings(objective="nll").patch is None
    assert settings(dimension=2).patch is None


def test_a_box_of_a_volume_is_padded_along_each_axis():
    mask = np.zeros((9, 10, 5), bool)
    mask[3:6, 4:6, 2] = True
    box = filled(boxed(mask, (2, 2, 1)), (8, 8, 3))
    assert box.box == (slice(1, 8), slice(2, 8), slice(1, 4))
    assert box.padding == (1, 2, 0)
    image = np.random.default_rng(0).normal(size=(2, *mask.shape))
    assert np.array_equal(box.give(box.take(image)), image[:, 1:8, 2:8, 1:4])
    assert box.take_mask(mask).sum() == mask.sum()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"image": np.eye(8)}, "dimension 3 is for volumes; this image has two axes"),
        (
            {"spacing": (1.0, 2.0)},
            "spacing must be three positive numbers, one for each axis of a volume, got 1, 2",
        ),
        ({"spacing": (1.0, 0.0, 1.0)}, "spacing must be three positive numbers"),
        ({"dimension": 2, "spacing": (1.0, 1.0, 2.0)}, "spacing is for dimension 3; leave it out"),
        ({"method": "hmrf"}, "dimension 3 is for deepg and deepsvg; leave it out for hmrf"),
        ({"dimension": 2, "patch": 32}, "patch is for dimension 3; leave it out"),
        ({"preset": "paper", "patch": 32}, 'patch needs objective "free_energy", that of preset robust'),
        ({"dimension": 4}, "dimension must be from 2 to 3, got 4"),
    ],
)
def test_bad_input(given, message):
    image = given.pop("image", np.zeros((1, *SHAPE)))
    with pytest.raises(ValueError, match=message):
        segment(image, n_components=2, **{"dimension": 3} | given)


def test_a_volume_has_a_small_network_unless_told_otherwise():
    found = settings()
    assert (found.network.depth, found.network.filters) == (3, 8)
    assert settings(filters=16).network.filters == 16
    assert presets.settings("paper", n_components=3, dimension=3).network.depth == 3
    assert settings(dimension=2).network.filters == 16


LARGE = Size(n_pixels=10**7, n_channels=1, of_slice=10**5)


def test_a_network_of_a_volume_needs_the_memory_of_all_slices(monkeypatch):
    whole, slices = (
        room.need(LARGE, each, "deepsvg", 1)
        for each in (settings(patch=2000), settings(dimension=2, filters=8, depth=3))
    )
    assert whole > 10 * slices
    assert room.need(LARGE, settings(patch=2000, slices=(0, 10)), "deepsvg", 1) < whole / 4  # the guide sees all
    assert room.need(LARGE, settings(), "deepsvg", 1) < whole / 4  # patches of 64³
    thin = room.need(LARGE._replace(of_slice=10**6), settings(), "deepsvg", 1)
    assert room.need(LARGE, settings(), "deepsvg", 1) - thin > 54 * 64**2 * 8 * 150 * 4 * 0.9  # of ten slices
    monkeypatch.setattr(memory, "available", lambda: 2**33)
    advice = r"or take --patch 64, which needs .* or take --dimension 2, slice by slice, which needs"
    with pytest.raises(ValueError, match=advice):
        room.check(LARGE, 4 * 10**7, 8 * 10**7, settings=settings(patch=2000), source="brain.nii.gz")


def test_the_steps_of_a_volume_take_the_time_of_all_slices():
    image, one = np.broadcast_to(np.float32(0), (1, 64, 64, 64)), range(3, 4)

    def seconds(**given):
        return duration.seconds(image, None, settings(**given), 1, one)

    assert 1.9 < seconds(filters=16) / seconds() < 2.1
    assert seconds(slices=(0, 16)) < seconds() / 3
    assert 50 < seconds() < 400
    large = np.broadcast_to(np.float32(0), (1, 192, 192, 192))
    whole, patches = (duration.seconds(large, None, settings(patch=patch), 1, one) for patch in (192, 64))
    assert patches < whole / 4


def test_a_network_of_a_volume_keeps_the_small_classes_of_its_field():
    """With the steps of a network for slices, which has twice the filters, the scar is lost: 0.88."""
    drawn = phantoms.ventricle_slices(48, 4, 0.5, 100)
    image, _, mask = (np.stack(each, axis=-1) for each in zip(*drawn, strict=True))
    spacing = (1.0, 1.0, phantoms.HEIGHT * 48 / 4)
    field = segment(image, mask, n_components=4, method="hmrf")
    found = segment(image, mask, n_components=4, dimension=3, spacing=spacing)
    assert (found.labels == field.labels)[mask].mean() > 0.98


def test_a_step_of_a_volume_is_longer_unless_it_is_given_or_published():
    rates = [settings(**given).optimization.learning_rate for given in ({}, {"learning_rate": 1e-4})]
    assert rates == [4e-3, 1e-4]
    paper = [presets.settings("paper", n_components=3, dimension=each).optimization for each in (2, 3)]
    assert paper[0] == paper[1]

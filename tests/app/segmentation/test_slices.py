"""Slices of a volume, one after the other or all in one program."""

import jax
import numpy as np
import pytest

import deepmix.accelerated
import deepmix.reference
from deepmix import backends, segment
from deepmix.progress import Place
from deepmix.segmentation.slices import View, outwards
from tests.app.segmentation.test_segmentation import TINY, blobs
from tests.tolerances import TRAJECTORY

ENERGY = {"objective": "free_energy", "warm_start": 5, "covariance_type": "full"}


@pytest.mark.parametrize("options", [{}, ENERGY, {"method": "deepg", "total_variation": 0.1}])
def test_together_they_are_as_one_by_one(options, monkeypatch):
    """On a device that gains by it; here, where none is, by saying so."""
    image, _, mask = blobs((20, 26, 4))
    mask[..., 3] = False
    mask[8, 8:10, 3] = True  # fewer pixels than classes: labelled by the guide either way
    results, told = [], []
    for together in (False, True):
        monkeypatch.setattr(backends, "gains_by_batches", lambda module, answer=together: answer)
        given = {"n_components": 3, "dtype": "float64", **TINY, **options}
        with pytest.warns(UserWarning, match="slice 3 has 2 pixels"):
            results.append(segment(image, mask, progress=told.append, **given))
    alone, at_once = results
    assert np.array_equal(alone.labels, at_once.labels)
    np.testing.assert_allclose(alone.probabilities, at_once.probabilities, atol=TRAJECTORY)
    assert [part.slice for part in at_once.parts] == [part.slice for part in alone.parts] == [0, 1, 2]
    for one, other in zip(alone.parts, at_once.parts, strict=True):
        assert one.status is other.status
        np.testing.assert_allclose(one.history, other.history, rtol=TRAJECTORY)
        np.testing.assert_allclose(one.means, other.means, rtol=TRAJECTORY)
    assert {place.n_parts for place in told} == {3}
    assert told[-1] == Place(part=3, n_parts=3, step=0, n_steps=15, values={})


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [((1, 5, 9, 2), [2, 3, 1, 0]), ((3,), [0]), ((), []), ((2, 2), [0, 1]), ((1, 2), [1, 0])],
)
def test_slices_follow_each_other_from_the_largest_outwards(sizes, expected):
    views = [
        View(z=z, image=np.zeros((1, 3, 3)), weights=np.arange(9) < n, target=None) for z, n in enumerate(sizes)
    ]
    assert [each.z for each in outwards(views)] == expected


def test_with_a_guide_the_slice_with_most_of_every_class_comes_first():
    """Not the first of a volume whose slices are all of one size, where there may be one class only."""
    shares, whole = [(1.0, 0.0, 0.0), (0.8, 0.2, 0.0), (0.6, 0.4, 0.0), (0.2, 0.8, 0.0)], np.ones((3, 3))
    views = [
        View(z=z, image=whole[None], weights=whole, target=np.multiply.outer(of_classes, whole))
        for z, of_classes in enumerate(shares)
    ]
    assert [each.z for each in outwards(views)] == [2, 3, 1, 0]


def test_a_class_that_the_slices_before_do_not_have_is_found():
    """Along the volume a third class comes up, in slices of one size: those that follow learn of it."""
    drawn = np.random.default_rng(0)
    truth = np.ones((24, 24, 6), int)
    truth[3:21, 3:21] = 2
    truth[8:17, 8:17, 3:] = 3
    image = truth + drawn.normal(0, 0.15, (2, *truth.shape))
    found = segment(image, n_components=3, method="deepsvg", filters=8, depth=2)
    right = (found.labels == truth).mean(axis=(0, 1))
    assert right.min() > 0.97
    assert right.mean() > 0.99


def test_a_slice_goes_on_from_the_network_beside_it():
    """The same slice again and again: without a warm start every fit goes on where the one beside it ended."""
    image, truth, mask = blobs((16, 16))
    inside = [np.argwhere(mask & (truth == k)) for k in range(1, 4)]
    places = [of_class[len(of_class) // 2] for of_class in inside]
    image, mask = np.stack([image] * 5, axis=-1), np.stack([mask] * 5, axis=-1)
    for row, column in places:  # the slice in the middle has a pixel of each class more
        mask[row, column, [0, 1, 3, 4]] = False
    told: list[Place] = []
    options = TINY | ENERGY | {"max_steps": 12, "min_steps": 12, "m_step_every": 0, "follow": 3, "warm_start": 0}
    result = segment(image, mask, n_components=3, backend="reference", progress=told.append, **options)
    assert [part.slice for part in result.parts] == [0, 1, 2, 3, 4]
    assert [len(part.history) for part in result.parts] == [3, 3, 12, 3, 3]
    values = {part.slice: part.history for part in result.parts}
    for z, beside in ((1, 2), (3, 2), (0, 1), (4, 3)):  # but for the pixels more that the slice in the middle has
        assert values[z][0] == pytest.approx(values[beside][-1], rel=1e-2 if beside == 2 else 1e-12)
        assert values[z][-1] < values[z][0]
    assert [(place.part, place.n_steps) for place in told[::3]][-4:] == [(1, 3), (2, 3), (3, 3), (4, 3)]


def test_a_cpu_gains_nothing_by_batches_and_the_reference_has_none():
    with jax.default_device(jax.devices("cpu")[0]):
        assert not backends.gains_by_batches(deepmix.accelerated)
    with jax.default_device("cpu"):
        assert not backends.gains_by_batches(deepmix.accelerated)
    assert not backends.gains_by_batches(deepmix.reference)


def test_an_accelerator_gains(monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    with jax.default_device(None):
        assert backends.gains_by_batches(deepmix.accelerated)
    assert not backends.gains_by_batches(deepmix.reference)


@pytest.mark.parametrize("backend", ["accelerated", "reference"])
def test_progress_goes_from_slice_to_slice(backend):
    image, _, mask = blobs((20, 26, 2))
    told = []
    result = segment(image, mask, n_components=3, backend=backend, progress=told.append, **TINY)
    steps = [(place.part, place.step) for place in told]
    expected = [(z, t + 1) for z, part in enumerate(result.parts) for t in range(len(part.history))]
    assert steps == expected
    assert {(place.n_parts, place.n_steps) for place in told} == {(2, 15)}
    values = [place.values["NLL"] for place in told]
    np.testing.assert_allclose(values, np.concatenate([part.history for part in result.parts]), rtol=1e-6)

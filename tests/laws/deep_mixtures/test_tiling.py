"""Windows of a volume: where they lie, what they weigh, and what their average is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.reference.deep_mixtures import tiling
from deepmix.reference.deep_mixtures.tiling import Seen
from tests.problems import generators

EXTENTS = st.integers(1, 7)


@st.composite
def sizes(draw) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Of a volume, and of windows that are no larger."""
    shape = draw(st.tuples(*[st.integers(1, 12)] * 3))
    return shape, tuple(draw(st.integers(1, extent)) for extent in shape)


@given(sizes())
def test_windows_hold_every_pixel_and_overlap_by_half(given):
    shape, size = given
    boxes = tiling.boxes(np.ones(shape, bool), size)
    count = np.zeros(shape, int)
    for box in boxes:
        assert count[box].shape == size  # none reaches outside
        count[box] += 1
    assert count.all()
    for axis, side in enumerate(size):
        begins = sorted({box[axis].start for box in boxes})
        assert (begins[0], begins[-1]) == (0, shape[axis] - side)
        assert (np.diff(begins) <= max(side // 2, 1)).all()
        assert len(begins) <= 1 + -(-(shape[axis] - side) // max(side // 2, 1))


@given(sizes(), generators)
def test_windows_without_a_pixel_of_the_mask_are_left_out(given, rng):
    shape, size = given
    mask = rng.random(shape) < 0.05
    boxes, every = tiling.boxes(mask, size), tiling.boxes(np.ones(shape, bool), size)
    assert boxes == [box for box in every if mask[box].any()]
    seen = np.zeros(shape, bool)
    for box in boxes:
        seen[box] = True
    assert (seen >= mask).all()


@given(sizes(), generators)
def test_the_average_of_equal_maps_is_the_map(given, rng):
    shape, size = given
    maps = rng.random((2, *shape)) + 0.5
    seen = [Seen(box=box, maps=maps[:, *box]) for box in tiling.boxes(np.ones(shape, bool), size)]
    np.testing.assert_allclose(tiling.average(seen, 2, shape), maps, rtol=1e-5)


def test_an_average_is_by_the_weights():
    """Of two windows of four pixels that share two."""
    (weights,) = (tiling.weights((4, 1, 1)).ravel(),)
    first, second = (slice(0, 4), slice(0, 1), slice(0, 1)), (slice(2, 6), slice(0, 1), slice(0, 1))
    seen = [Seen(box=box, maps=np.full((1, 4, 1, 1), value)) for box, value in ((first, 1.0), (second, 3.0))]
    found = tiling.average(iter(seen), 1, (7, 1, 1)).ravel()
    shares = weights[2:] / (weights[2:] + weights[:2])
    np.testing.assert_allclose(found, [1, 1, *(shares + 3 * (1 - shares)), 3, 3, 0], rtol=1e-6)


def test_weights_are_a_gaussian_about_the_centre():
    weights = tiling.weights((16, 8, 1))
    np.testing.assert_allclose(weights, weights[::-1, ::-1], rtol=1e-12)
    assert weights.shape == (16, 8, 1)
    assert weights.argmax() in (7 * 8 + 3, 7 * 8 + 4, 8 * 8 + 3, 8 * 8 + 4)
    np.testing.assert_allclose(weights[9, 3] / weights[8, 3], np.exp(-(1.5**2 - 0.5**2) / (2 * (16 / 8) ** 2)))
    np.testing.assert_allclose(weights[3, 6] / weights[3, 5], np.exp(-(2.5**2 - 1.5**2) / (2 * (8 / 8) ** 2)))
    assert weights.min() > 0


@pytest.mark.parametrize(("extent", "begins"), [(8, [0]), (12, [0, 4]), (13, [0, 2, 5]), (16, [0, 4, 8])])
def test_where_windows_of_eight_begin(extent, begins):
    boxes = tiling.boxes(np.ones((extent, 8, 8), bool), (8, 8, 8))
    assert [box[0].start for box in boxes] == begins

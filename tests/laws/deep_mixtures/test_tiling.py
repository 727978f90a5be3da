"""Patches [DG7]: where they lie, what they weigh, what their average is, and how they follow each other."""

from fractions import Fraction
from itertools import pairwise
from math import floor

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
    """Of a volume, and of patches that are no larger."""
    shape = draw(st.tuples(*[st.integers(1, 12)] * 3))
    return shape, tuple(draw(st.integers(1, extent)) for extent in shape)


@given(sizes())
def test_dg7_patches_hold_every_pixel_and_overlap_by_half(given):
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
def test_dg7_patches_without_a_pixel_of_the_mask_are_left_out(given, rng):
    shape, size = given
    mask = rng.random(shape) < 0.05
    boxes, every = tiling.boxes(mask, size), tiling.boxes(np.ones(shape, bool), size)
    assert boxes == [box for box in every if mask[box].any()]
    seen = np.zeros(shape, bool)
    for box in boxes:
        seen[box] = True
    assert (seen >= mask).all()


@given(sizes(), generators)
def test_dg7_the_average_of_equal_maps_is_the_map(given, rng):
    shape, size = given
    maps = rng.random((2, *shape)) + 0.5
    seen = [Seen(box=box, maps=maps[:, *box]) for box in tiling.boxes(np.ones(shape, bool), size)]
    np.testing.assert_allclose(tiling.average(seen, 2, shape), maps, rtol=1e-5)


def test_dg7_an_average_is_by_the_weights():
    """Of two patches of four pixels that share two."""
    (weights,) = (tiling.weights((4, 1, 1)).ravel(),)
    first, second = (slice(0, 4), slice(0, 1), slice(0, 1)), (slice(2, 6), slice(0, 1), slice(0, 1))
    seen = [Seen(box=box, maps=np.full((1, 4, 1, 1), value)) for box, value in ((first, 1.0), (second, 3.0))]
    found = tiling.average(iter(seen), 1, (7, 1, 1)).ravel()
    shares = weights[2:] / (weights[2:] + weights[:2])
    np.testing.assert_allclose(found, [1, 1, *(shares + 3 * (1 - shares)), 3, 3, 0], rtol=1e-6)


def test_dg7_weights_are_a_gaussian_about_the_centre():
    weights = tiling.weights((16, 8, 1))
    np.testing.assert_allclose(weights, weights[::-1, ::-1], rtol=1e-12)
    assert weights.shape == (16, 8, 1)
    assert weights.argmax() in (7 * 8 + 3, 7 * 8 + 4, 8 * 8 + 3, 8 * 8 + 4)
    np.testing.assert_allclose(weights[9, 3] / weights[8, 3], np.exp(-(1.5**2 - 0.5**2) / (2 * (16 / 8) ** 2)))
    np.testing.assert_allclose(weights[3, 6] / weights[3, 5], np.exp(-(2.5**2 - 1.5**2) / (2 * (8 / 8) ** 2)))
    assert weights.min() > 0


@pytest.mark.parametrize(("extent", "begins"), [(8, [0]), (12, [0, 4]), (13, [0, 3, 5]), (16, [0, 4, 8])])
def test_dg7_where_patches_of_eight_begin(extent, begins):
    boxes = tiling.boxes(np.ones((extent, 8, 8), bool), (8, 8, 8))
    assert [box[0].start for box in boxes] == begins


@given(st.integers(1, 90), st.integers(0, 900))
def test_dg7_patches_begin_where_exact_fractions_say(side, free):
    (boxes,) = (tiling.boxes(np.ones(free + side, bool), (side,)),)
    steps = len(boxes) - 1
    exact = [floor(Fraction(k * free, max(steps, 1)) + Fraction(1, 2)) for k in range(steps + 1)]
    assert [box.start for (box,) in boxes] == exact


@given(st.integers(1, 60))
def test_dg7_a_sweep_takes_every_patch_once(n):
    those = [(slice(i, i + 1),) for i in range(n)]
    assert sorted(tiling.in_turn(those), key=lambda box: box[0].start) == those


@pytest.mark.parametrize("shape", [(4, 4, 3), (5, 5, 5), (6, 7, 4)])
def test_dg7_patches_that_follow_each_other_lie_apart(shape):
    boxes = tiling.in_turn(tiling.boxes(np.ones([4 * n + 4 for n in shape], bool), (8, 8, 8)))
    assert len(boxes) == np.prod(shape)
    for one, other in pairwise(boxes):
        assert any(a.stop <= b.start or b.stop <= a.start for a, b in zip(one, other, strict=True))

"""Laws of the distances [DT]."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.reference.evaluation import distances
from tests.laws.helpers import close
from tests.problems.evaluation import masks


@given(mask=masks(), steps=st.lists(st.floats(0.1, 10), min_size=3, max_size=3))
def test_dt1_distances_by_loops(mask, steps):
    """Of every voxel to every one outside the set."""
    steps = steps[: mask.ndim]
    outside = np.argwhere(~mask)
    expected = np.empty(mask.shape)
    for place in product(*map(range, mask.shape)):
        squares = [
            sum((s * (x - y)) ** 2 for s, x, y in zip(steps, place, other, strict=True)) for other in outside
        ]
        expected[place] = min(squares, default=np.inf)
    close(distances.squared_distance_transform(mask, steps), expected)


@given(mask=masks())
def test_dt1_in_voxels_it_is_a_sum_of_squares_of_whole_numbers(mask):
    squared = distances.squared_distance_transform(mask)
    assert squared.dtype == float
    assert ((squared == np.round(squared)) | np.isinf(squared)).all()
    assert ((squared == 0) == ~mask).all()
    assert (squared[mask] >= 1).all()


@given(mask=masks(), step=st.floats(0.1, 10))
def test_dt1_a_step_to_a_neighbour_changes_the_distance_by_its_length_at_most(mask, step):
    if mask.all():
        return
    steps = step ** np.arange(mask.ndim)
    lengths = np.sqrt(distances.squared_distance_transform(mask, steps))
    for axis, length in enumerate(steps):
        assert (np.abs(np.diff(lengths, axis=axis)) <= length * (1 + 1e-12)).all()


@given(mask=masks(), unit=st.floats(0.1, 10))
def test_dt1_follows_flips_swapped_axes_and_the_unit(mask, unit):
    transform = distances.squared_distance_transform
    steps = 1.0 + np.arange(mask.ndim)
    squared = transform(mask, steps)
    close(transform(np.flip(mask, -1), steps), np.flip(squared, -1))
    close(transform(mask.T, steps[::-1]), squared.T)
    close(transform(mask, unit * steps), unit**2 * squared)


@given(mask=masks())
def test_dt1_a_larger_set_is_farther_from_its_outside(mask):
    larger = mask | np.roll(mask, 1, axis=0)
    transform = distances.squared_distance_transform
    assert (transform(larger) >= transform(mask)).all()


@pytest.mark.parametrize("shape", [(4, 5), (2, 3, 4), (1, 1)])
def test_dt1_of_all_or_nothing(shape):
    assert (distances.squared_distance_transform(np.ones(shape, bool)) == np.inf).all()
    assert (distances.squared_distance_transform(np.zeros(shape, bool)) == 0).all()


def test_dt1_known_distances():
    """To the middle voxel of 3×5: 1² + 2² from the corner, with pixels 3 high 3² + 2²."""
    mask = np.ones((3, 5), bool)
    mask[1, 2] = False
    row, middle = [5, 2, 1, 2, 5], [4, 1, 0, 1, 4]
    np.testing.assert_array_equal(distances.squared_distance_transform(mask), [row, middle, row])
    high = [13, 10, 9, 10, 13]
    np.testing.assert_array_equal(distances.squared_distance_transform(mask, (3, 1)), [high, middle, high])

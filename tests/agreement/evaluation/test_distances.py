"""Both backends: the distance transform."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix import accelerated, reference
from tests.problems.evaluation import masks
from tests.tolerances import FUNCTION, assert_agree, rounded, tolerance

compiled = jax.jit(accelerated.evaluation.distances.squared_distance_transform)


@given(mask=masks())
def test_in_voxels_exactly_dt1(mask):
    expected = reference.evaluation.distances.squared_distance_transform(mask)
    np.testing.assert_array_equal(compiled(mask), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(mask=masks(), steps=st.lists(st.floats(0.1, 10), min_size=3, max_size=3))
def test_with_a_spacing_dt1(dtype, mask, steps):
    low, exact = rounded(np.array(steps[: mask.ndim]), dtype)
    expected = reference.evaluation.distances.squared_distance_transform(mask, exact)
    assert_agree(compiled(mask, low), expected, tolerance("distance", dtype), dtype)


def test_a_spacing_may_be_a_tuple_or_of_whole_numbers():
    mask = np.arange(20).reshape(4, 5) != 7
    expected = reference.evaluation.distances.squared_distance_transform(mask, (1, 2))
    for spacing in ((1, 2), [1.0, 2.0], np.array([1, 2])):
        assert_agree(compiled(mask, spacing), expected, FUNCTION)


def test_many_masks_at_once():
    many = np.random.default_rng(0).random((5, 6, 7)) < 0.8
    looped = [reference.evaluation.distances.squared_distance_transform(mask) for mask in many]
    np.testing.assert_array_equal(
        jax.vmap(accelerated.evaluation.distances.squared_distance_transform)(many), looped
    )


def test_it_holds_the_volume_a_few_times_only():
    """Not once for each voxel of an axis."""
    mask = np.ones((64, 64, 64), bool)
    memory = compiled.lower(mask).compile().memory_analysis()
    assert memory.temp_size_in_bytes <= 4 * memory.output_size_in_bytes

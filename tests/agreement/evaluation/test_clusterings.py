"""Both backends: agreement of two labellings."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix import accelerated, reference
from tests.problems import generators
from tests.tolerances import FUNCTION, assert_agree, tolerance

contingency_table = jax.jit(accelerated.evaluation.clusterings.contingency_table, static_argnums=(2, 3))
INDICES = {
    name: jax.jit(getattr(accelerated.evaluation.clusterings, name))
    for name in ("adjusted_rand_index", "normalized_mutual_information")
}


@pytest.mark.parametrize("shape", [(30,), (5, 6)])
@given(rng=generators)
def test_contingency_table_ev4(shape, rng):
    labels, truth = rng.integers(0, 5, shape), rng.integers(0, 4, shape)
    expected = reference.evaluation.clusterings.contingency_table(labels, truth, 4, 3)
    assert_agree(contingency_table(labels, truth, 4, 3), expected, FUNCTION)


@pytest.mark.parametrize("index", INDICES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@given(
    rng=generators,
    high=st.sampled_from((1, 2, 20)),
    share=st.floats(0, 1),
    empty=st.sampled_from((0.0, np.nan)),
)
def test_indices_ev4_ev5(index, dtype, rng, high, share, empty):
    """To the size of the terms that cancel, which is 1."""
    table = rng.integers(0, high, (4, 3)) * (rng.random((4, 3)) < share)
    with jax.enable_x64(dtype == np.float64):
        actual = INDICES[index](table, empty)
    expected = np.float64(getattr(reference.evaluation.clusterings, index)(table, empty))
    assert actual.dtype == dtype
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance("clusterings", dtype))

"""Both backends: the duality gap of the primal–dual method."""

from functools import partial

import jax
import numpy as np
import pytest

from deepmix import accelerated, reference
from deepmix.reference.inverse.total_variation import VARIATIONS
from tests.agreement.inverse.solvers import SOLVERS, draw
from tests.tolerances import rounded


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("variation", VARIATIONS)
@pytest.mark.parametrize("kind", ["complex", "real", "not negative"])
def test_the_duality_gap(kind, variation, dtype):
    """To the rounding of the objective, from which it is a difference."""
    rng = np.random.default_rng(0)
    operator, data = draw(rng, SOLVERS[0], kind == "complex")
    weights = rng.uniform(0, 2, data.shape) * (np.arange(len(data)) > 2)
    size, strength = reference.inverse.operators.norm(operator, 0 * operator.rows[0]), 0.3
    state = reference.inverse.primal_dual.begin(0 * operator.rows[0], operator, data, weights, strength, variation)
    options = {"variation": variation, "nonnegative": kind == "not negative"}
    for _ in range(20):
        state = reference.inverse.primal_dual.step(state, operator, data, weights, strength, size, **options)
    low, high = rounded((state, operator, data, weights, strength, size), dtype)
    expected = reference.inverse.duality.gap(*high, **options)
    found = jax.jit(partial(accelerated.inverse.duality.gap, **options))(*low)
    assert found.dtype == dtype
    assert abs(found - expected) < 200 * np.finfo(dtype).eps * state.value

"""Both backends, hence the reference against Optax: AdamW, clipping, schedule."""

import jax
import numpy as np
import optax
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix import accelerated, reference
from tests.problems import generators
from tests.tolerances import STEP, assert_agree, rounded, tolerance

IN_BOTH_DTYPES = pytest.mark.parametrize("dtype", [np.float64, np.float32])


def trees(rng: np.random.Generator, scale: float = 1.0) -> dict:
    return {"a": scale * rng.normal(size=(3, 2)), "b": {"c": scale * rng.normal(size=4)}}


@IN_BOTH_DTYPES
@given(rng=generators, rate=st.floats(1e-5, 1e-1), decay=st.floats(0, 1e-1))
def test_update_u5(dtype, rng, rate, decay):
    parameters, parameters64 = rounded(trees(rng), dtype)
    state, state64 = (
        accelerated.optimization.adamw.init(parameters),
        reference.optimization.adamw.init(parameters64),
    )
    for _ in range(3):
        gradient, gradient64 = rounded(trees(rng), dtype)
        options = {"learning_rate": rate, "weight_decay": decay}
        parameters, state = accelerated.optimization.adamw.update(parameters, gradient, state, **options)
        parameters64, state64 = reference.optimization.adamw.update(parameters64, gradient64, state64, **options)
    assert_agree(parameters, parameters64, tolerance("adamw", dtype, STEP), dtype)
    assert_agree(state, state64, tolerance("adamw", dtype, STEP), dtype)


@given(rng=generators)
def test_update_is_optax_adamw(rng):
    """Against `optax.adamw` as a whole, which the twin takes apart."""
    optimizer = optax.chain(optax.clip_by_global_norm(12.0), optax.adamw(1e-2, weight_decay=1e-2))
    theirs = mine = trees(rng)
    their_state, my_state = optimizer.init(theirs), reference.optimization.adamw.init(mine)
    for _ in range(5):
        gradient = trees(rng, scale=10)
        updates, their_state = optimizer.update(gradient, their_state, theirs)
        theirs = optax.apply_updates(theirs, updates)
        clipped = reference.optimization.adamw.clip(gradient)
        mine, my_state = reference.optimization.adamw.update(
            mine, clipped, my_state, learning_rate=1e-2, weight_decay=1e-2
        )
    assert_agree(theirs, mine, STEP)


@IN_BOTH_DTYPES
@given(rng=generators, scale=st.floats(0.1, 100))
def test_clip_u6(dtype, rng, scale):
    low, high = rounded(trees(rng, scale), dtype)
    assert_agree(
        accelerated.optimization.adamw.clip(low),
        reference.optimization.adamw.clip(high),
        tolerance("clip", dtype),
        dtype,
    )


@given(epoch=st.integers(0, 100), rate=st.floats(1e-5, 1))
def test_schedule_u7(epoch, rate):
    actual = accelerated.optimization.schedules.polynomial_decay(rate, epoch, 100)
    np.testing.assert_allclose(
        actual, reference.optimization.schedules.polynomial_decay(rate, epoch, 100), rtol=1e-10, atol=1e-18
    )


def test_the_trees_of_the_state_are_pytrees_of_one_structure():
    tree = trees(np.random.default_rng(0))
    assert jax.tree.structure(accelerated.optimization.adamw.init(tree)) == jax.tree.structure(
        reference.optimization.adamw.init(tree)
    )

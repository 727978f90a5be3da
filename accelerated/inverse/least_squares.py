"""CGLS on the device [IP12], [IP4]; see `reference.inverse.least_squares`."""

from functools import partial

import jax
import jax.numpy as jnp

from deepmix.reference.inverse.checks import check_image, check_not_negative
from deepmix.reference.inverse.records import Identity, Operator
from deepmix.reference.inverse.solutions import LeastSquaresState, Solution

from ..execution.results import unpacked
from . import stopping
from ._checks import check_problem, check_regulariser
from .conjugate_gradients import squared_norm
from .operators import adjoint, forward, says_nothing


def begin(
    start: jax.Array,
    operator: Operator,
    data: jax.Array,
    weights: jax.Array,
    strength: jax.Array | float,
    regulariser: Operator,
    prior: jax.Array,
) -> LeastSquaresState:
    """See `reference.inverse.least_squares.begin` [IP12]."""
    residual, pull = data - forward(operator, start), forward(regulariser, prior - start)
    descent = _descent(residual, pull, operator, weights, strength, regulariser)
    return LeastSquaresState(
        image=start,
        value=_objective(residual, pull, weights, strength),
        residual=residual,
        pull=pull,
        direction=descent,
        squared=squared_norm(descent),
    )


def step(
    state: LeastSquaresState,
    operator: Operator,
    weights: jax.Array,
    strength: jax.Array | float,
    regulariser: Operator,
) -> LeastSquaresState:
    """See `reference.inverse.least_squares.step` [IP12]."""
    ahead, bent = forward(operator, state.direction), forward(regulariser, state.direction)
    curvature = 2 * _objective(ahead, bent, weights, strength)
    alpha = _ratio(state.squared, curvature)
    residual, pull = state.residual - alpha * ahead, state.pull - alpha * bent
    descent = _descent(residual, pull, operator, weights, strength, regulariser)
    squared = squared_norm(descent)
    return LeastSquaresState(
        image=state.image + alpha * state.direction,
        value=jnp.where(jnp.isfinite(curvature), _objective(residual, pull, weights, strength), jnp.nan),
        residual=residual,
        pull=pull,
        direction=descent + _ratio(squared, state.squared) * state.direction,
        squared=squared,
    )


def reconstruct(
    operator: Operator,
    data: jax.Array,
    strength: jax.Array | float = 0.0,
    weights: jax.Array | None = None,
    *,
    regulariser: Operator = Identity(),
    prior: jax.Array | None = None,
    start: jax.Array | None = None,
    tol: jax.Array | float = 1e-4,
    max_iter: int = 50,
) -> Solution:
    """See `reference.inverse.least_squares.reconstruct` [IP12], [IP4]."""
    check_not_negative(strength=strength)
    operator, data, w, blank = check_problem(operator, data, weights)
    return unpacked(
        solve(
            operator,
            data,
            w,
            check_image("start", start, blank),
            check_image("prior", prior, blank),
            strength=strength,
            regulariser=check_regulariser(regulariser, blank),
            tol=tol,
            max_iter=max_iter,
        )
    )


@partial(jax.jit, static_argnames="max_iter")
def solve(
    operator: Operator,
    data: jax.Array,
    weights: jax.Array,
    start: jax.Array,
    prior: jax.Array,
    *,
    strength: jax.Array | float,
    regulariser: Operator,
    tol: jax.Array | float,
    max_iter: int,
) -> Solution:
    """See `reference.inverse.least_squares.solve`; one program, its history at full length: NaN after the end."""
    return stopping.run(
        lambda state: step(state, operator, weights, strength, regulariser),
        begin(start, operator, data, weights, strength, regulariser, prior),
        stopping.little_changed(tol),
        says_nothing(operator, data, weights),
        max_iter,
    )


def _ratio(above: jax.Array, below: jax.Array) -> jax.Array:
    """0 where nothing is left to do."""
    return jnp.where(below > 0, above / jnp.where(below > 0, below, 1), 0)


def _descent(
    residual: jax.Array,
    pull: jax.Array,
    operator: Operator,
    weights: jax.Array,
    strength: jax.Array | float,
    regulariser: Operator,
) -> jax.Array:
    return adjoint(operator, weights * residual) + strength * adjoint(regulariser, pull)


def _objective(residual: jax.Array, pull: jax.Array, weights: jax.Array, strength: jax.Array | float) -> jax.Array:
    return 0.5 * squared_norm(jnp.sqrt(weights) * residual) + 0.5 * strength * squared_norm(pull)

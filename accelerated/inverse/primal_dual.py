"""Primal–dual reconstruction with total variation on the device [IP10]; see `reference.inverse.primal_dual`.

`variation` and `nonnegative` are static.
"""

from functools import partial

import jax
import jax.numpy as jnp

from deepmix.reference.checks import check_choice
from deepmix.reference.inverse.checks import check_image, check_positive, check_real
from deepmix.reference.inverse.primal_dual import REACH, STEP
from deepmix.reference.inverse.records import Operator
from deepmix.reference.inverse.solutions import PrimalDualState, Solution
from deepmix.reference.inverse.total_variation import VARIATIONS

from ..execution.results import unpacked
from . import duality, finite_differences, stopping, total_variation
from ._checks import check_problem
from .conjugate_gradients import squared_norm
from .operators import adjoint, forward, norm, says_nothing
from .total_variation import PROJECTIONS


def unit(
    operator: Operator, data: jax.Array, weights: jax.Array, strength: jax.Array | float, size: jax.Array | float
) -> jax.Array:
    """See `reference.inverse.primal_dual.unit` [IP10]."""
    pull = adjoint(operator, weights * data)
    farthest = jnp.abs(pull).max()
    most = strength * (4.0 * pull.ndim) ** 0.5 * size**2 * weights.max() / REACH
    return jnp.where(farthest > 0, most / jnp.where(farthest > 0, farthest, 1), 1)


def begin(
    start: jax.Array,
    operator: Operator,
    data: jax.Array,
    weights: jax.Array,
    strength: jax.Array | float,
    variation: str = "isotropic",
) -> PrimalDualState:
    """See `reference.inverse.primal_dual.begin` [IP10]."""
    projected = forward(operator, start)
    return PrimalDualState(
        image=start,
        value=_objective(start, projected, data, weights, strength, variation),
        projected=projected,
        ahead=start,
        projected_ahead=projected,
        dual=jnp.zeros_like(data),
        field=jnp.zeros((start.ndim, *start.shape), start.dtype),
    )


def step(
    state: PrimalDualState,
    operator: Operator,
    data: jax.Array,
    weights: jax.Array,
    strength: jax.Array | float,
    size: jax.Array | float,
    variation: str = "isotropic",
    nonnegative: bool = False,
) -> PrimalDualState:
    """See `reference.inverse.primal_dual.step` [IP10]."""
    tau, b = float(STEP), (4.0 * state.image.ndim) ** 0.5
    dual = state.dual + tau * (state.projected_ahead - data) / size
    dual = dual * weights / (weights + tau / size**2)
    field = state.field + tau * finite_differences.gradient(state.ahead) / b
    field = PROJECTIONS[variation](field, strength * b)
    descent = adjoint(operator, dual) / size + finite_differences.adjoint(field) / b
    image = state.image - tau * descent
    image = jnp.maximum(image, 0) if nonnegative else image
    projected = forward(operator, image)
    return PrimalDualState(
        image=image,
        value=_objective(image, projected, data, weights, strength, variation),
        projected=projected,
        ahead=2 * image - state.image,
        projected_ahead=2 * projected - state.projected,
        dual=dual,
        field=field,
    )


def reconstruct(
    operator: Operator,
    data: jax.Array,
    strength: jax.Array | float,
    weights: jax.Array | None = None,
    *,
    variation: str = "isotropic",
    nonnegative: bool = False,
    start: jax.Array | None = None,
    tol: jax.Array | float = 1e-4,
    max_iter: int = 300,
) -> Solution:
    """See `reference.inverse.primal_dual.reconstruct` [IP10]."""
    check_choice("variation", variation, VARIATIONS)
    check_positive(strength=strength)
    operator, data, w, blank = check_problem(operator, data, weights)
    check_real(nonnegative, blank)
    return unpacked(
        solve(
            operator,
            data,
            w,
            check_image("start", start, blank),
            strength=strength,
            variation=variation,
            nonnegative=nonnegative,
            tol=tol,
            max_iter=max_iter,
        )
    )


@partial(jax.jit, static_argnames=("variation", "nonnegative", "max_iter"))
def solve(
    operator: Operator,
    data: jax.Array,
    weights: jax.Array,
    start: jax.Array,
    *,
    strength: jax.Array | float,
    variation: str,
    nonnegative: bool,
    tol: jax.Array | float,
    max_iter: int,
) -> Solution:
    """See `reference.inverse.primal_dual.solve`; one program, its history at full length: NaN after the end."""
    size = norm(operator, start)
    size = jnp.where(size > 0, size, 1)
    u = unit(operator, data, weights, strength, size)
    posed = operator, data, weights / u, strength / u
    ended = stopping.loop(
        lambda state: step(state, *posed, size, variation, nonnegative),
        begin(start, *posed, variation),
        stopping.little_changed(tol),
        max_iter,
    )
    return Solution(
        value=u * ended.state.value,
        history=u * ended.history,
        status=ended.status,
        degenerate=says_nothing(operator, data, weights),
        image=ended.state.image,
        iterations=ended.iterations,
        gap=u * duality.gap(ended.state, *posed, size, variation, nonnegative),
    )


def _objective(
    image: jax.Array,
    projected: jax.Array,
    data: jax.Array,
    weights: jax.Array,
    strength: jax.Array | float,
    variation: str,
) -> jax.Array:
    misfit = 0.5 * squared_norm(jnp.sqrt(weights) * (projected - data))
    return misfit + strength * total_variation.value(image, variation)

"""Proximal gradient and FISTA on the device [IP8]; see `reference.inverse.proximal_gradient`.

`accelerate` is static.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from deepmix.reference.inverse.checks import check_allowed, check_image, check_penalty, check_positive
from deepmix.reference.inverse.proximal_gradient import ROUNDINGS, SHARE
from deepmix.reference.inverse.records import Operator, Penalty
from deepmix.reference.inverse.solutions import ProximalState, Solution

from ..execution.results import unpacked
from . import penalties, stopping
from ._checks import check_problem, in_precision, is_single
from .conjugate_gradients import squared_norm
from .operators import adjoint, forward, norm, says_nothing


def begin(
    start: jax.Array,
    operator: Operator,
    data: jax.Array,
    weights: jax.Array,
    penalty: Penalty,
    strength: jax.Array | float,
    lipschitz: jax.Array | float,
) -> ProximalState:
    """See `reference.inverse.proximal_gradient.begin` [IP8]."""
    projected, real = forward(operator, start), weights.dtype
    return ProximalState(
        image=start,
        value=_objective(projected, start, data, weights, penalty, strength),
        projected=projected,
        ahead=start,
        projected_ahead=projected,
        momentum=jnp.ones((), real),
        lipschitz=jnp.asarray(lipschitz, real),
    )


def step(
    state: ProximalState,
    operator: Operator,
    data: jax.Array,
    weights: jax.Array,
    penalty: Penalty,
    strength: jax.Array | float,
    accelerate: bool = True,
) -> ProximalState:
    """See `reference.inverse.proximal_gradient.step` [IP8]."""
    z, projected_z = state.ahead, state.projected_ahead
    slope = adjoint(operator, weights * (projected_z - data))
    rounding = ROUNDINGS * jnp.finfo(weights.dtype).eps * _length(projected_z, weights)

    def doubled(tried: tuple[Any, ...]) -> tuple[Any, ...]:
        lipschitz = 2 * tried[0]
        image = penalties.prox(penalty, z - slope / lipschitz, strength / lipschitz)
        projected = forward(operator, image)
        moved = jnp.sqrt(squared_norm(image - z))
        allowed = jnp.sqrt(lipschitz * (1 + SHARE)) * moved + rounding
        return lipschitz, _length(projected - projected_z, weights) > allowed, image, projected

    first: tuple[Any, ...] = state.lipschitz / 2, jnp.asarray(True), z, projected_z
    lipschitz, _, image, projected = jax.lax.while_loop(lambda tried: tried[1], doubled, first)
    value = _objective(projected, image, data, weights, penalty, strength)
    momentum = (1 + jnp.sqrt(1 + 4 * state.momentum**2)) / 2
    goes_on = accelerate & (value <= state.value)
    share = jnp.where(goes_on, (state.momentum - 1) / momentum, 0)
    return ProximalState(
        image=image,
        value=value,
        projected=projected,
        ahead=image + share * (image - state.image),
        projected_ahead=projected + share * (projected - state.projected),
        momentum=jnp.where(goes_on, momentum, 1),
        lipschitz=lipschitz,
    )


def reconstruct(
    operator: Operator,
    data: jax.Array,
    penalty: Penalty,
    strength: jax.Array | float,
    weights: jax.Array | None = None,
    *,
    accelerate: bool = True,
    start: jax.Array | None = None,
    tol: jax.Array | float = 1e-4,
    max_iter: int = 200,
) -> Solution:
    """See `reference.inverse.proximal_gradient.reconstruct` [IP8]."""
    check_positive(strength=strength)
    operator, data, w, blank = check_problem(operator, data, weights)
    check_penalty(penalty, blank)
    penalty = in_precision(penalty, is_single(data))
    lipschitz = curvature(operator, w, blank)
    x: Any
    if start is None:
        x = penalties.prox(penalty, adjoint(operator, w * data) / lipschitz, strength / lipschitz)
    else:
        x = check_image("start", start, blank)
    check_allowed(penalties.value(penalty, x))
    return unpacked(
        solve(
            operator,
            data,
            w,
            x,
            penalty,
            strength=strength,
            lipschitz=lipschitz,
            accelerate=accelerate,
            tol=tol,
            max_iter=max_iter,
        )
    )


@jax.jit
def curvature(operator: Operator, weights: jax.Array, image: jax.Array) -> jax.Array:
    """See `reference.inverse.proximal_gradient.curvature` [IP8]."""
    found = norm(operator, image) ** 2 * weights.max()
    return jnp.where(found > 0, found, 1)


@partial(jax.jit, static_argnames=("accelerate", "max_iter"))
def solve(
    operator: Operator,
    data: jax.Array,
    weights: jax.Array,
    start: jax.Array,
    penalty: Penalty,
    *,
    strength: jax.Array | float,
    lipschitz: jax.Array | float,
    accelerate: bool,
    tol: jax.Array | float,
    max_iter: int,
) -> Solution:
    """See `reference.inverse.proximal_gradient.solve`; its history at full length: NaN after the end."""
    return stopping.run(
        lambda state: step(state, operator, data, weights, penalty, strength, accelerate),
        begin(start, operator, data, weights, penalty, strength, lipschitz),
        stopping.little_changed(tol),
        says_nothing(operator, data, weights),
        max_iter,
    )


def _length(array: jax.Array, weights: jax.Array) -> jax.Array:
    return jnp.sqrt(squared_norm(jnp.sqrt(weights) * array))


def _objective(
    projected: jax.Array,
    image: jax.Array,
    data: jax.Array,
    weights: jax.Array,
    penalty: Penalty,
    strength: jax.Array | float,
) -> jax.Array:
    misfit = 0.5 * squared_norm(jnp.sqrt(weights) * (projected - data))
    return misfit + strength * penalties.value(penalty, image)

"""The duality gap of reconstruction with total variation [IP10]; see `reference.inverse.duality`.

`variation` and `nonnegative` are static.
"""

import jax
import jax.numpy as jnp
from jax.scipy import fft

from deepmix.reference.inverse.records import Operator
from deepmix.reference.inverse.solutions import PrimalDualState

from ..execution.precision import HIGHEST
from . import finite_differences, total_variation
from .conjugate_gradients import squared_norm
from .operators import adjoint, forward


def gap(
    state: PrimalDualState,
    operator: Operator,
    data: jax.Array,
    weights: jax.Array,
    strength: jax.Array | float,
    size: jax.Array | float,
    variation: str = "isotropic",
    nonnegative: bool = False,
) -> jax.Array:
    """See `reference.inverse.duality.gap` [IP10]."""
    dual, field = state.dual / size, state.field / (4.0 * state.image.ndim) ** 0.5
    pull = adjoint(operator, dual) + finite_differences.adjoint(field)
    seen = weights * forward(operator, jnp.ones_like(state.image))
    back = adjoint(operator, seen)
    total = back.sum().real
    lacking = jnp.where(total > 0, jnp.maximum(-pull, 0), -pull) if nonnegative else -pull
    offset = jnp.where(total > 0, lacking.sum() / jnp.where(total > 0, total, 1), 0)
    dual, field = dual + offset * seen, field + finite_differences.gradient(_potential(lacking - offset * back))
    longest = total_variation.LENGTHS[variation](field).max()
    inner = jnp.vdot(dual, data, precision=HIGHEST).real
    squared = squared_norm(dual / jnp.sqrt(jnp.where(weights > 0, weights, 1)))
    most = jnp.minimum(1, strength / jnp.where(longest > 0, longest, strength))
    share = jnp.where(squared > 0, jnp.clip(-inner / jnp.where(squared > 0, squared, 1), 0, most), 0)
    return state.value + share * inner + 0.5 * share**2 * squared


def _potential(source: jax.Array) -> jax.Array:
    """The v of mean 0 with ∇*∇v = s − mean(s), by the cosine transform, which is a real one."""
    if jnp.iscomplexobj(source):
        return jax.lax.complex(_potential(source.real), _potential(source.imag))
    curvature = sum(
        jnp.expand_dims(4 * jnp.sin(jnp.pi * jnp.arange(n) / (2 * n)) ** 2, tuple(range(1, source.ndim - axis)))
        for axis, n in enumerate(source.shape)
    )
    waves = fft.dctn(source)
    return fft.idctn(jnp.where(curvature > 0, waves / jnp.where(curvature > 0, curvature, 1), 0))

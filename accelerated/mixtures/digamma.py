"""log y − ψ(y) and its inverse [NG1]; see `reference.mixtures.digamma`."""

from functools import partial

import jax
import jax.numpy as jnp

from deepmix.reference.mixtures.digamma import N_STEPS, SERIES

_SERIES = {jnp.dtype("float64"): SERIES, jnp.dtype("float32"): 8.0}  # from where the series is exact to rounding


def log_minus_digamma(y: jax.Array) -> jax.Array:
    """See `reference.mixtures.digamma.log_minus_digamma` [NG1]."""
    y, large = jnp.asarray(y), _series(y)
    inverse, small = 1 / jnp.maximum(y, large), jnp.minimum(y, large)
    tail = inverse / 2 + inverse**2 / 12 - inverse**4 / 120 + inverse**6 / 252 - inverse**8 / 240
    return jnp.where(y >= large, tail, jnp.log(small) - jax.scipy.special.digamma(small))


def slope(y: jax.Array) -> jax.Array:
    """See `reference.mixtures.digamma.slope` [NG1]."""
    y, large = jnp.asarray(y), _series(y)
    inverse, small = 1 / jnp.maximum(y, large), jnp.minimum(y, large)
    tail = -(inverse**2) / 2 - inverse**3 / 6 + inverse**5 / 30 - inverse**7 / 42 + inverse**9 / 30
    return jnp.where(y >= large, tail, 1 / small - jax.scipy.special.polygamma(1, small))


def inverse(s: jax.Array, greatest: float) -> jax.Array:
    """See `reference.mixtures.digamma.inverse` [NG1]. Differentiable; at the greatest the derivative is 0."""
    return _inverse(s, greatest)


@partial(jax.custom_jvp, nondiff_argnums=(1,))
def _inverse(s: jax.Array, greatest: float) -> jax.Array:
    positive = jnp.where(s > 0, s, 1)
    y = (3 - positive + jnp.sqrt((positive - 3) ** 2 + 24 * positive)) / (12 * positive)
    for _ in range(N_STEPS):
        y = y * jnp.exp((positive - log_minus_digamma(y)) / (y * slope(y)))
    return jnp.where(s > 0, jnp.minimum(y, greatest), greatest)


@_inverse.defjvp
def _inverse_jvp(
    greatest: float, primals: tuple[jax.Array], tangents: tuple[jax.Array]
) -> tuple[jax.Array, jax.Array]:
    (s,), (ds,) = primals, tangents
    y = inverse(s, greatest)
    return y, jnp.where(y < greatest, 1 / slope(y), 0) * ds


def _series(y: jax.Array) -> float:
    return _SERIES[jnp.result_type(y, jnp.float32)]

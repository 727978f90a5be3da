"""log Γ less the terms of Stirling's formula that are large and cancel in the densities [NG2], [NG6], [NG8]."""

import jax
import jax.numpy as jnp
from jax.scipy.special import gammaln

_SERIES = {jnp.dtype("float64"): 20.0, jnp.dtype("float32"): 8.0}  # from where the series is exact to rounding


def stirling(y: jax.Array) -> jax.Array:
    """y log y − y − log Γ(y) of y > 0, any shape; about ½ log(y / 2π)."""
    large = _SERIES[y.dtype]
    great, small = jnp.maximum(y, large), jnp.minimum(y, large)
    inverse = 1 / great
    tail = inverse / 12 - inverse**3 / 360 + inverse**5 / 1260 - inverse**7 / 1680
    series = jnp.log(great / (2 * jnp.pi)) / 2 - tail
    return jnp.where(y >= large, series, small * jnp.log(small) - small - gammaln(small))

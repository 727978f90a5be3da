"""log Γ less the terms of Stirling's formula that are large and cancel in the densities [NG2], [NG6], [NG8]."""

import jax
import jax.numpy as jnp

_STEPS = {jnp.dtype("float64"): 20, jnp.dtype("float32"): 8}  # n: from n on the series is exact to rounding


def stirling(y: jax.Array) -> jax.Array:
    """y log y − y − log Γ(y) of y > 0, any shape; about ½ log(y / 2π).

    Its series at y, or where y is small at y + n, as Γ(y + n) = y (y + 1) … (y + n − 1) Γ(y).
    """
    n = _STEPS[y.dtype]
    small = y < n
    z = jnp.where(small, y + n, y)
    inverse = 1 / z
    steps = y * inverse
    for i in range(1, n):
        steps = steps * ((y + i) * inverse)
    tail = inverse / 12 - inverse**3 / 360 + inverse**5 / 1260 - inverse**7 / 1680
    series = jnp.log(z / (2 * jnp.pi)) / 2 - tail
    return jnp.where(small, series + y * jnp.log(y / z) + n + jnp.log(jnp.where(small, steps, 1)), series)

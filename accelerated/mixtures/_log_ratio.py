"""The logarithm of a ratio near 1 or far below it, in the densities [NG6], [NG8]."""

import jax
import jax.numpy as jnp

FAR = -0.5  # y/c − 1 below which log1p is not used; any number well between −1 and 0 would do


def log_ratio(relative: jax.Array, difference: jax.Array) -> jax.Array:
    """log y/c from y/c − 1, which is exact near c, and log y − log c, which is far below it."""
    far = relative < FAR
    return jnp.where(far, difference, jnp.log1p(jnp.where(far, FAR, relative)))

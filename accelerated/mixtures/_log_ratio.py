"""The logarithm of a ratio less its linear term, which cancel near 1, in the densities [NG6], [NG8]."""

import jax
import jax.numpy as jnp

# Beyond these y/c − 1 the logarithms' difference is exact enough, and the series would need more terms.
_FROM, _TO = -0.5, 1.0
_TERMS = {jnp.dtype("float64"): 16, jnp.dtype("float32"): 7}  # of the series, exact to rounding at |s| = 1/3


def log_less_linear(relative: jax.Array, difference: jax.Array) -> jax.Array:
    """log y/c − (y/c − 1), from y/c − 1 and log y − log c.

    Near c by log(1 + t) = 2 artanh s = 2 (s + s³/3 + s⁵/5 + …), s = t / (2 + t): as 2s − t = −s t, nothing
    cancels, and it takes no logarithm, which most of the time would go into.
    """
    near = (relative >= _FROM) & (relative <= _TO)
    t = jnp.where(near, relative, 0)
    s = t / (2 + t)
    squared, tail = s * s, jnp.zeros_like(s)
    for n in reversed(range(_TERMS[s.dtype])):
        tail = tail * squared + 1 / (2 * n + 3)
    return jnp.where(near, s * (2 * squared * tail - t), difference - relative)

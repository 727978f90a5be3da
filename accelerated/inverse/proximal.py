"""Projections and soft-thresholding [IP7]; see `reference.inverse.proximal`.

Their pullbacks are 0 where a number is set to 0, and those of a kink are those of its outer side.
"""

import jax
import jax.numpy as jnp

from ._lengths import length, modulus, over


def soft_threshold(array: jax.Array, threshold: jax.Array | float) -> jax.Array:
    """See `reference.inverse.proximal.soft_threshold` [IP7]."""
    size = modulus(array)
    return array * jnp.where(size > threshold, over(size - threshold, size), 0)


def project_box(array: jax.Array, lower: jax.Array | float | None, upper: jax.Array | float | None) -> jax.Array:
    """See `reference.inverse.proximal.project_box` [IP7]."""
    return jnp.clip(array, lower, upper)


def project_balls(field: jax.Array, radius: jax.Array | float) -> jax.Array:
    """See `reference.inverse.proximal.project_balls` [IP7]."""
    return _shortened(field, length(field, axis=0), radius)


def project_discs(field: jax.Array, radius: jax.Array | float) -> jax.Array:
    """See `reference.inverse.proximal.project_discs` [IP7]."""
    return _shortened(field, modulus(field), radius)


def _shortened(field: jax.Array, size: jax.Array, radius: jax.Array | float) -> jax.Array:
    return field * jnp.where(size > radius, over(radius, size), 1)

"""Distances between the surfaces of two sets [EV6]–[EV9]; see `reference.surfaces`.

Shapes are static: distances are kept for every voxel, and the surfaces weigh or order them.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from .distances import squared_distance_transform


def surface(mask: jax.Array) -> jax.Array:
    """See `reference.surfaces.surface` [EV6]."""
    inside = mask
    for axis, length in enumerate(mask.shape):
        padded = jnp.pad(mask, [(1, 1) if each == axis else (0, 0) for each in range(mask.ndim)])
        before, after = (jax.lax.slice_in_dim(padded, start, start + length, axis=axis) for start in (0, 2))
        inside = inside & before & after
    return mask & ~inside


def hausdorff(
    prediction: jax.Array,
    truth: jax.Array,
    spacing: Sequence[float] | None = None,
    percentile: float = 100.0,
    empty: float = jnp.nan,
) -> jax.Array:
    """See `reference.surfaces.hausdorff` [EV7]."""
    one, other, to_one, to_other = _distances(prediction, truth, spacing)
    there, back = _percentile(to_other, one, percentile), _percentile(to_one, other, percentile)
    return _unless_empty(jnp.maximum(there, back), one, other, empty)


def average_surface_distance(
    prediction: jax.Array, truth: jax.Array, spacing: Sequence[float] | None = None, empty: float = jnp.nan
) -> jax.Array:
    """See `reference.surfaces.average_surface_distance` [EV8]."""
    one, other, _, to_other = _distances(prediction, truth, spacing)
    return _unless_empty(_sum(to_other, one) / one.sum(), one, other, empty)


def average_symmetric_surface_distance(
    prediction: jax.Array, truth: jax.Array, spacing: Sequence[float] | None = None, empty: float = jnp.nan
) -> jax.Array:
    """See `reference.surfaces.average_symmetric_surface_distance` [EV8]."""
    one, other, to_one, to_other = _distances(prediction, truth, spacing)
    mean = (_sum(to_other, one) + _sum(to_one, other)) / (one.sum() + other.sum())
    return _unless_empty(mean, one, other, empty)


def surface_dice(
    prediction: jax.Array,
    truth: jax.Array,
    tolerance: float,
    spacing: Sequence[float] | None = None,
    empty: float = jnp.nan,
) -> jax.Array:
    """See `reference.surfaces.surface_dice` [EV9]."""
    one, other, to_one, to_other = _distances(prediction, truth, spacing)
    near = (one & (to_other <= tolerance)).sum() + (other & (to_one <= tolerance)).sum()
    n = one.sum() + other.sum()
    return jnp.where(n > 0, near / jnp.maximum(n, 1), empty).astype(to_one.dtype)


def _distances(
    prediction: jax.Array, truth: jax.Array, spacing: Sequence[float] | None
) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """Both surfaces, and the distance of every voxel to each of them."""
    one, other = surface(prediction), surface(truth)
    to_one, to_other = (jnp.sqrt(squared_distance_transform(~each, spacing)) for each in (one, other))
    return one, other, to_one, to_other


def _sum(distances: jax.Array, inside: jax.Array) -> jax.Array:
    return jnp.where(inside, distances, 0).sum()


def _percentile(distances: jax.Array, inside: jax.Array, percentile: float) -> jax.Array:
    """Of the distances inside, which come first when those outside count as infinite."""
    ordered = jnp.sort(jnp.where(inside, distances, jnp.inf), axis=None)
    last = inside.sum() - 1
    place = (percentile / 100 * last).astype(distances.dtype)
    below = jnp.floor(place).astype(int)
    low, high = ordered[below], ordered[jnp.minimum(below + 1, last)]
    return low + (place - below) * (high - low)


def _unless_empty(value: jax.Array, one: jax.Array, other: jax.Array, empty: float) -> jax.Array:
    return jnp.where(one.any() & other.any(), value, jnp.where(one.any() | other.any(), jnp.inf, empty))

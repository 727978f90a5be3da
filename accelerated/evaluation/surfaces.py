"""Distances between the surfaces of two sets [EV6]–[EV9]; see `reference.evaluation.surfaces`."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from deepmix.reference.evaluation.surfaces import ROOM

from ..execution.arrays import inside
from .distances import squared_distance_transform


def surface(mask: jax.Array) -> jax.Array:
    """See `reference.evaluation.surfaces.surface` [EV6]."""
    mask = inside(mask)
    inner = mask
    for axis, length in enumerate(mask.shape):
        padded = jnp.pad(mask, [(1, 1) if each == axis else (0, 0) for each in range(mask.ndim)])
        before, after = (jax.lax.slice_in_dim(padded, start, start + length, axis=axis) for start in (0, 2))
        inner = inner & before & after
    return mask & ~inner


def surface_distances(
    prediction: jax.Array, truth: jax.Array, spacing: Sequence[float] | None = None
) -> tuple[jax.Array, jax.Array]:
    """See `reference.evaluation.surfaces.surface_distances` [EV6]. The dtype is that of the spacing."""
    one, other = surface(prediction), surface(truth)
    to_one, to_other = (jnp.sqrt(squared_distance_transform(~each, spacing)) for each in (one, other))
    return jnp.where(one, to_other, jnp.nan), jnp.where(other, to_one, jnp.nan)


def hausdorff(there: jax.Array, back: jax.Array, percentile: float = 100.0, empty: float = jnp.nan) -> jax.Array:
    """See `reference.evaluation.surfaces.hausdorff` [EV7]."""
    value = jnp.maximum(_percentile(there, percentile), _percentile(back, percentile))
    return _unless_empty(value, there, back, empty)


def average_surface_distance(there: jax.Array, back: jax.Array, empty: float = jnp.nan) -> jax.Array:
    """See `reference.evaluation.surfaces.average_surface_distance` [EV8]."""
    return _unless_empty(jnp.nansum(there) / _size(there), there, back, empty)


def average_symmetric_surface_distance(there: jax.Array, back: jax.Array, empty: float = jnp.nan) -> jax.Array:
    """See `reference.evaluation.surfaces.average_symmetric_surface_distance` [EV8]."""
    mean = (jnp.nansum(there) + jnp.nansum(back)) / (_size(there) + _size(back))
    return _unless_empty(mean, there, back, empty)


def surface_dice(there: jax.Array, back: jax.Array, tolerance: float, empty: float = jnp.nan) -> jax.Array:
    """See `reference.evaluation.surfaces.surface_dice` [EV9]."""
    most = tolerance * (1 + ROOM)
    near = (there <= most).sum() + (back <= most).sum()
    n = _size(there) + _size(back)
    return jnp.where(n > 0, near / jnp.maximum(n, 1), empty).astype(there.dtype)


def _size(distances: jax.Array) -> jax.Array:
    return (~jnp.isnan(distances)).sum()


def _percentile(distances: jax.Array, percentile: float) -> jax.Array:
    """The percentile of the distances that are not NaN; sorting puts these first."""
    ordered, last = jnp.sort(distances, axis=None), _size(distances) - 1
    place = (percentile / 100 * last).astype(distances.dtype)
    below = jnp.floor(place).astype(int)
    low, high = ordered[below], ordered[jnp.minimum(below + 1, last)]
    return low + (place - below) * (high - low)


def _unless_empty(value: jax.Array, there: jax.Array, back: jax.Array, empty: float) -> jax.Array:
    one, other = _size(there) > 0, _size(back) > 0
    return jnp.where(one & other, value, jnp.where(one | other, jnp.inf, empty))

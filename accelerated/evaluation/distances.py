"""Euclidean distances on the grid of an image [DT]; see `reference.evaluation.distances`."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from ..execution.arrays import inside


def squared_distance_transform(mask: jax.Array, spacing: Sequence[float] | jax.Array | None = None) -> jax.Array:
    """See `reference.evaluation.distances.squared_distance_transform` [DT1]; exact, in the dtype of the spacing.

    Axis by axis, since squared distances add: after each axis, every voxel holds the smallest squared distance
    along the axes so far (Felzenszwalb, Huttenlocher 2012, doi:10.4086/toc.2012.v008a019). The work for a voxel is
    the sum of the lengths of the axes.
    """
    steps = jnp.ones(mask.ndim) if spacing is None else jnp.asarray(spacing) * 1.0
    squared = jnp.where(inside(mask), jnp.inf, jnp.zeros((), steps.dtype))
    for axis in range(mask.ndim):
        squared = jnp.moveaxis(_lowest_parabola(jnp.moveaxis(squared, axis, 0), steps[axis]), 0, axis)
    return squared


def _lowest_parabola(heights: jax.Array, step: jax.Array) -> jax.Array:
    """min_j f(j) + (s (i − j))² at every place i of the first axis.

    One j after the other: all j at once would need as many copies of the volume as the axis is long.
    """
    places = jnp.arange(len(heights)).reshape(-1, *[1] * (heights.ndim - 1))

    def lower(j: int, lowest: jax.Array) -> jax.Array:
        return jnp.minimum(lowest, heights[j] + (step * (places - j)) ** 2)

    # four j in each pass over the volume, because memory limits the speed
    return jax.lax.fori_loop(0, len(heights), lower, jnp.full_like(heights, jnp.inf), unroll=4)

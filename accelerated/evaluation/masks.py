"""Distances between the surfaces of two masks [EV7]–[EV9]; see `reference.evaluation.masks`."""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp

from . import surfaces


def hausdorff(
    prediction: jax.Array,
    truth: jax.Array,
    spacing: Sequence[float] | None = None,
    percentile: float = 100.0,
    empty: float = jnp.nan,
) -> jax.Array:
    """See `reference.evaluation.masks.hausdorff` [EV7]."""
    return _measured(surfaces.hausdorff, prediction, truth, spacing, percentile=percentile, empty=empty)


def average_surface_distance(
    prediction: jax.Array, truth: jax.Array, spacing: Sequence[float] | None = None, empty: float = jnp.nan
) -> jax.Array:
    """See `reference.evaluation.masks.average_surface_distance` [EV8]."""
    return _measured(surfaces.average_surface_distance, prediction, truth, spacing, empty=empty)


def average_symmetric_surface_distance(
    prediction: jax.Array, truth: jax.Array, spacing: Sequence[float] | None = None, empty: float = jnp.nan
) -> jax.Array:
    """See `reference.evaluation.masks.average_symmetric_surface_distance` [EV8]."""
    return _measured(surfaces.average_symmetric_surface_distance, prediction, truth, spacing, empty=empty)


def surface_dice(
    prediction: jax.Array,
    truth: jax.Array,
    tolerance: float,
    spacing: Sequence[float] | None = None,
    empty: float = jnp.nan,
) -> jax.Array:
    """See `reference.evaluation.masks.surface_dice` [EV9]."""
    return _measured(surfaces.surface_dice, prediction, truth, spacing, tolerance=tolerance, empty=empty)


def _measured(
    measure: Callable[..., jax.Array],
    prediction: jax.Array,
    truth: jax.Array,
    spacing: Sequence[float] | None,
    **options: float,
) -> jax.Array:
    return measure(*surfaces.surface_distances(prediction, truth, spacing), **options)

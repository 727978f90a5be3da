"""Gaps between views; see `reference.tomography.checks.angle_gaps`."""

import jax
import jax.numpy as jnp

from deepmix.reference.tomography.checks import SAME


def angle_gaps(angles: jax.Array, period: float) -> tuple[jax.Array, jax.Array]:
    """See `reference.tomography.checks.angle_gaps`."""
    folded = jnp.sort(angles % period)
    gaps = jnp.diff(folded, append=folded[:1] + period)
    return gaps, jnp.nanmedian(jnp.where(gaps > SAME * period / len(angles), gaps, jnp.nan))

"""Gaps between views; see `reference.tomography.checks.angle_gaps`."""

import jax
import jax.numpy as jnp

from deepmix.reference.tomography.checks import GAP, SAME


def angle_gaps(angles: jax.Array, period: float) -> tuple[jax.Array, jax.Array]:
    """See `reference.tomography.checks.angle_gaps`."""
    folded = jnp.sort(angles % period)
    gaps = jnp.diff(folded, append=folded[:1] + period)
    distinct = gaps > SAME * period / len(gaps)
    usual = jnp.sort(jnp.where(distinct, gaps, jnp.inf))[9 * (distinct.sum() - 1) // 10]
    beside = jnp.stack([jnp.roll(gaps, k) for k in (-2, -1, 1, 2) if k % len(gaps)]).max(axis=0)
    return gaps, jnp.where(gaps > GAP * jnp.maximum(usual, beside), usual, gaps)

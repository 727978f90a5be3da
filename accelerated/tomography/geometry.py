"""The geometry of a scan; see `reference.tomography.geometry`, which makes it."""

import jax
import jax.numpy as jnp

from deepmix.reference.tomography.records import ScanGeometry


def rays(geometry: ScanGeometry) -> tuple[jax.Array, jax.Array]:
    """See `reference.tomography.geometry.rays` [CT8]."""
    gamma = jnp.arctan(geometry.divergence * geometry.detectors)
    theta = geometry.angles[:, None] - gamma
    return theta, jnp.broadcast_to(geometry.detectors * jnp.cos(gamma), theta.shape)

"""Hounsfield units [CT10]; see `reference.tomography.hounsfield`."""

import jax


def to_hounsfield(attenuation: jax.Array, water: float, air: float = 0.0) -> jax.Array:
    """See `reference.tomography.hounsfield.to_hounsfield` [CT10]."""
    return 1000 * (attenuation - water) / (water - air)


def from_hounsfield(hounsfield: jax.Array, water: float, air: float = 0.0) -> jax.Array:
    """See `reference.tomography.hounsfield.from_hounsfield` [CT10]."""
    return water + hounsfield * (water - air) / 1000

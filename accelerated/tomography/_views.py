"""One view between its detectors; see `reference.tomography`."""

import jax
import jax.numpy as jnp

from deepmix.reference.tomography.records import ScanGeometry


def at(view: jax.Array, geometry: ScanGeometry, places: jax.Array) -> jax.Array:
    """A view (D,) at places of any shape, in mm: interpolated linearly, from the last detectors on down to 0."""
    number = (places - geometry.detectors[0]) * (1 / geometry.detector_spacing) + 1
    number = jnp.clip(number, 0, len(view) + 1)
    left, padded = number.astype(jnp.int32), jnp.pad(view, (1, 2))
    value, neighbour = (padded.at[left + k].get(mode="promise_in_bounds") for k in (0, 1))
    return value + (number - left) * (neighbour - value)

"""Where the axis of rotation is seen [CT9]; see `reference.tomography.axis`."""

import jax
import jax.numpy as jnp

from deepmix.reference.tomography.axis import FLOOR, STEP, shifts
from deepmix.reference.tomography.checks import check_sinogram, opposites
from deepmix.reference.tomography.records import ScanGeometry

from . import _views
from ._dtypes import in_one_dtype


def rotation_axis(sinogram: jax.Array, geometry: ScanGeometry) -> jax.Array:
    """See `reference.tomography.axis.rotation_axis` [CT9]; views are paired, and shifts chosen, on the host."""
    check_sinogram(sinogram, geometry)
    first, second = opposites(geometry.angles)
    tried = shifts(geometry)
    sinogram, geometry = in_one_dtype(sinogram, geometry)
    return _best(sinogram[first], sinogram[second], geometry, jnp.asarray(tried, sinogram.dtype))


@jax.jit
def _best(first: jax.Array, second: jax.Array, geometry: ScanGeometry, tried: jax.Array) -> jax.Array:
    floor = FLOOR * first.var()

    def mismatch(shift: jax.Array) -> jax.Array:
        places = 2 * shift - geometry.detectors
        away = jnp.abs(places - geometry.detectors.mean()) / geometry.detector_spacing
        both = jnp.broadcast_to(away < len(places) / 2 - STEP, first.shape)
        mirrored = jax.vmap(lambda view: _views.at(view, geometry, places))(second)
        mean = jnp.mean((first + mirrored) / 2, where=both)
        varied = jnp.mean((first - mean) ** 2 + (mirrored - mean) ** 2, where=both) + floor
        differed = jnp.mean((first - mirrored) ** 2, where=both) + floor
        return jnp.where(varied > 0, differed / jnp.where(varied > 0, varied, 1), 1)

    return tried[jax.lax.map(mismatch, tried).argmin()]

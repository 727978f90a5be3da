"""Where the axis of rotation is seen [CT9]; see `reference.tomography.axis`."""

import jax
import jax.numpy as jnp

from deepmix.reference.tomography.axis import STEP
from deepmix.reference.tomography.checks import check_sinogram, opposites
from deepmix.reference.tomography.records import ScanGeometry

from . import _views
from ._dtypes import in_one_dtype


def rotation_axis(sinogram: jax.Array, geometry: ScanGeometry) -> jax.Array:
    """See `reference.tomography.axis.rotation_axis` [CT9]; opposite views are paired on the host."""
    check_sinogram(sinogram, geometry)
    first, second = opposites(geometry.angles)
    sinogram, geometry = in_one_dtype(sinogram, geometry)
    return _best(sinogram[first], sinogram[second], geometry)


@jax.jit
def _best(first: jax.Array, second: jax.Array, geometry: ScanGeometry) -> jax.Array:
    def mismatch(shift: jax.Array) -> jax.Array:
        places = 2 * shift - geometry.detectors
        return ((first - jax.vmap(lambda view: _views.at(view, geometry, places))(second)) ** 2).sum()

    n = int(first.shape[1] / 4 / STEP)
    tried = jnp.array(sorted(range(-n, n + 1), key=abs)) * (STEP * geometry.detector_spacing)
    return tried[jax.lax.map(mismatch, tried).argmin()]

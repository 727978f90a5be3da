"""Views of a fan as parallel ones [CT8]; see `reference.tomography.rebinning`."""

import jax
import jax.numpy as jnp

from deepmix.reference.tomography.checks import check_sinogram
from deepmix.reference.tomography.records import ScanGeometry

from ._dtypes import in_one_dtype
from ._gaps import angle_gaps


def rebin(sinogram: jax.Array, geometry: ScanGeometry) -> jax.Array:
    """See `reference.tomography.rebinning.rebin` [CT8]."""
    check_sinogram(sinogram, geometry)
    return _rebin(*in_one_dtype(sinogram, geometry))


@jax.jit
def _rebin(sinogram: jax.Array, geometry: ScanGeometry) -> jax.Array:
    sine = geometry.divergence * geometry.detectors
    gamma = jnp.arcsin(jnp.clip(sine, -1, 1))
    place = geometry.detectors / jnp.sqrt(jnp.maximum(1 - sine**2, 1e-12))

    def look_up(turn: float, sign: int) -> tuple[jax.Array, jax.Array]:
        return _look_up(sinogram, geometry, geometry.angles[:, None] + turn + sign * gamma, sign * place)

    (value, known), (opposite, known_opposite) = look_up(0, 1), look_up(jnp.pi, -1)
    measured = known + known_opposite
    return jnp.where(measured > 0, (value + opposite) / jnp.where(measured > 0, measured, 1), 0)


def _look_up(
    sinogram: jax.Array, geometry: ScanGeometry, beta: jax.Array, place: jax.Array
) -> tuple[jax.Array, jax.Array]:
    angles, beta = geometry.angles % (2 * jnp.pi), beta % (2 * jnp.pi)
    order = jnp.argsort(angles)
    angles = angles[order]
    _, counted = angle_gaps(angles, 2 * jnp.pi)
    before = jnp.searchsorted(angles, beta, side="right") - 1  # −1: the last, a turn ago
    after = (before + 1) % len(angles)
    reach = counted[before]
    place = jnp.clip((place - geometry.detectors[0]) / geometry.detector_spacing + 1, 0, sinogram.shape[1] + 1)
    left = jnp.broadcast_to(place.astype(jnp.int32), beta.shape)
    views, inside = (jnp.pad(each, ((0, 0), (1, 2))) for each in (sinogram[order], jnp.ones_like(sinogram)))
    found, known = jnp.zeros_like(beta), jnp.zeros_like(beta)
    for view, away in ((before, beta - angles[before]), (after, angles[after] - beta)):
        near = jnp.maximum(0, 1 - away % (2 * jnp.pi) / reach)
        for column, share in ((left, 1 - (place - left)), (left + 1, place - left)):
            found += near * share * views[view, column]
            known += near * share * inside[view, column]
    return found, known

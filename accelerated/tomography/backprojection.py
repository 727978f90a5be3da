"""Filtered back-projection [CT5], [CT7]; see `reference.tomography.backprojection`."""

from functools import partial

import jax
import jax.numpy as jnp

from deepmix.reference.checks import check_choice
from deepmix.reference.tomography.checks import check_sinogram
from deepmix.reference.tomography.records import ScanGeometry

from . import _views
from ._dtypes import in_one_dtype
from ._gaps import angle_gaps
from .rebinning import rebin

WINDOWS = {
    "ram-lak": jnp.ones_like,
    "shepp-logan": lambda part: jnp.sinc(part / 2),
    "cosine": lambda part: jnp.cos(jnp.pi / 2 * part),
    "hamming": lambda part: 0.54 + 0.46 * jnp.cos(jnp.pi * part),
    "hann": lambda part: 0.5 + 0.5 * jnp.cos(jnp.pi * part),
}


def angle_weights(angles: jax.Array) -> jax.Array:
    """See `reference.tomography.backprojection.angle_weights` [CT5]."""
    _, counted = angle_gaps(angles, jnp.pi)
    ordered = (counted + jnp.roll(counted, 1)) / 2
    return jnp.zeros_like(ordered).at[jnp.argsort(angles % jnp.pi)].set(ordered)


def smear(sinogram: jax.Array, geometry: ScanGeometry) -> jax.Array:
    """See `reference.tomography.backprojection.smear` [CT5]."""
    check_sinogram(sinogram, geometry)
    return _smear(*in_one_dtype(sinogram, geometry))


def sharpen(
    sinogram: jax.Array, geometry: ScanGeometry, window: str = "ram-lak", cutoff: float = 1.0
) -> jax.Array:
    """See `reference.tomography.backprojection.sharpen` [CT7]."""
    check_choice("window", window, tuple(WINDOWS))
    return _sharpen(*in_one_dtype(sinogram, geometry), window, cutoff)


def filtered_backprojection(
    sinogram: jax.Array, geometry: ScanGeometry, window: str = "ram-lak", cutoff: float = 1.0
) -> jax.Array:
    """See `reference.tomography.backprojection.filtered_backprojection` [CT6], [CT7]."""
    check_sinogram(sinogram, geometry)
    check_choice("window", window, tuple(WINDOWS))
    return _filtered_backprojection(*in_one_dtype(sinogram, geometry), window, cutoff)


@partial(jax.jit, static_argnames="window")
def _filtered_backprojection(sinogram: jax.Array, geometry: ScanGeometry, window: str, cutoff: float) -> jax.Array:
    views = jax.lax.cond(geometry.divergence == 0, lambda: sinogram, lambda: rebin(sinogram, geometry))
    return _smear(_sharpen(views, geometry, window, cutoff), geometry)


@jax.jit
def _smear(sinogram: jax.Array, geometry: ScanGeometry) -> jax.Array:
    x, y = geometry.columns, geometry.rows[:, None]

    def view(image: jax.Array, measured: tuple[jax.Array, ...]) -> tuple[jax.Array, None]:
        line, angle, weight = measured
        return image + _views.at(weight * line, geometry, x * jnp.cos(angle) + y * jnp.sin(angle)), None

    start = jnp.zeros(geometry.image_shape, sinogram.dtype)
    return jax.lax.scan(view, start, (sinogram, geometry.angles, angle_weights(geometry.angles)))[0]


@partial(jax.jit, static_argnames="window")
def _sharpen(sinogram: jax.Array, geometry: ScanGeometry, window: str, cutoff: float) -> jax.Array:
    n_detectors = sinogram.shape[1]
    length = 1 << (2 * n_detectors - 1).bit_length()
    away = jnp.minimum(jnp.arange(length), length - jnp.arange(length))
    odd = -1 / (jnp.pi * jnp.maximum(away, 1).astype(sinogram.dtype)) ** 2
    kernel = jnp.where(away % 2, odd, 0).at[0].set(1 / 4)
    frequency = 2 * jnp.fft.rfftfreq(length, dtype=sinogram.dtype)
    kept = frequency < cutoff + 1 / length
    response = jnp.fft.rfft(kernel).real * kept * WINDOWS[window](jnp.minimum(frequency / cutoff, 1))
    filtered = jnp.fft.irfft(jnp.fft.rfft(sinogram, length) * response, length)
    return filtered[:, :n_detectors] / geometry.detector_spacing

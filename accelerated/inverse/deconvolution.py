"""Deconvolution by the Wiener filter [IP5]; see `reference.inverse.deconvolution`."""

import jax
import jax.numpy as jnp

from . import fourier


def wiener(image: jax.Array, kernel: jax.Array, noise: jax.Array | float, power: jax.Array | float) -> jax.Array:
    """See `reference.inverse.deconvolution.wiener` [IP5]."""
    response = fourier.transfer(kernel, image)
    spectrum = power if jnp.ndim(power) == 0 else jnp.fft.ifftshift(power)
    found = fourier.filtered(image, response.conj() / (jnp.abs(response) ** 2 + noise / spectrum))
    return found if jnp.iscomplexobj(image) or jnp.iscomplexobj(kernel) else found.real

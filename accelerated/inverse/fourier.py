"""The Fourier transform of images [IP0]; see `reference.inverse.fourier`."""

import jax
import jax.numpy as jnp


def transform(image: jax.Array, n_axes: int) -> jax.Array:
    """See `reference.inverse.fourier.transform` [IP0]."""
    axes = _last(n_axes)
    return jnp.fft.fftshift(jnp.fft.fftn(jnp.fft.ifftshift(image, axes), axes=axes, norm="ortho"), axes)


def inverse(spectrum: jax.Array, n_axes: int) -> jax.Array:
    """See `reference.inverse.fourier.inverse` [IP0]."""
    axes = _last(n_axes)
    return jnp.fft.fftshift(jnp.fft.ifftn(jnp.fft.ifftshift(spectrum, axes), axes=axes, norm="ortho"), axes)


def transfer(kernel: jax.Array, image: jax.Array) -> jax.Array:
    """See `reference.inverse.fourier.transfer` [IP5]."""
    shape = image.shape[image.ndim - kernel.ndim :]
    padded = jnp.pad(kernel, [(0, n - side) for n, side in zip(shape, kernel.shape, strict=True)])
    centred = jnp.roll(padded, [-(side // 2) for side in kernel.shape], range(kernel.ndim))
    return jnp.fft.fftn(centred)


def filtered(image: jax.Array, response: jax.Array) -> jax.Array:
    """See `reference.inverse.fourier.filtered`."""
    axes = _last(response.ndim)
    return jnp.fft.ifftn(response * jnp.fft.fftn(image, axes=axes), axes=axes)


def _last(n_axes: int) -> tuple[int, ...]:
    return tuple(range(-n_axes, 0))

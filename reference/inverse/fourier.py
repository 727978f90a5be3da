"""The Fourier transform of images: centred and orthonormal [IP0]."""

import numpy as np
import scipy.fft


def transform(image: np.ndarray, n_axes: int) -> np.ndarray:
    """Fx over the last axes: fftshift(FFT(ifftshift(x))) / √n, frequency 0 at index n//2 [IP0].

    image: (…, *spatial), real or complex. n_axes: how many are spatial. Returns the same shape, complex.
    """
    axes = _last(n_axes)
    return scipy.fft.fftshift(scipy.fft.fftn(scipy.fft.ifftshift(image, axes), axes=axes, norm="ortho"), axes)


def inverse(spectrum: np.ndarray, n_axes: int) -> np.ndarray:
    """F*y, which is F⁻¹y, over the last axes [IP0]. spectrum: (…, *spatial). Returns the same shape, complex."""
    axes = _last(n_axes)
    return scipy.fft.fftshift(scipy.fft.ifftn(scipy.fft.ifftshift(spectrum, axes), axes=axes, norm="ortho"), axes)


def transfer(kernel: np.ndarray, image: np.ndarray) -> np.ndarray:
    """k̂, by which periodic convolution with a kernel multiplies the plain (not shifted) FFT [IP5].

    kernel: (*sides), centred at n//2. image: of which only the last axes count, none shorter than the kernel's.
    Returns (*spatial), complex.
    """
    shape = image.shape[image.ndim - kernel.ndim :]
    padded = np.pad(kernel, [(0, n - side) for n, side in zip(shape, kernel.shape, strict=True)])
    centred = np.roll(padded, [-(side // 2) for side in kernel.shape], range(kernel.ndim))
    return scipy.fft.fftn(centred)


def filtered(image: np.ndarray, response: np.ndarray) -> np.ndarray:
    """F⁻¹(response · Fx) with the plain FFT over the last axes. image: (…, *spatial); response: (*spatial)."""
    axes = _last(response.ndim)
    return scipy.fft.ifftn(response * scipy.fft.fftn(image, axes=axes), axes=axes)


def _last(n_axes: int) -> tuple[int, ...]:
    return tuple(range(-n_axes, 0))

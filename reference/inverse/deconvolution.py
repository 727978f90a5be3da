"""Deconvolution by the Wiener filter [IP5]."""

import numpy as np
import scipy.fft

from . import fourier


def wiener(image: np.ndarray, kernel: np.ndarray, noise: float, power: float | np.ndarray) -> np.ndarray:
    """û = F⁻¹(k̂* f̂/(|k̂|²+σ²/S_u)): the linear estimate of least mean error from f = k ∗ u + noise [IP5].

    image: f (…, *spatial), real or complex. kernel: k (*sides), its centre at index n//2; the convolution is
    periodic. noise: σ² > 0, the variance of a pixel. power: S_u > 0, a number or a spectrum (*spatial) with
    frequency 0 at index n//2, in the unit of the noise. Returns u, as f.
    """
    response = fourier.transfer(kernel, image)
    spectrum = power if np.ndim(power) == 0 else scipy.fft.ifftshift(power)
    found = fourier.filtered(image, response.conj() / (np.abs(response) ** 2 + noise / spectrum))
    return found if np.iscomplexobj(image) or np.iscomplexobj(kernel) else found.real

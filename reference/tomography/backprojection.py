"""Filtered back-projection [CT7] of parallel views: filter every view, then smear it over the image.

    g = project(image); image = Σ_a w_a (h ∗ g(θ_a, ·))(X cos θ_a + Y sin θ_a)

Views of a fan are rebinned first: `rebinning.rebin`.
"""

from collections.abc import Callable

import numpy as np

from ..checks import check_choice
from . import _views
from .checks import angle_gaps, check_sinogram
from .rebinning import rebin
from .records import ScanGeometry

# Of the frequency as a part of the cutoff, 0 … 1.
WINDOWS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "ram-lak": np.ones_like,
    "shepp-logan": lambda part: np.sinc(part / 2),
    "cosine": lambda part: np.cos(np.pi / 2 * part),
    "hamming": lambda part: 0.54 + 0.46 * np.cos(np.pi * part),
    "hann": lambda part: 0.5 + 0.5 * np.cos(np.pi * part),
}


def angle_weights(angles: np.ndarray) -> np.ndarray:
    """w (n,) of views in radians: half the gaps to both neighbours modulo π [CT5]; they sum to π.

    angles: (n,) in radians. A gap where no view was measured counts as a usual one, see `checks.angle_gaps`.
    """
    _, counted = angle_gaps(angles, np.pi)
    weights = np.empty(len(angles))
    weights[np.argsort(angles % np.pi, kind="stable")] = (counted + np.roll(counted, 1)) / 2
    return weights


def smear(sinogram: np.ndarray, geometry: ScanGeometry) -> np.ndarray:
    """Σ_a w_a g(θ_a, l(x)) with l = X cos θ + Y sin θ, g interpolated linearly, 0 beyond the detector [CT5].

    sinogram: (n, D), parallel. Returns (H, W), in the unit of the sinogram. Not the adjoint of `radon.project`.
    Raises ValueError as `radon.project_back`.
    """
    check_sinogram(sinogram, geometry)
    image = np.zeros(geometry.image_shape)
    for weight, angle, view in zip(angle_weights(geometry.angles), geometry.angles, sinogram, strict=True):
        seen = geometry.columns * np.cos(angle) + geometry.rows[:, None] * np.sin(angle)
        image += weight * _views.at(view, geometry, seen)
    return image


def sharpen(
    sinogram: np.ndarray, geometry: ScanGeometry, window: str = "ram-lak", cutoff: float = 1.0
) -> np.ndarray:
    """Δl · h ∗ g of every view: h_0 = 1/(4Δl²), h_n = −1/(πnΔl)² for odd n, else 0 [CT7].

    sinogram: (n, D). window: "ram-lak" (none), "shepp-logan", "cosine", "hamming" or "hann", times ĥ. cutoff: the
    highest frequency that is kept, as a part of half the sampling rate, in (0, 1]. Returns (n, D), a mm.
    Raises ValueError for another window.
    """
    check_choice("window", window, tuple(WINDOWS))
    length = 2 ** int(np.ceil(np.log2(2 * sinogram.shape[1])))  # nothing wraps round
    away = np.minimum(np.arange(length), length - np.arange(length))
    kernel = np.where(away % 2, -1 / (np.pi * np.maximum(away, 1)) ** 2, 0)
    kernel[0] = 1 / 4
    frequency = 2 * np.fft.rfftfreq(length)  # 1 is half the sampling rate
    kept = frequency < cutoff + 1 / length  # to the nearest frequency
    response = np.fft.rfft(kernel).real * kept * WINDOWS[window](np.minimum(frequency / cutoff, 1))
    filtered = np.fft.irfft(np.fft.rfft(sinogram, length) * response, length)
    return filtered[:, : sinogram.shape[1]] / geometry.detector_spacing


def filtered_backprojection(
    sinogram: np.ndarray, geometry: ScanGeometry, window: str = "ram-lak", cutoff: float = 1.0
) -> np.ndarray:
    """The image whose projections are the sinogram: `smear` of `sharpen`, of a fan after `rebinning.rebin` [CT7].

    By the slice theorem [CT6] the Fourier transform of a view is that of the image on a line through 0; ĥ = |ρ|
    makes up for the lines being dense there. sinogram: (n, D). window, cutoff: see `sharpen`.
    Returns (H, W), a mm. Raises ValueError as `smear` and `sharpen`.
    """
    check_sinogram(sinogram, geometry)
    if geometry.divergence:
        sinogram, geometry = rebin(sinogram, geometry), geometry._replace(divergence=0.0)
    return smear(sharpen(sinogram, geometry, window, cutoff), geometry)

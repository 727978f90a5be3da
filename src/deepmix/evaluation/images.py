"""A reconstructed image against the true one: PSNR, SSIM, NRMSE, in double precision.

The data range L of all three is the largest value of the truth less its smallest; a volume is one image.
"""

import numpy as np
from scipy.ndimage import gaussian_filter

from deepmix.reference.inverse.checks import check_finite

WIDTH, RADIUS = 1.5, 5  # of the Gaussian window of SSIM, in pixels: 11 a side
CONSTANTS = 0.01, 0.03  # K₁ and K₂, which keep SSIM stable where both images are flat


def psnr(image: np.ndarray, truth: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB, 20 lg(L/RMSE); infinite for equal images.

    image, truth: real, of one shape. Raises ValueError for other shapes, NaN, infinity, and a truth of one value.
    """
    error = nrmse(image, truth)
    return float(-20 * np.log10(error)) if error else np.inf


def nrmse(image: np.ndarray, truth: np.ndarray) -> float:
    """The root of the mean squared error, as a part of the data range. Arguments and errors as of `psnr`."""
    image, truth, reach = _compared(image, truth)
    return float(np.sqrt(np.mean((image - truth) ** 2)) / reach)


def ssim(image: np.ndarray, truth: np.ndarray) -> float:
    """Mean structural similarity (Wang et al. 2004), over the pixels whose window lies within the image.

    The window is Gaussian, 11 pixels a side, σ = 1.5. image, truth: real, (H, W[, D]) of one shape.
    Raises ValueError as `psnr`, and for images that are smaller than the window.
    """
    image, truth, reach = _compared(image, truth)
    side = 2 * RADIUS + 1
    if min(image.shape) < side:
        raise ValueError(f"SSIM needs images of at least {side} pixels a side, got the shape {image.shape}")

    def mean(values: np.ndarray) -> np.ndarray:
        smooth = gaussian_filter(values, WIDTH, radius=RADIUS)
        return np.asarray(smooth[(slice(RADIUS, -RADIUS),) * values.ndim])

    small, smaller = ((constant * reach) ** 2 for constant in CONSTANTS)
    mine, true = mean(image), mean(truth)
    variances = mean(image**2) - mine**2 + mean(truth**2) - true**2
    covariance = mean(image * truth) - mine * true
    similar = (2 * mine * true + small) * (2 * covariance + smaller)
    return float(np.mean(similar / ((mine**2 + true**2 + small) * (variances + smaller))))


def _compared(image: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Both in double precision, and the data range."""
    image, truth = np.asarray(image), np.asarray(truth)
    if image.shape != truth.shape:
        raise ValueError(f"the image has the shape {image.shape}, the truth {truth.shape}")
    for name, values in (("image", image), ("truth", truth)):
        if values.dtype.kind not in "biuf":
            raise ValueError(f"the {name} must hold real numbers, got {values.dtype}")
        check_finite(f"the {name}", values)
    image, truth = image.astype(np.float64), truth.astype(np.float64)
    reach = float(np.ptp(truth)) if truth.size else 0.0
    if not reach:
        raise ValueError("the truth has one value everywhere: there is no data range to compare with")
    return image, truth, reach

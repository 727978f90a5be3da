"""Where the laws of EM without the variance floor [G3] end: at a class of a few pixels on a line."""

import numpy as np

# Of a peak's height, by a normal distribution of all pixels. For a covariance matrix of two channels, a condition
# number of e¹⁴ = 10⁶: the rounding of float64 is 10⁻¹⁰ of a squared distance then, and beyond it, of F.
HIGHEST = 7.0


def collapsed(densities: np.ndarray, pixels: np.ndarray) -> bool:
    """Whether some class has lost its width in a direction; its densities' digits cancel.

    densities: log p (K, N), NaN for a singular matrix. pixels: (M, N).
    """
    return not densities.max() + np.log(pixels.std(axis=1)).sum() < HIGHEST

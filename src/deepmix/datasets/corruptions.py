"""What scanners and detectors do to an image: outliers, magnitudes of complex noise, speckle."""

import numpy as np


def with_spikes(image: np.ndarray, share: float, seed: int = 0) -> np.ndarray:
    """The image with a share of its pixels set to far values, below and above all others.

    image: any shape and unit. share: from 0 to 1. The far values lie up to ten times the range of the image beyond
    it. Returns a copy.
    """
    rng = np.random.default_rng(seed)
    result, low, high = np.array(image, float), float(image.min()), float(image.max())
    chosen = rng.random(image.shape) < share
    far = rng.uniform(1, 10, image.shape) * (high - low)
    result[chosen] = np.where(rng.random(image.shape) < 0.5, low - far, high + far)[chosen]
    return result


def magnitude(image: np.ndarray, noise: float, seed: int = 0) -> np.ndarray:
    """|image + complex noise|, of standard deviation `noise` in each part: a Rician image."""
    rng = np.random.default_rng(seed)
    real, imaginary = noise * rng.standard_normal((2, *image.shape))
    return np.hypot(image + real, imaginary)


def speckled(image: np.ndarray, looks: float, seed: int = 0) -> np.ndarray:
    """The image times speckle of so many looks, gamma-distributed with mean 1."""
    return image * np.random.default_rng(seed).gamma(looks, 1 / looks, image.shape)

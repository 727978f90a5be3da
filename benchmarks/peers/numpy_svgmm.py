"""A straightforward SVGMM in NumPy: vectorised over the pixels, loops over classes and channels."""

import numpy as np

from deepmix.reference.mixtures.records import Mixture


def fit(pixels: np.ndarray, start: Mixture, n: int) -> tuple[Mixture, float]:
    """n M-steps with diagonal covariances and no floor, in the dtype of the input, and the NLL.

    pixels: (M, N). start: proportions Π (K, N), means (K, M), covariances (K, M).
    """
    mixture = Mixture._make(array.copy() for array in start)
    responsibilities, nll = _e_step(pixels, mixture)
    for _ in range(n):
        mixture = _m_step(pixels, responsibilities)
        responsibilities, nll = _e_step(pixels, mixture)
    return mixture, nll


def _e_step(pixels: np.ndarray, mixture: Mixture) -> tuple[np.ndarray, float]:
    """γ (K, N) and the mean NLL; by logarithms, as a class may be far from a pixel."""
    joint = np.empty_like(mixture.proportions)
    with np.errstate(divide="ignore"):  # a proportion may have become 0
        for k in range(len(joint)):
            joint[k] = np.log(mixture.proportions[k])
            for m in range(len(pixels)):
                mean, variance = mixture.means[k, m], mixture.covariances[k, m]
                joint[k] -= 0.5 * ((pixels[m] - mean) ** 2 / variance + np.log(2 * np.pi * variance))
    largest = joint.max(axis=0)
    densities = np.exp(joint - largest)
    total = densities.sum(axis=0)
    return densities / total, -np.mean(largest + np.log(total))


def _m_step(pixels: np.ndarray, responsibilities: np.ndarray) -> Mixture:
    means = np.empty((len(responsibilities), len(pixels)), pixels.dtype)
    variances = np.empty_like(means)
    for k in range(len(responsibilities)):
        count = responsibilities[k].sum()
        for m in range(len(pixels)):
            means[k, m] = (responsibilities[k] * pixels[m]).sum() / count
            variances[k, m] = (responsibilities[k] * (pixels[m] - means[k, m]) ** 2).sum() / count
    return Mixture(proportions=responsibilities, means=means, covariances=variances)

"""Rician distributions: magnitudes of complex signals, as a scanner measures them [NG4], [NG5].

The phase of a pixel is the latent variable of an EM within the EM. Channels are independent within a class.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import i0e, i1e

from ..types import Array
from . import gaussian
from .records import Estimate, Mixture, Rician

KOAY_STEPS = 50  # of the fixed point of [NG5]; slowest near ν = 0, where any start will do
SERIES = (
    500.0  # z from which 1 − A goes by its series, exact to rounding: there A itself has lost what it is about
)
COEFFICIENTS = (1 / 2, 1 / 8, 1 / 8, 25 / 128, 13 / 32, 1073 / 1024)  # of 1/z, 1/z², …


class RicianSums(NamedTuple):
    """Sums over pixels [NG5]: they add up over parts of an image.

    They are about the previous ν, as mean x² and ν² cancel where there is little noise. counts: Σ w r (K,).
    first: Σ w r (x − ν) (K, M). second: Σ w r (x − ν)² (K, M). lost: Σ w r x (1 − A) (K, M), A of the previous
    parameters.
    """

    counts: Array
    first: Array
    second: Array
    lost: Array


def log_density(pixels: np.ndarray, mixture: Rician, covariance_type: str = "diag") -> np.ndarray:
    """log x − log σ² − (x − ν)² / 2σ² + log i0e(xν/σ²), summed over the channels [NG4].

    pixels: (M, N), not negative. Returns (K, N).
    """
    signals, variances = mixture.signals[:, :, None], mixture.variances[:, :, None]
    gauss = (pixels - signals) ** 2 / (2 * variances)
    return (np.log(pixels) - np.log(variances) - gauss + np.log(i0e(pixels * signals / variances))).sum(axis=1)


def misalignment(pixels: np.ndarray, mixture: Rician) -> np.ndarray:
    """1 − A (K, M, N), A = I₁(z) / I₀(z) at z = xν/σ² the mean cosine of the phase; from 0 to 1 [NG5]."""
    z = pixels * mixture.signals[:, :, None] / mixture.variances[:, :, None]
    inverse, small = 1 / np.maximum(z, SERIES), np.minimum(z, SERIES)
    tail = sum(coefficient * inverse**n for n, coefficient in enumerate(COEFFICIENTS, start=1))
    return np.where(z >= SERIES, tail, 1 - i1e(small) / i0e(small))


def statistics(
    pixels: np.ndarray,
    responsibilities: np.ndarray,
    weights: np.ndarray,
    previous: Rician,
    covariance_type: str = "diag",
) -> RicianSums:
    """The sums that [NG5] needs, with A of the previous parameters.

    pixels: (M, N). responsibilities: r (K, N). weights: w (N,). Returns `RicianSums`.
    """
    share, deviation = weights * responsibilities, pixels - previous.signals[:, :, None]
    return RicianSums(
        counts=share.sum(axis=1),
        first=np.einsum("kn,kmn->km", share, deviation),
        second=np.einsum("kn,kmn->km", share, deviation**2),
        lost=np.einsum("kn,kmn->km", share, pixels * misalignment(pixels, previous)),
    )


def estimate(
    statistics: RicianSums,
    floor: np.ndarray,
    previous: Rician,
    covariance_type: str = "diag",
    noise: str = "shared",
) -> Estimate:
    """ν = Σwγ xA / n_k, σ² = ½ (Σwγ x² / n_k − ν²) + floor [NG5].

    statistics: of r = γ. floor: (M,). noise: "shared" (one σ² a channel, since a scanner's noise knows no tissue)
    or "each" (of every class its own). Returns an `Estimate`.
    """
    counts, first, second, lost = statistics
    empty = gaussian.is_empty(counts)
    n = np.where(empty, 1, counts)[:, None]
    shift = np.where(empty[:, None], 0, (first - lost) / n)
    signals = previous.signals + shift
    scatter = np.where(empty[:, None], 0, second / n - shift**2 + 2 * previous.signals * lost / n) / 2
    variances = NOISE[noise](scatter, counts, empty, previous.variances - floor) + floor
    return Estimate(
        counts=counts, mixture=previous._replace(signals=signals, variances=variances), degenerate=empty
    )


def _of_each(scatter: np.ndarray, counts: np.ndarray, empty: np.ndarray, previous: np.ndarray) -> np.ndarray:
    return np.where(empty[:, None], previous, scatter)


def _of_all(scatter: np.ndarray, counts: np.ndarray, empty: np.ndarray, previous: np.ndarray) -> np.ndarray:
    return np.broadcast_to(counts @ scatter / counts.sum(), scatter.shape)


# σ² (K, M) without the floor, from ½ (mean x² − ν²) and the counts of the classes.
NOISE = {"shared": _of_all, "each": _of_each}
# What a pixel's ½ (x² − 2νxA + ν²) − σ² is multiplied by, from the gradient at σ² and the counts (K, 1, 1).
SPREAD: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]] = {
    "shared": lambda gradient, n, occupied: gradient.sum(axis=0) / n[occupied].sum(),
    "each": lambda gradient, n, occupied: gradient / n,
}


def of_gaussians(mixture: Mixture, covariance_type: str = "diag") -> Rician:
    """The start: ν and σ² of the Gaussians' means and variances, by Koay's inversion [NG5] (Koay, Basser 2006)."""
    means = mixture.means
    matrices = gaussian.covariance_matrices(mixture.covariances, covariance_type, *means.shape)
    variances = np.einsum("kii->ki", matrices)
    squared_ratio = means**2 / variances
    theta = np.sqrt(squared_ratio)
    for _ in range(KOAY_STEPS):
        theta = np.sqrt(np.maximum(correction(theta) * (1 + squared_ratio) - 2, 0))
    theta = np.where(squared_ratio <= np.pi / (4 - np.pi), 0, theta)
    xi = correction(theta)
    squared_signals = np.where(theta > 0, means**2 + (xi - 2) * variances / xi, 0)
    return Rician(
        proportions=mixture.proportions, signals=np.sqrt(np.maximum(squared_signals, 0)), variances=variances / xi
    )


def correction(theta: np.ndarray) -> np.ndarray:
    """ξ(θ): the variance of a Rician variable in units of σ², for ν = θσ [NG5]; from 2 − π/2 to 1."""
    z = theta**2 / 4
    return 2 + theta**2 - np.pi / 8 * ((2 + theta**2) * i0e(z) + theta**2 * i1e(z)) ** 2


def log_density_pullback(
    pixels: np.ndarray, mixture: Rician, cotangent: np.ndarray, covariance_type: str = "diag"
) -> tuple[np.ndarray, np.ndarray]:
    """Gradient at ν and σ² of Σ_kn c_kn log p(x_n) [NG10].

    pixels: (M, N). cotangent: c (K, N). Returns two arrays (K, M).
    """
    signals, variances = mixture.signals[:, :, None], mixture.variances[:, :, None]
    aligned = pixels * (1 - misalignment(pixels, mixture))
    at_signals = (aligned - signals) / variances
    squares = pixels**2 + signals**2 - 2 * signals * aligned
    at_variances = -1 / variances + squares / (2 * variances**2)
    return np.einsum("kn,kmn->km", cotangent, at_signals), np.einsum("kn,kmn->km", cotangent, at_variances)


def estimate_pullback(
    pixels: np.ndarray,
    responsibilities: np.ndarray,
    weights: np.ndarray,
    floor: np.ndarray,
    found: Estimate,
    previous: Rician,
    cotangents: tuple[np.ndarray, np.ndarray],
    covariance_type: str = "diag",
    noise: str = "shared",
) -> np.ndarray:
    """Gradient at the responsibilities r of a function of their estimate; A is a constant [NG10].

    pixels: (M, N). responsibilities: r (K, N). weights: (N,). floor: (M,). found: the `Estimate` for r.
    previous: the parameters before. cotangents: the function's gradients at ν and σ² (K, M).
    Returns (K, N); 0 for degenerate classes.
    """
    d_signals, d_variances = (each[:, :, None] for each in cotangents)
    signals, variances = found.mixture.signals[:, :, None], (found.mixture.variances - floor)[:, :, None]
    aligned = pixels * (1 - misalignment(pixels, previous))
    occupied = ~found.degenerate
    n = np.where(occupied, found.counts, 1)[:, None, None]
    along_signal = d_signals * (aligned - signals) / n
    spread = pixels**2 / 2 - signals * aligned + signals**2 / 2 - variances
    along_variance = spread * SPREAD[noise](d_variances, n, occupied)
    return np.where(occupied[:, None], weights * (along_signal + along_variance).sum(axis=1), 0)

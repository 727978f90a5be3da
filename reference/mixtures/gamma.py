"""Gamma distributions: speckle, such as that of ultrasound and of coherent light [NG6].

Channels are independent within a class.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import gammaln, psi

from ..types import Array
from . import digamma, gaussian
from .records import Estimate, Gamma, Mixture

GREATEST = 1e6  # a [G3]
FAR = -0.5  # x/x̄ − 1 below which log x − log x̄ is exact and log1p is not: far below, x/x̄ − 1 rounds to −1


class GammaSums(NamedTuple):
    """Sums over pixels, with t = x/x̄ − 1 of the previous mean x̄ = a/b [NG6]: they add up over parts of an image.

    counts: Σ w r (K,). first: Σ w r t (K, M). excess: Σ w r (t − log(1 + t)) (K, M).
    """

    counts: Array
    first: Array
    excess: Array


def log_density(pixels: np.ndarray, mixture: Gamma, covariance_type: str = "diag") -> np.ndarray:
    """a log b − log Γ(a) + (a − 1) log x − b x, summed over the channels [NG6].

    pixels: (M, N), positive. Returns (K, N).
    """
    shapes, rates = mixture.shapes, mixture.rates
    constant = (shapes * np.log(rates) - gammaln(shapes)).sum(axis=1)
    return constant[:, None] + (shapes - 1) @ np.log(pixels) - rates @ pixels


def statistics(
    pixels: np.ndarray,
    responsibilities: np.ndarray,
    weights: np.ndarray,
    previous: Gamma,
    covariance_type: str = "diag",
) -> GammaSums:
    """The sums that [NG6] needs, in units of the previous means, as log x̄ and mean log x cancel.

    pixels: (M, N). responsibilities: r (K, N). weights: w (N,). Returns `GammaSums`.
    """
    share = weights * responsibilities
    means = (previous.shapes / previous.rates)[:, :, None]
    relative = (pixels - means) / means
    far = relative < FAR
    logs = np.where(far, np.log(pixels) - np.log(means), np.log1p(np.where(far, FAR, relative)))
    return GammaSums(
        counts=share.sum(axis=1),
        first=np.einsum("kn,kmn->km", share, relative),
        excess=np.einsum("kn,kmn->km", share, relative - logs),
    )


def estimate(
    statistics: GammaSums,
    floor: np.ndarray,
    previous: Gamma,
    covariance_type: str = "diag",
    shapes: str = "each",
) -> Estimate:
    """a = y(log x̄ − mean log x), b = a / x̄ [NG6].

    statistics: of r = γ. shapes: "each" (of every class its own a) or "fixed" (a stays, such as the number of
    looks of a radar). Returns an `Estimate`.
    """
    counts, first, excess = statistics
    empty = gaussian.is_empty(counts)
    n = np.where(empty, 1, counts)[:, None]
    s = np.log1p(first / n) - (first - excess) / n  # log x̄ − mean log x
    a = np.where(empty[:, None], previous.shapes, SHAPES[shapes](s, previous.shapes))
    means = previous.shapes / previous.rates * (1 + np.where(empty[:, None], 0, first / n))
    return Estimate(counts=counts, mixture=previous._replace(shapes=a, rates=a / means), degenerate=empty)


# a (K, M) from s = log x̄ − mean log x, and the a before.
SHAPES = {"each": lambda s, previous: digamma.inverse(s, GREATEST), "fixed": lambda s, previous: previous}


def of_gaussians(mixture: Mixture, covariance_type: str = "diag") -> Gamma:
    """The start: a = mean² / variance and b = mean / variance of the Gaussians [NG6]."""
    matrices = gaussian.covariance_matrices(mixture.covariances, covariance_type, *mixture.means.shape)
    variances = np.einsum("kii->ki", matrices)
    shapes = np.minimum(mixture.means**2 / variances, GREATEST)
    return Gamma(proportions=mixture.proportions, shapes=shapes, rates=shapes / mixture.means)


def log_density_pullback(
    pixels: np.ndarray, mixture: Gamma, cotangent: np.ndarray, covariance_type: str = "diag"
) -> tuple[np.ndarray, np.ndarray]:
    """Gradient at a and b of Σ_kn c_kn log p(x_n) [NG10].

    pixels: (M, N). cotangent: c (K, N). Returns two arrays (K, M).
    """
    total = cotangent.sum(axis=1)[:, None]
    at_shapes = total * (np.log(mixture.rates) - psi(mixture.shapes)) + cotangent @ np.log(pixels).T
    return at_shapes, total * mixture.shapes / mixture.rates - cotangent @ pixels.T


def estimate_pullback(
    pixels: np.ndarray,
    responsibilities: np.ndarray,
    weights: np.ndarray,
    floor: np.ndarray,
    found: Estimate,
    previous: Gamma,
    cotangents: tuple[np.ndarray, np.ndarray],
    covariance_type: str = "diag",
    shapes: str = "each",
) -> np.ndarray:
    """Gradient at the responsibilities r of a function of their estimate, through [NG1]'s slope [NG10].

    pixels: (M, N). responsibilities: r (K, N). weights: (N,). found: the `Estimate` for r. previous: the
    parameters before. cotangents: the function's gradients at a and b (K, M). Returns (K, N); 0 for degenerate
    classes.
    """
    d_shapes, d_rates = cotangents
    a, b = found.mixture.shapes, found.mixture.rates
    n = np.where(found.degenerate, 1, found.counts)[:, None, None]
    means = (a / b)[:, :, None]
    at_mean = weights * (pixels - means) / n  # ∂x̄/∂r
    logs = np.log(pixels)
    mean_log = np.einsum("kn,mn->km", weights * responsibilities, logs)[:, :, None] / n
    at_s = at_mean / means - weights * (logs - mean_log) / n
    at_shape = SLOPES[shapes](a)[:, :, None] * at_s
    at_rate = at_shape / means - a[:, :, None] * at_mean / means**2
    gradient = (d_shapes[:, :, None] * at_shape + d_rates[:, :, None] * at_rate).sum(axis=1)
    return np.where(found.degenerate[:, None], 0, gradient)


# ∂a/∂s from a; the largest a is a constant.
SLOPES = {
    "each": lambda a: np.where(a < GREATEST, 1 / digamma.slope(a), 0),
    "fixed": lambda a: np.zeros_like(a),
}

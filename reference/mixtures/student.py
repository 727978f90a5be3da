"""Student distributions: Gaussians with heavy tails; pixels far from all classes count little [NG2], [NG3].

Given a pixel's precision u, a Student is a Gaussian of covariance Σ/u, and u is gamma-distributed: an EM within
the EM. 1/u of a pixel's class tells how far the pixel lies outside it.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import betaln, gammaln

from ..types import Array
from . import digamma, gaussian
from .covariances import COVARIANCES
from .forms import LEAST_DEGREES
from .records import Estimate, Mixture, Student

START = 10.0  # ν before the first M-step
GREATEST = 1e3  # ν; such a class is a Gaussian


class StudentSums(NamedTuple):
    """Sums over pixels, with d = x − μ and u of the previous parameters [NG3]: they add up over parts of an image.

    counts: Σ w r (K,). weights: Σ w r u (K,). first: Σ w r u d (K, M). second: Σ w r u d dᵀ (K, M, M).
    excess: Σ w r (u − 1 − log u) (K,).
    """

    counts: Array
    weights: Array
    first: Array
    second: Array
    excess: Array


def log_density(pixels: np.ndarray, mixture: Student, covariance_type: str = "diag") -> np.ndarray:
    """Log-density of every pixel under every class [NG2]. pixels: (M, N). Returns (K, N)."""
    m, half = len(pixels), mixture.degrees / 2
    distance, log_det = squared_distances(pixels, mixture, covariance_type)
    ratio = gammaln(m / 2) - betaln(half, m / 2)  # log Γ(half + m/2) − log Γ(half), which cancel for large ν
    constant = ratio - m / 2 * np.log(2 * np.pi * half) - 0.5 * log_det
    return (constant - (half + m / 2) * np.log1p(distance.T / mixture.degrees)).T


def squared_distances(
    pixels: np.ndarray, mixture: Student, covariance_type: str = "diag"
) -> tuple[np.ndarray, np.ndarray]:
    """δ = (x − μ)ᵀ Σ⁻¹ (x − μ) (K, N) and log det Σ (K,); NaN where Σ is not positive definite [NG2]."""
    return gaussian.squared_distances(pixels, mixture.means, mixture.covariances, covariance_type)


def precisions(pixels: np.ndarray, mixture: Student, covariance_type: str = "diag") -> np.ndarray:
    """u = (ν + M) / (ν + δ) (K, N), from 0 to (ν + M) / ν; small far from the class [NG3]."""
    distance, _ = squared_distances(pixels, mixture, covariance_type)
    degrees = mixture.degrees[:, None]
    return (degrees + len(pixels)) / (degrees + distance)


def statistics(
    pixels: np.ndarray,
    responsibilities: np.ndarray,
    weights: np.ndarray,
    previous: Student,
    covariance_type: str = "diag",
) -> StudentSums:
    """The sums that [NG3] needs, with u and d of the previous parameters.

    pixels: (M, N). responsibilities: r (K, N). weights: w (N,). Returns `StudentSums`.
    """
    share, u = weights * responsibilities, precisions(pixels, previous, covariance_type)
    deviation = pixels - previous.means[:, :, None]
    weighted = (share * u)[:, None] * deviation
    return StudentSums(
        counts=share.sum(axis=1),
        weights=(share * u).sum(axis=1),
        first=weighted.sum(axis=2),
        second=np.einsum("kin,kjn->kij", weighted, deviation),
        excess=(share * (u - 1 - np.log(u))).sum(axis=1),
    )


def estimate(
    statistics: StudentSums,
    floor: np.ndarray,
    previous: Student,
    covariance_type: str = "diag",
    degrees: str = "each",
) -> Estimate:
    """μ = Σwγux / Σwγu, Σ = Σwγu ddᵀ / Σwγ + floor, and ν = 2 y(s) [NG3].

    statistics: of r = γ. floor: (M,). previous: what the sums are about. degrees: "each" (a ν of each class),
    "shared" (one ν for all) or "fixed" (ν stays). Returns an `Estimate`.
    """
    counts, total, first, second, excess = statistics
    empty = gaussian.is_empty(counts)
    n, of_u = np.where(empty, 1, counts), np.where(empty, 1, total)
    shift = np.where(empty[:, None], 0, first / of_u[:, None])
    scatter = (second - of_u[:, None, None] * np.einsum("ki,kj->kij", shift, shift)) / n[:, None, None]
    s = excess / n + digamma.log_minus_digamma((previous.degrees + len(floor)) / 2)
    found = previous._replace(
        means=previous.means + shift,
        covariances=gaussian.floored(scatter, counts, floor, previous.covariances, covariance_type),
        degrees=np.where(empty, previous.degrees, DEGREES[degrees](s, counts, previous.degrees)),
    )
    return Estimate(counts=counts, mixture=found, degenerate=empty)


def _of_each(s: np.ndarray, counts: np.ndarray, previous: np.ndarray) -> np.ndarray:
    return np.maximum(2 * digamma.inverse(s, GREATEST / 2), LEAST_DEGREES)


def _of_all(s: np.ndarray, counts: np.ndarray, previous: np.ndarray) -> np.ndarray:
    return np.broadcast_to(_of_each(counts @ s / counts.sum(), counts, previous), s.shape)


# ν from s and the counts n of the classes, and the ν before.
DEGREES = {"each": _of_each, "shared": _of_all, "fixed": lambda s, counts, previous: previous}


def of_gaussians(mixture: Mixture, covariance_type: str = "diag") -> Student:
    """The start: the Gaussians' means and covariances, and ν = 10 [NG3]."""
    return Student(**mixture._asdict(), degrees=np.full(len(mixture.means), START))


def log_density_pullback(
    pixels: np.ndarray, mixture: Student, cotangent: np.ndarray, covariance_type: str = "diag"
) -> tuple[np.ndarray, np.ndarray]:
    """Gradient at μ and Σ of Σ_kn c_kn log t(x_n); ν is a constant [NG10].

    pixels: (M, N). cotangent: c (K, N). Returns arrays shaped like `mixture.means` and `mixture.covariances`.
    """
    u = precisions(pixels, mixture, covariance_type)
    d_means = np.empty_like(mixture.means)
    d_matrices = np.empty((*mixture.means.shape, len(pixels)))
    matrices = gaussian.covariance_matrices(mixture.covariances, covariance_type, *mixture.means.shape)
    for k, inverse in enumerate(np.linalg.inv(matrices)):
        scaled = inverse @ (pixels - mixture.means[k][:, None])  # Σ⁻¹ d
        d_means[k] = scaled @ (cotangent[k] * u[k])
        d_matrices[k] = -0.5 * (cotangent[k].sum() * inverse - (cotangent[k] * u[k] * scaled) @ scaled.T)
    return d_means, COVARIANCES[covariance_type].pullback(d_matrices)


def estimate_pullback(
    pixels: np.ndarray,
    responsibilities: np.ndarray,
    weights: np.ndarray,
    floor: np.ndarray,
    found: Estimate,
    previous: Student,
    cotangents: tuple[np.ndarray, np.ndarray],
    covariance_type: str = "diag",
) -> np.ndarray:
    """Gradient at the responsibilities r of a function of their estimate; u and ν are constants [NG10].

    pixels: (M, N). responsibilities: r (K, N). weights: (N,). floor: (M,). found: the `Estimate` for r. previous:
    the parameters before. cotangents: the function's gradients at μ and Σ. Returns (K, N), 0 for degenerate
    classes.
    """
    d_means, d_covariances = cotangents
    kind, shape = COVARIANCES[covariance_type], previous.means.shape
    precision = precisions(pixels, previous, covariance_type)
    result = np.zeros_like(responsibilities)
    matrices = kind.without_floor(found.mixture.covariances, floor, *shape)
    d_matrices = kind.spread(d_covariances, *shape)
    for k in np.flatnonzero(~found.degenerate):
        u, deviation = precision[k], pixels - found.mixture.means[k][:, None]
        total = found.counts[~found.degenerate].sum() if kind.pools else found.counts[k]
        along_mean = u * (d_means[k] @ deviation) / (weights @ (responsibilities[k] * u))
        quadratic = u * np.einsum("in,ij,jn->n", deviation, d_matrices[k], deviation)
        along_covariance = (quadratic - (d_matrices[k] * matrices[k]).sum()) / total
        result[k] = weights * (along_mean + along_covariance)
    return result

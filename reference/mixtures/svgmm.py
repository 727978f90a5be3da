"""Algorithm 2: EM for the spatially variant Gaussian mixture [SV]."""

import numpy as np

from ..checks import plain
from . import em, gaussian, gmm
from .checks import check_pixels, check_start
from .records import Fit, Mixture, Moments


def e_step(pixels: np.ndarray, mixture: Mixture, covariance_type: str = "diag") -> tuple[np.ndarray, np.ndarray]:
    """γ_k(x) = Π_k(x) N(I(x)|μ_k,Σ_k) / Σ_j Π_j(x) N(I(x)|μ_j,Σ_j) [SV2].

    pixels: (M, N). mixture.proportions: Π (K, N).
    Returns γ (K, N) and the log-likelihood of each pixel (N,).
    """
    log_densities = gaussian.log_density(pixels, mixture.means, mixture.covariances, covariance_type)
    return gaussian.posterior(gaussian.safe_log(mixture.proportions), log_densities)


def m_step(
    pixels: np.ndarray,
    responsibilities: np.ndarray,
    weights: np.ndarray,
    floor: np.ndarray,
    previous: Mixture,
    covariance_type: str = "diag",
) -> tuple[Mixture, Moments]:
    """Π_k(x) = γ_k(x), μ and Σ by [G2] with r = γ [SV3]. Arguments and results as for `mixtures.gmm.m_step`."""
    found = gaussian.moments(pixels, responsibilities, weights, floor, previous, covariance_type)
    return Mixture(proportions=responsibilities, means=found.means, covariances=found.covariances), found


def nll(pixels: np.ndarray, mixture: Mixture, weights: np.ndarray, covariance_type: str = "diag") -> float:
    """NLL_V = −(1/Σw) Σ_x w(x) log Σ_k Π_k(x) N(I(x)|μ_k,Σ_k) [SV1]. pixels: (M, N); weights: (N,)."""
    _, log_likelihood = e_step(pixels, mixture, covariance_type)
    return em.mean_nll(log_likelihood, weights)


def fit(
    pixels: np.ndarray,
    start: Mixture,
    weights: np.ndarray | None = None,
    *,
    covariance_type: str = "diag",
    tol: float = 1e-3,
    max_iter: int = 100,
    floor: np.ndarray | None = None,
) -> Fit:
    """Fit a spatially variant mixture by EM (Algorithm 2).

    start: a mixture whose proportions are Π (K, N); `begin` makes one from a fitted GMM (the
    default of Algorithm 2) or from an unfitted one. The other arguments are those of `mixtures.gmm.fit`.
    Returns a `Fit` with Π in `mixture.proportions`; its labels are argmax Π [SV3].
    Raises ValueError for shapes that do not match, non-finite pixels or too few of them.
    """
    pixels, weights = check_pixels(plain(pixels, float), weights, len(start.means))
    check_start(start, pixels, covariance_type, per_pixel=True)
    floor = gaussian.variance_floor(pixels, weights) if floor is None else floor
    known = np.isfinite(start.proportions) | (weights > 0)  # outside Ω nothing matters
    start = start._replace(proportions=np.where(known, start.proportions, 1 / len(start.means)))
    return solve(pixels, start, weights, floor, covariance_type=covariance_type, tol=tol, max_iter=max_iter)


def solve(
    pixels: np.ndarray,
    start: Mixture,
    weights: np.ndarray,
    floor: np.ndarray,
    *,
    covariance_type: str,
    tol: float,
    max_iter: int,
) -> Fit:
    """`fit` of input that has been checked."""

    def step(mixture: Mixture) -> tuple[float, Mixture, np.ndarray]:
        responsibilities, log_likelihood = e_step(pixels, mixture, covariance_type)
        following, found = m_step(pixels, responsibilities, weights, floor, mixture, covariance_type)
        return em.mean_nll(log_likelihood, weights), following, found.degenerate

    ended = em.run(step, start, tol, max_iter)
    responsibilities, _ = e_step(pixels, ended.mixture, covariance_type)
    labels = ended.mixture.proportions.argmax(axis=0)
    return Fit(**ended._asdict(), responsibilities=responsibilities, labels=labels)


def begin(pixels: np.ndarray, mixture: Mixture, covariance_type: str = "diag") -> Mixture:
    """Start of Algorithm 2: the posteriors, μ and Σ of a GMM.

    pixels: (M, N). mixture: of a fitted GMM, or straight from `initialization` (the published start), with π (K,).
    Returns a `Mixture` with Π (K, N).
    """
    responsibilities, _ = gmm.e_step(pixels, mixture, covariance_type)
    return Mixture(proportions=responsibilities, means=mixture.means, covariances=mixture.covariances)

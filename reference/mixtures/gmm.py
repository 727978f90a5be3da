"""Algorithm 1: EM for the Gaussian mixture [EM]."""

import numpy as np

from ..checks import plain
from . import em, families, gaussian
from .checks import check_pixels, check_start, check_support
from .families import FAMILIES, Found
from .forms import n_components
from .records import AnyMixture, Fit


def e_step(
    pixels: np.ndarray, mixture: AnyMixture, covariance_type: str = "diag", family: str = "gaussian"
) -> tuple[np.ndarray, np.ndarray]:
    """γ_k(x) = π_k N(x|μ_k,Σ_k) / Σ_j π_j N(x|μ_j,Σ_j) [EM1].

    pixels: (M, N). mixture: with π (K,). Returns γ (K, N) and the log-likelihood of each pixel (N,).
    """
    log_densities = FAMILIES[family].log_density(pixels, mixture, covariance_type)
    return gaussian.posterior(gaussian.safe_log(mixture.proportions)[:, None], log_densities)


def m_step(
    pixels: np.ndarray,
    responsibilities: np.ndarray,
    weights: np.ndarray,
    floor: np.ndarray,
    previous: AnyMixture,
    covariance_type: str = "diag",
    family: str = "gaussian",
) -> tuple[AnyMixture, Found]:
    """π_k = n_k / Σw, μ and Σ by [G2] with r = γ [EM3]; a degenerate class gets π_k = 0 [G3].

    pixels: (M, N). responsibilities: (K, N). weights: (N,). floor: (M,).
    previous: the mixture whose moments an empty class keeps. Returns the new mixture and its `Moments`.
    """
    estimate = FAMILIES[family].estimate
    following, found = estimate(pixels, responsibilities, weights, floor, previous, covariance_type)
    proportions = np.where(found.degenerate, 0, found.counts / weights.sum())
    return following._replace(proportions=proportions), found


def nll(
    pixels: np.ndarray,
    mixture: AnyMixture,
    weights: np.ndarray,
    covariance_type: str = "diag",
    family: str = "gaussian",
) -> float:
    """NLL = −(1/Σw) Σ_n w_n log Σ_k π_k N(x_n|μ_k,Σ_k) [EM2]. pixels: (M, N); weights: (N,)."""
    _, log_likelihood = e_step(pixels, mixture, covariance_type, family)
    return em.mean_nll(log_likelihood, weights)


def fit(
    pixels: np.ndarray,
    start: AnyMixture,
    weights: np.ndarray | None = None,
    *,
    covariance_type: str = "diag",
    family: str = "gaussian",
    tol: float = 1e-3,
    max_iter: int = 100,
    floor: np.ndarray | None = None,
) -> Fit:
    """Fit a Gaussian mixture by EM (Algorithm 1).

    pixels: (M, N), any unit. start: from `initialization`. weights: (N,), 1 if not given.
    covariance_type: "diag", "spherical", "tied" or "full". tol: EM ends when the NLL falls by less.
    max_iter: the largest number of M-steps. floor: (M,), added to the variances; [G3] if not given.
    Returns a `Fit`; its labels are argmax γ [EM4].
    Raises ValueError for shapes that do not match, non-finite pixels or too few of them.
    """
    pixels, weights = check_pixels(plain(pixels, float), weights, n_components(start))
    check_start(start, pixels, covariance_type, family)
    pixels = check_support(pixels, weights, family)
    floor = families.floor(pixels, weights, family) if floor is None else floor
    return solve(
        pixels,
        start,
        weights,
        floor,
        covariance_type=covariance_type,
        family=family,
        tol=tol,
        max_iter=max_iter,
    )


def solve(
    pixels: np.ndarray,
    start: AnyMixture,
    weights: np.ndarray,
    floor: np.ndarray,
    *,
    covariance_type: str,
    family: str,
    tol: float,
    max_iter: int,
) -> Fit:
    """`fit` of input that has been checked."""

    def step(mixture: AnyMixture) -> tuple[float, AnyMixture, np.ndarray]:
        responsibilities, log_likelihood = e_step(pixels, mixture, covariance_type, family)
        following, found = m_step(pixels, responsibilities, weights, floor, mixture, covariance_type, family)
        return em.mean_nll(log_likelihood, weights), following, found.degenerate

    ended = em.run(step, start, tol, max_iter)
    responsibilities, _ = e_step(pixels, ended.mixture, covariance_type, family)
    return Fit(
        **ended._asdict(), responsibilities=responsibilities, labels=responsibilities.argmax(axis=0)
    )  # [EM4]

"""Algorithm 2: EM for the spatially variant Gaussian mixture [SV]."""

import numpy as np

from ..checks import plain
from . import em, families, gaussian, gmm
from .checks import check_pixels, check_start, check_support
from .families import FAMILIES, Found
from .forms import n_components
from .records import AnyMixture, Fit


def e_step(
    pixels: np.ndarray, mixture: AnyMixture, covariance_type: str = "diag", family: str = "gaussian"
) -> tuple[np.ndarray, np.ndarray]:
    """γ_k(x) = Π_k(x) N(I(x)|μ_k,Σ_k) / Σ_j Π_j(x) N(I(x)|μ_j,Σ_j) [SV2].

    pixels: (M, N). mixture.proportions: Π (K, N).
    Returns γ (K, N) and the log-likelihood of each pixel (N,).
    """
    log_densities = FAMILIES[family].log_density(pixels, mixture, covariance_type)
    return gaussian.posterior(gaussian.safe_log(mixture.proportions), log_densities)


def m_step(
    pixels: np.ndarray,
    responsibilities: np.ndarray,
    weights: np.ndarray,
    floor: np.ndarray,
    previous: AnyMixture,
    covariance_type: str = "diag",
    family: str = "gaussian",
) -> tuple[AnyMixture, Found]:
    """Π_k(x) = γ_k(x), μ and Σ by [G2] with r = γ [SV3]. Arguments and results as for `mixtures.gmm.m_step`."""
    estimate = FAMILIES[family].estimate
    following, found = estimate(pixels, responsibilities, weights, floor, previous, covariance_type)
    return following._replace(proportions=responsibilities), found


def nll(
    pixels: np.ndarray,
    mixture: AnyMixture,
    weights: np.ndarray,
    covariance_type: str = "diag",
    family: str = "gaussian",
) -> float:
    """NLL_V = −(1/Σw) Σ_x w(x) log Σ_k Π_k(x) N(I(x)|μ_k,Σ_k) [SV1]. pixels: (M, N); weights: (N,)."""
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
    """Fit a spatially variant mixture by EM (Algorithm 2).

    start: a mixture whose proportions are Π (K, N); `begin` makes one from a fitted GMM (the
    default of Algorithm 2) or from an unfitted one. The other arguments are those of `mixtures.gmm.fit`.
    Returns a `Fit` with Π in `mixture.proportions`; its labels are argmax Π [SV3].
    Raises ValueError for shapes that do not match, non-finite pixels or too few of them.
    """
    pixels, weights = check_pixels(plain(pixels, float), weights, n_components(start))
    check_start(start, pixels, covariance_type, family, per_pixel=True)
    pixels = check_support(pixels, weights, family)
    floor = families.floor(pixels, weights, family) if floor is None else floor
    known = np.isfinite(start.proportions) | (weights > 0)  # outside Ω nothing matters
    start = start._replace(proportions=np.where(known, start.proportions, 1 / n_components(start)))
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
    labels = ended.mixture.proportions.argmax(axis=0)
    return Fit(**ended._asdict(), responsibilities=responsibilities, labels=labels)


def begin(
    pixels: np.ndarray, mixture: AnyMixture, covariance_type: str = "diag", family: str = "gaussian"
) -> AnyMixture:
    """Start of Algorithm 2: the posteriors, μ and Σ of a GMM.

    pixels: (M, N). mixture: of a fitted GMM, or straight from `initialization` (the published start), with π (K,).
    Returns a `Mixture` with Π (K, N).
    """
    responsibilities, _ = gmm.e_step(pixels, mixture, covariance_type, family)
    return mixture._replace(proportions=responsibilities)

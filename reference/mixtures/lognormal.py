"""Log-normal distributions: Gaussians of the logarithms of the channels [NG7]."""

import numpy as np

from . import gaussian
from .covariances import COVARIANCES
from .records import Estimate, LogNormal, Mixture, Moments


def log_density(pixels: np.ndarray, mixture: LogNormal, covariance_type: str = "diag") -> np.ndarray:
    """log N(log x | μ, Σ) − Σ_m log x_m [NG7]. pixels: (M, N) > 0. Returns (K, N)."""
    logs = np.log(pixels)
    return gaussian.log_density(logs, mixture.means, mixture.covariances, covariance_type) - logs.sum(axis=0)


def estimate(
    pixels: np.ndarray,
    responsibilities: np.ndarray,
    weights: np.ndarray,
    floor: np.ndarray,
    previous: LogNormal,
    covariance_type: str = "diag",
) -> Estimate:
    """μ and Σ by [G2] of log x [NG7]. Arguments as for `mixtures.gaussian.moments`. Returns an `Estimate`."""
    found = gaussian.moments(np.log(pixels), responsibilities, weights, floor, previous, covariance_type)
    mixture = previous._replace(means=found.means, covariances=found.covariances)
    return Estimate(counts=found.counts, mixture=mixture, degenerate=found.degenerate)


def of_gaussians(mixture: Mixture, covariance_type: str = "diag") -> LogNormal:
    """The start: μ, Σ that give the Gaussians' means and variances, channels uncorrelated [NG7].

    Σ_mm = log(1 + variance / mean²), μ = log mean − Σ_mm / 2.
    """
    shape, kind = mixture.means.shape, COVARIANCES[covariance_type]
    variances = np.einsum("kii->ki", kind.matrices(mixture.covariances, *shape))
    spread = np.log1p(variances / mixture.means**2)
    matrices = spread[:, :, None] * np.eye(shape[1])
    return LogNormal(
        proportions=mixture.proportions,
        means=np.log(mixture.means) - spread / 2,
        covariances=kind.estimate(matrices, np.ones(shape[0]), np.zeros(shape[1])),
    )


def log_density_pullback(
    pixels: np.ndarray, mixture: LogNormal, cotangent: np.ndarray, covariance_type: str = "diag"
) -> tuple[np.ndarray, np.ndarray]:
    """Gradient at μ and Σ of Σ_kn c_kn log p(x_n): that of the Gaussian at log x [NG10]."""
    gaussians = Mixture(**mixture._asdict())
    return gaussian.log_density_pullback(np.log(pixels), gaussians, cotangent, covariance_type)


def estimate_pullback(
    pixels: np.ndarray,
    responsibilities: np.ndarray,
    weights: np.ndarray,
    floor: np.ndarray,
    found: Estimate,
    previous: LogNormal,
    cotangents: tuple[np.ndarray, np.ndarray],
    covariance_type: str = "diag",
) -> np.ndarray:
    """Gradient at the responsibilities r of a function of their estimate: that of the Gaussian at log x [NG10]."""
    moments = Moments(
        counts=found.counts,
        means=found.mixture.means,
        covariances=found.mixture.covariances,
        degenerate=found.degenerate,
    )
    return gaussian.moments_pullback(np.log(pixels), weights, floor, moments, *cotangents, covariance_type)

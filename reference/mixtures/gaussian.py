"""Gaussian densities and weighted moments [G], with their gradients [DG5], by covariance type.

Everywhere covariance_type is one of `covariances.COVARIANCE_TYPES`.
"""

import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import logsumexp

from .covariances import COVARIANCES
from .records import AnyMixture, Mixture, Moments


def log_density(
    pixels: np.ndarray, means: np.ndarray, covariances: np.ndarray, covariance_type: str = "diag"
) -> np.ndarray:
    """Log-density of every pixel under every Gaussian [G1].

    pixels: (M, N). means: (K, M). covariances: by covariance type (see `Mixture`).
    Returns (K, N); NaN for a class whose covariance is not positive definite.
    """
    distances, log_dets = squared_distances(pixels, means, covariances, covariance_type)
    n_channels = len(pixels)
    return -0.5 * (n_channels * np.log(2 * np.pi) + log_dets[:, None] + distances)


def squared_distances(
    pixels: np.ndarray, means: np.ndarray, covariances: np.ndarray, covariance_type: str
) -> tuple[np.ndarray, np.ndarray]:
    """(x − μ)ᵀ Σ⁻¹ (x − μ) (K, N) and log det Σ (K,); NaN where Σ is not positive definite [G1]."""
    distances, log_dets = np.empty((len(means), pixels.shape[1])), np.empty(len(means))
    matrices = covariance_matrices(covariances, covariance_type, *means.shape)
    for k, (mean, factor) in enumerate(zip(means, map(_cholesky, matrices), strict=True)):
        whitened = solve_triangular(factor, pixels - mean[:, None], lower=True, check_finite=False)
        distances[k], log_dets[k] = (whitened**2).sum(axis=0), 2 * np.log(np.diag(factor)).sum()
    return distances, log_dets


def posterior(log_proportions: np.ndarray, log_densities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bayes' rule in logarithms, with log-sum-exp over the classes [EM1], [SV2].

    log_proportions: (K, 1) or (K, N). log_densities: (K, N).
    Returns γ (K, N) and each pixel's log-likelihood (N,).
    """
    log_joint = log_proportions + log_densities
    log_likelihood = logsumexp(log_joint, axis=0)
    return np.exp(log_joint - log_likelihood), log_likelihood


def safe_log(proportions: np.ndarray) -> np.ndarray:
    """Logarithm of proportions of any shape; −∞ at 0, without a warning, because a class may be empty."""
    with np.errstate(divide="ignore"):
        return np.log(proportions)


def moments(
    pixels: np.ndarray,
    responsibilities: np.ndarray,
    weights: np.ndarray,
    floor: np.ndarray,
    previous: AnyMixture,
    covariance_type: str = "diag",
) -> Moments:
    """Counts, means and covariances of the classes, in two passes [G2].

    pixels: (M, N). responsibilities: r (K, N). weights: w (N,). floor: (M,) [G3].
    previous: the mixture whose moments a class keeps when it is empty [G3]. Returns `Moments`.
    """
    n_classes, n_channels = len(responsibilities), len(pixels)
    counts = responsibilities @ weights
    degenerate = is_empty(counts)
    means = np.array(previous.means, dtype=float)
    scatter = np.zeros((n_classes, n_channels, n_channels))
    for k in np.flatnonzero(~degenerate):
        share = weights * responsibilities[k] / counts[k]
        means[k] = pixels @ share
        deviation = pixels - means[k][:, None]
        scatter[k] = (share * deviation) @ deviation.T
    covariances = floored(scatter, counts, floor, previous.covariances, covariance_type)
    return Moments(counts=counts, means=means, covariances=covariances, degenerate=degenerate)


def floored(
    scatter: np.ndarray, counts: np.ndarray, floor: np.ndarray, previous: np.ndarray, covariance_type: str
) -> np.ndarray:
    """Σ by covariance type from the scatter (K, M, M) about the class means [G2]; empty classes keep theirs [G3].

    counts: n_k (K,). floor: (M,). previous: Σ before, in the form of its type.
    """
    empty, kind = is_empty(counts), COVARIANCES[covariance_type]
    found = kind.estimate(scatter, np.where(empty, 0, counts), floor)
    return found if kind.pools else np.where(empty.reshape(-1, *[1] * (found.ndim - 1)), previous, found)


def is_empty(counts: np.ndarray) -> np.ndarray:
    """Which classes are too empty to have moments [G3], from the counts (K,)."""
    return counts < 10 * np.finfo(float).tiny


def blend(previous: Mixture, found: Mixture, rate: float, covariance_type: str = "diag") -> Mixture:
    """The mixture whose moments are 1 − ρ times those of one mixture plus ρ times those of another [VE3].

    F never rises if `found` minimises it over π, μ and Σ (stepwise EM: Cappé, Moulines 2009).
    previous, found: with π (K,). rate: ρ, from 0 (the result is `previous`) to 1 (it is `found`).
    """
    old, new = (1 - rate) * previous.proportions, rate * found.proportions
    proportions = old + new
    share = np.where(proportions > 0, new / np.where(proportions > 0, proportions, 1), 0)
    shift = found.means - previous.means
    means = previous.means + share[:, None] * shift
    between = np.einsum("k,ki,kj->kij", share * (1 - share), shift, shift)
    blended = COVARIANCES[covariance_type].blend(
        previous.covariances, found.covariances, rate, share, proportions, between
    )
    return Mixture(proportions=proportions, means=means, covariances=blended)


def global_mixture(
    pixels: np.ndarray, weights: np.ndarray, floor: np.ndarray, n_components: int, covariance_type: str = "diag"
) -> Mixture:
    """K equal Gaussians with the moments of all pixels, which empty classes get in the first M-step [G3].

    pixels: (M, N). weights: (N,). floor: (M,). Returns a `Mixture` with π (K,).
    """
    everything = np.ones((n_components, pixels.shape[1]))
    nothing = Mixture(
        proportions=np.zeros(0), means=np.zeros((n_components, len(pixels))), covariances=np.zeros(1)
    )
    found = moments(pixels, everything, weights, floor, nothing, covariance_type)
    return Mixture(
        proportions=np.full(n_components, 1 / n_components), means=found.means, covariances=found.covariances
    )


def variance_floor(pixels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """10⁻⁶ of each channel's weighted variance; 10⁻¹² for a constant channel [G3].

    pixels: (M, N). weights: (N,). Returns (M,), in the squared unit of the channels.
    """
    inside = pixels[:, weights > 0]
    constant = inside.min(axis=1) == inside.max(axis=1)
    mean = pixels @ weights / weights.sum()
    variance = (pixels - mean[:, None]) ** 2 @ weights / weights.sum()
    return np.where(constant, 1e-12, 1e-6 * variance)


def covariance_matrices(
    covariances: np.ndarray, covariance_type: str, n_components: int, n_channels: int
) -> np.ndarray:
    """The K covariance matrices (K, M, M) of covariances in the form of their type (see `Mixture`)."""
    return COVARIANCES[covariance_type].matrices(covariances, n_components, n_channels)


def log_density_pullback(
    pixels: np.ndarray, mixture: Mixture, cotangent: np.ndarray, covariance_type: str = "diag"
) -> tuple[np.ndarray, np.ndarray]:
    """Gradient at μ and Σ of Σ_kn c_kn log N(x_n|μ_k,Σ_k); [DG5] with c = −w γ / N.

    pixels: (M, N). cotangent: c (K, N). Returns arrays shaped like `mixture.means` and `mixture.covariances`.
    """
    d_means = np.empty_like(mixture.means)
    d_matrices = np.empty((*mixture.means.shape, len(pixels)))
    matrices = covariance_matrices(mixture.covariances, covariance_type, *mixture.means.shape)
    for k, inverse in enumerate(np.linalg.inv(matrices)):
        scaled = inverse @ (pixels - mixture.means[k][:, None])  # Σ⁻¹ d
        d_means[k] = scaled @ cotangent[k]
        d_matrices[k] = -0.5 * (cotangent[k].sum() * inverse - (cotangent[k] * scaled) @ scaled.T)
    return d_means, COVARIANCES[covariance_type].pullback(d_matrices)


def moments_pullback(
    pixels: np.ndarray,
    weights: np.ndarray,
    floor: np.ndarray,
    found: Moments,
    d_means: np.ndarray,
    d_covariances: np.ndarray,
    covariance_type: str = "diag",
) -> np.ndarray:
    """Gradient at the responsibilities r of a function of their moments [G2], [DG5].

    pixels: (M, N). weights: (N,). floor: (M,). found: what `moments` returned for r. d_means, d_covariances: the
    function's gradient at the means and covariances. Returns (K, N); 0 for degenerate classes, whose moments do
    not depend on r.
    """
    shape, kind = found.means.shape, COVARIANCES[covariance_type]
    result = np.zeros((shape[0], pixels.shape[1]))
    matrices = kind.without_floor(found.covariances, floor, *shape)
    d_matrices = kind.spread(d_covariances, *shape)
    for k in np.flatnonzero(~found.degenerate):
        total = found.counts[~found.degenerate].sum() if kind.pools else found.counts[k]
        deviation = pixels - found.means[k][:, None]
        along_mean = d_means[k] @ deviation / found.counts[k]
        quadratic = np.einsum("in,ij,jn->n", deviation, d_matrices[k], deviation)
        along_covariance = (quadratic - (d_matrices[k] * matrices[k]).sum()) / total
        result[k] = weights * (along_mean + along_covariance)
    return result


def _cholesky(matrix: np.ndarray) -> np.ndarray:
    """The lower factor of a matrix (M, M); NaN if it is not positive definite."""
    try:
        return np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return np.full_like(matrix, np.nan)

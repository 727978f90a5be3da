"""Starts for the mixtures, drawn or given.

Both backends start from what these functions return. The distances that assign pixels to centres are measured in
units of each channel's standard deviation, so that rescaling a channel changes nothing. Everywhere n_components is
K, and covariance_type one of `covariances.COVARIANCE_TYPES`.
"""

import numpy as np

from ..checks import plain
from ..uniforms import given_or_drawn
from . import fcm, gaussian
from .checks import check_covariance_type, check_labels, check_means, check_pixels, check_rounds
from .records import Mixture


def random_responsibilities(
    pixels: np.ndarray,
    n_components: int,
    weights: np.ndarray | None = None,
    *,
    seed: int = 0,
    uniforms: np.ndarray | None = None,
    covariance_type: str = "diag",
) -> Mixture:
    """Moments of responsibilities drawn uniformly and normalised.

    pixels: (M, N). weights: (N,), 1 if not given. uniforms: (K, N) in [0, 1), else drawn from `seed`.
    Returns a `Mixture` with π (K,). Raises ValueError as the fits do.
    """
    pixels, weights = check_pixels(plain(pixels, float), weights, n_components)
    drawn = random_memberships(n_components, pixels.shape[1], seed=seed, uniforms=uniforms)
    return from_responsibilities(pixels, drawn, weights, covariance_type)


def random_memberships(
    n_components: int, n_pixels: int, *, seed: int = 0, uniforms: np.ndarray | None = None
) -> np.ndarray:
    """Memberships drawn uniformly and normalised: a start of fuzzy C-means [FC2].

    uniforms: (K, N) in [0, 1), else drawn from `seed`. Returns (K, N), whose sum over the classes is 1.
    Raises ValueError for uniforms of another shape.
    """
    drawn = given_or_drawn(uniforms, seed, (n_components, n_pixels)) + 1e-12
    return drawn / drawn.sum(axis=0)


def kmeans(
    pixels: np.ndarray,
    n_components: int,
    weights: np.ndarray | None = None,
    *,
    seed: int = 0,
    uniforms: np.ndarray | None = None,
    covariance_type: str = "diag",
    max_iter: int = 100,
) -> Mixture:
    """Moments of the clusters of K-means, seeded by greedy k-means++ (Arthur, Vassilvitskii 2007).

    pixels: (M, N). weights: (N,), 1 if not given.
    uniforms: (K, 2 + ⌊ln K⌋) in [0, 1), a row per centre and a column per candidate; else drawn from `seed`.
    max_iter: the largest number of rounds of assigning and averaging. Returns a `Mixture` with π (K,).
    Raises ValueError as the fits do, and for max_iter < 1.
    """
    pixels, weights = check_pixels(plain(pixels, float), weights, n_components)
    check_rounds(max_iter)
    scaled, _ = _in_deviations(pixels, weights, pixels[:, :0])
    candidates = 2 + int(np.log(n_components))
    centres = _spread_centres(scaled, weights, given_or_drawn(uniforms, seed, (n_components, candidates)))
    labels = np.full(pixels.shape[1], -1)
    for _ in range(max_iter):
        previous, labels = labels, fcm.squared_distances(scaled, centres.T).argmin(axis=0)
        if (labels == previous).all():
            break
        for k in range(n_components):
            share = weights * (labels == k)
            if share.sum() > 0:
                centres[:, k] = scaled @ share / share.sum()
    return _of_labels(pixels, labels, n_components, weights, covariance_type)


def from_labels(
    pixels: np.ndarray,
    labels: np.ndarray,
    n_components: int,
    weights: np.ndarray | None = None,
    *,
    covariance_type: str = "diag",
) -> Mixture:
    """Moments of labelled pixels.

    pixels: (M, N). labels: (N,) int, 0 … K−1. weights: (N,), 1 if not given.
    Returns a `Mixture` with π (K,). Raises ValueError for labels outside 0 … K−1 where weights are positive.
    """
    pixels, weights = check_pixels(plain(pixels, float), weights, n_components)
    labels = check_labels(labels, weights, n_components)
    return _of_labels(pixels, labels, n_components, weights, covariance_type)


def from_means(
    pixels: np.ndarray,
    means: np.ndarray,
    weights: np.ndarray | None = None,
    *,
    covariance_type: str = "diag",
) -> Mixture:
    """Given means (GMM_μ, SVGMM_μ), with the proportions and covariances of the pixels nearest to each mean.

    pixels: (M, N). means: μ_data (K, M), in the same unit. weights: (N,), 1 if not given.
    Returns a `Mixture` with π (K,). Raises ValueError as the fits do.
    """
    means = check_means(plain(means, float), len(pixels))
    pixels, weights = check_pixels(plain(pixels, float), weights, len(means))
    scaled, centres = _in_deviations(pixels, weights, means.T)
    labels = fcm.squared_distances(scaled, centres.T).argmin(axis=0)
    return _of_labels(pixels, labels, len(means), weights, covariance_type)._replace(means=means)


def from_responsibilities(
    pixels: np.ndarray, responsibilities: np.ndarray, weights: np.ndarray, covariance_type: str = "diag"
) -> Mixture:
    """The M-step [EM3] that turns responsibilities into a start; empty classes get the global moments.

    pixels: (M, N). responsibilities: (K, N). weights: (N,). Returns a `Mixture` with π (K,).
    Raises ValueError for an unknown covariance type.
    """
    check_covariance_type(covariance_type)
    floor = gaussian.variance_floor(pixels, weights)
    fallback = gaussian.global_mixture(pixels, weights, floor, len(responsibilities), covariance_type)
    found = gaussian.moments(pixels, responsibilities, weights, floor, fallback, covariance_type)
    return Mixture(proportions=found.counts / weights.sum(), means=found.means, covariances=found.covariances)


def _of_labels(
    pixels: np.ndarray, labels: np.ndarray, n_components: int, weights: np.ndarray, covariance_type: str
) -> Mixture:
    one_hot = np.equal.outer(np.arange(n_components), labels).astype(float)
    return from_responsibilities(pixels, one_hot, weights, covariance_type)


def _in_deviations(pixels: np.ndarray, weights: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (M, N) and other points (M, K) in standard deviations of the pixels; a constant channel becomes 0."""
    constant = (np.ptp(pixels[:, weights > 0], axis=1) == 0)[:, None]
    mean = (pixels @ weights / weights.sum())[:, None]
    variance = ((pixels - mean) ** 2 @ weights / weights.sum())[:, None]
    deviation = np.sqrt(np.where(constant, 1, variance))
    scaled, scaled_others = (np.where(constant, 0, points - mean) / deviation for points in (pixels, others))
    return scaled, scaled_others


def _spread_centres(points: np.ndarray, weights: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
    """Greedy k-means++: candidates are drawn with a chance ∝ their squared distance to the nearest centre so far.

    The candidate that leaves the smallest sum of these distances becomes a centre. Returns (M, K).
    """
    chosen: list[int] = []
    nearest = np.full(points.shape[1], np.inf)
    chance = weights
    for row in uniforms:
        ladder = np.cumsum(chance)
        drawn = np.searchsorted(ladder, row * ladder[-1], side="right")
        drawn = np.minimum(drawn, np.flatnonzero(chance)[-1])  # the product may round up
        left = np.minimum(nearest, fcm.squared_distances(points, points[:, drawn].T))
        best = (left @ weights).argmin()
        chosen.append(int(drawn[best]))
        nearest = left[best]
        chance = weights * nearest
        chance = chance if chance.sum() > 0 else weights  # fewer distinct points than classes
    return points[:, chosen]

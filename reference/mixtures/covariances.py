"""Covariance types: the form of Σ, and how it is estimated, blended and differentiated [G2], [VE3], [DG5].

diag (K, M): a variance for each class and channel. spherical (K,): a variance for each class. tied (M, M): one
matrix for all classes. full (K, M, M): a matrix for each class.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class CovarianceType(NamedTuple):
    """The functions of one type; S stands for matrices (K, M, M), one for each class.

    shape: the shape of Σ, from K and M.
    matrices: the matrices (K, M, M) that Σ stands for, from Σ, K and M.
    estimate: Σ [G2] from S about the class means, the counts n_k (0: empty) and the floor (M,).
    blend: Σ′ [VE3] from Σ, Σ̂, the rate ρ, the shares a_k, the proportions π′ and S = a (1 − a) (μ̂ − μ)(μ̂ − μ)ᵀ.
    pullback: the gradient at Σ from that at the matrices.
    spread: the gradient at S from that at an estimated Σ; for tied, without the factors n_k / Σ n_j.
    without_floor: the matrices of an estimated Σ minus the floor: Σ̂ of [DG5].
    pools: whether all classes share one Σ.
    """

    shape: Callable[[int, int], tuple[int, ...]]
    matrices: Callable[[np.ndarray, int, int], np.ndarray]
    estimate: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    blend: Callable[[np.ndarray, np.ndarray, float, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    pullback: Callable[[np.ndarray], np.ndarray]
    spread: Callable[[np.ndarray, int, int], np.ndarray]
    without_floor: Callable[[np.ndarray, np.ndarray, int, int], np.ndarray]
    pools: bool = False


def _diag_matrices(covariances: np.ndarray, n_components: int, n_channels: int) -> np.ndarray:
    return covariances[:, :, None] * np.eye(n_channels)


def _spherical_matrices(covariances: np.ndarray, n_components: int, n_channels: int) -> np.ndarray:
    return covariances[:, None, None] * np.eye(n_channels)


def _as_matrices(covariances: np.ndarray, n_components: int, n_channels: int) -> np.ndarray:
    return np.broadcast_to(covariances, (n_components, n_channels, n_channels))


def _full_estimate(scatter: np.ndarray, counts: np.ndarray, floor: np.ndarray) -> np.ndarray:
    return scatter + np.diag(floor)


def _diag_estimate(scatter: np.ndarray, counts: np.ndarray, floor: np.ndarray) -> np.ndarray:
    return np.einsum("kii->ki", scatter) + floor


def _spherical_estimate(scatter: np.ndarray, counts: np.ndarray, floor: np.ndarray) -> np.ndarray:
    return (np.einsum("kii->ki", scatter) + floor).mean(axis=1)


def _tied_estimate(scatter: np.ndarray, counts: np.ndarray, floor: np.ndarray) -> np.ndarray:
    return np.einsum("k,kij->ij", counts, scatter) / counts.sum() + np.diag(floor)


def _blend_of_each(reduce: Callable[[np.ndarray], np.ndarray]) -> Callable[..., np.ndarray]:
    """Σ′_k = (1 − a_k) Σ_k + a_k Σ̂_k + S_k; reduce: from S to the form of the type."""

    def blend(
        old: np.ndarray,
        new: np.ndarray,
        rate: float,
        share: np.ndarray,
        proportions: np.ndarray,
        between: np.ndarray,
    ) -> np.ndarray:
        apart = reduce(between)
        share = share.reshape(-1, *[1] * (apart.ndim - 1))
        return (1 - share) * old + share * new + apart

    return blend


def _tied_blend(
    old: np.ndarray,
    new: np.ndarray,
    rate: float,
    share: np.ndarray,
    proportions: np.ndarray,
    between: np.ndarray,
) -> np.ndarray:
    """Σ′ = (1 − ρ) Σ + ρ Σ̂ + Σ_k π′_k S_k."""
    return (1 - rate) * old + rate * new + np.einsum("k,kij->ij", proportions, between)


def _less_the_floor(matrices: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    def without_floor(covariances: np.ndarray, floor: np.ndarray, *shape: int) -> np.ndarray:
        return matrices(covariances, *shape) - np.diag(floor)

    return without_floor


COVARIANCES = {
    "diag": CovarianceType(
        shape=lambda k, m: (k, m),
        matrices=_diag_matrices,
        estimate=_diag_estimate,
        blend=_blend_of_each(lambda between: np.einsum("kii->ki", between)),
        pullback=lambda gradient: np.einsum("kii->ki", gradient),
        spread=_diag_matrices,
        without_floor=_less_the_floor(_diag_matrices),
    ),
    "spherical": CovarianceType(
        shape=lambda k, m: (k,),
        matrices=_spherical_matrices,
        estimate=_spherical_estimate,
        blend=_blend_of_each(lambda between: np.einsum("kii->ki", between).mean(axis=1)),
        pullback=lambda gradient: np.einsum("kii->k", gradient),
        spread=lambda gradient, k, m: _spherical_matrices(gradient / m, k, m),  # Σ_k is a mean of M variances
        without_floor=lambda covariances, floor, k, m: _spherical_matrices(covariances - floor.mean(), k, m),
    ),
    "tied": CovarianceType(
        shape=lambda k, m: (m, m),
        matrices=_as_matrices,
        estimate=_tied_estimate,
        blend=_tied_blend,
        pullback=lambda gradient: gradient.sum(axis=0),
        spread=_as_matrices,
        without_floor=_less_the_floor(_as_matrices),
        pools=True,
    ),
    "full": CovarianceType(
        shape=lambda k, m: (k, m, m),
        matrices=_as_matrices,
        estimate=_full_estimate,
        blend=_blend_of_each(lambda between: between),
        pullback=lambda gradient: gradient,
        spread=_as_matrices,
        without_floor=_less_the_floor(_as_matrices),
    ),
}
COVARIANCE_TYPES = tuple(COVARIANCES)

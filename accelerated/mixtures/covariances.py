"""Covariance types as functions; see `reference.mixtures.covariances`.

For diag and spherical, scatter, products of deviations and whitening are diagonals (K, M) instead of matrices
(K, M, M). Matrix products have full precision.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.linalg import solve_triangular

from ..execution.precision import HIGHEST
from ..execution.rows import Rows


class CovarianceKernel(NamedTuple):
    """The functions of one type; S stands for scatter: diagonals (K, M), or whole matrices (K, M, M).

    pairs: the pairs of channels whose products S holds, from M.
    of_pairs: S from the sums of the products of these pairs (K, pairs).
    outer: d dᵀ of one deviation per class (K, M), in the form of S.
    scatter: S from shares (K, N) and deviations (K, M, N).
    estimate: Σ [G2] from S, the counts n_k (0: empty) and the floor (M,).
    blend: as in the reference, with S of the distances between means.
    whitening: W with W Σ Wᵀ = 1 in the form of S, and log det Σ (K,), from μ and Σ.
    squared_norm: ‖W d‖² of one class; d has a row of pixels for each channel, as a list or an array.
    variances: the diagonals (K, M) of the matrices that Σ stands for, from Σ and μ.
    second: S of one class, summed instead of averaged, from its share (N,) and its deviations (M, N).
    pools: whether all classes share one Σ.
    """

    pairs: Callable[[int], list[tuple[int, int]]]
    of_pairs: Callable[[jax.Array], jax.Array]
    outer: Callable[[jax.Array], jax.Array]
    scatter: Callable[[jax.Array, jax.Array], jax.Array]
    estimate: Callable[[jax.Array, jax.Array, jax.Array], jax.Array]
    blend: Callable[..., jax.Array]
    whitening: Callable[[jax.Array, jax.Array], tuple[jax.Array, jax.Array]]
    squared_norm: Callable[[jax.Array, Rows], jax.Array]
    variances: Callable[[jax.Array, jax.Array], jax.Array]
    second: Callable[[jax.Array, jax.Array], jax.Array]
    pools: bool = False


def _pairs_of_a_matrix(n_channels: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(n_channels) for j in range(i, n_channels)]


def _matrix_of_pairs(sums: jax.Array) -> jax.Array:
    """Symmetric matrices (K, M, M) from their upper triangles (K, M (M + 1) / 2)."""
    n_channels = int((8 * sums.shape[1] + 1) ** 0.5) // 2
    place = np.zeros((n_channels, n_channels), int)
    for number, (i, j) in enumerate(_pairs_of_a_matrix(n_channels)):
        place[i, j] = place[j, i] = number
    return sums[:, place]


def _diagonal_scatter(share: jax.Array, deviation: jax.Array) -> jax.Array:
    return (share[:, None, :] * deviation**2).sum(axis=-1)


def _whole_scatter(share: jax.Array, deviation: jax.Array) -> jax.Array:
    return jnp.einsum("kin,kjn->kij", share[:, None, :] * deviation, deviation, precision=HIGHEST)


def _diagonal_variances(covariances: jax.Array, means: jax.Array) -> jax.Array:
    return jnp.broadcast_to(covariances.reshape(len(means), -1), means.shape)


def _whole_variances(covariances: jax.Array, means: jax.Array) -> jax.Array:
    return jnp.broadcast_to(jnp.diagonal(covariances, axis1=-2, axis2=-1), means.shape)


def _diagonal_whitening(means: jax.Array, covariances: jax.Array) -> tuple[jax.Array, jax.Array]:
    variances = _diagonal_variances(covariances, means)
    return 1 / jnp.sqrt(variances), jnp.log(variances).sum(axis=1)


def _whole_whitening(means: jax.Array, covariances: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The inverse of the Cholesky factor."""
    factor = jnp.broadcast_to(jnp.linalg.cholesky(covariances), (*means.shape, means.shape[1]))
    log_det = 2 * jnp.log(jnp.diagonal(factor, axis1=-2, axis2=-1)).sum(axis=-1)
    identity = jnp.broadcast_to(jnp.eye(means.shape[1], dtype=factor.dtype), factor.shape)
    return solve_triangular(factor, identity, lower=True), log_det


def _diagonal_norm(whitening: jax.Array, deviation: Rows) -> jax.Array:
    if isinstance(deviation, list):
        return sum((w * d) ** 2 for w, d in zip(whitening, deviation, strict=True))
    return jnp.matmul(whitening**2, deviation**2, precision=HIGHEST)


def _whole_norm(whitening: jax.Array, deviation: Rows) -> jax.Array:
    if isinstance(deviation, list):
        lower = [sum(row[j] * deviation[j] for j in range(i + 1)) for i, row in enumerate(whitening)]
        return sum(each**2 for each in lower)
    return (jnp.matmul(whitening, deviation, precision=HIGHEST) ** 2).sum(axis=0)


def _diagonal_second(share: jax.Array, deviation: jax.Array) -> jax.Array:
    return jnp.matmul(deviation**2, share, precision=HIGHEST)


def _whole_second(share: jax.Array, deviation: jax.Array) -> jax.Array:
    return jnp.matmul(share * deviation, deviation.T, precision=HIGHEST)


def _tied_estimate(scatter: jax.Array, counts: jax.Array, floor: jax.Array) -> jax.Array:
    return (counts[:, None, None] * scatter).sum(axis=0) / counts.sum() + jnp.diag(floor)


def _blend_of_each(reduce: Callable[[jax.Array], jax.Array]) -> Callable[..., jax.Array]:
    """Σ′_k = (1 − a_k) Σ_k + a_k Σ̂_k + S_k; reduce: from S to the form of the type."""

    def blend(
        old: jax.Array,
        new: jax.Array,
        rate: jax.Array | float,
        share: jax.Array,
        proportions: jax.Array,
        between: jax.Array,
    ) -> jax.Array:
        apart = reduce(between)
        share = share.reshape(-1, *[1] * (apart.ndim - 1))
        return (1 - share) * old + share * new + apart

    return blend


def _tied_blend(
    old: jax.Array,
    new: jax.Array,
    rate: jax.Array | float,
    share: jax.Array,
    proportions: jax.Array,
    between: jax.Array,
) -> jax.Array:
    return (1 - rate) * old + rate * new + jnp.einsum("k,kij->ij", proportions, between, precision=HIGHEST)


_DIAG = CovarianceKernel(
    pairs=lambda n_channels: [(m, m) for m in range(n_channels)],
    of_pairs=lambda sums: sums,
    outer=lambda deviation: deviation**2,
    scatter=_diagonal_scatter,
    estimate=lambda scatter, counts, floor: scatter + floor,
    blend=_blend_of_each(lambda between: between),
    whitening=_diagonal_whitening,
    squared_norm=_diagonal_norm,
    variances=_diagonal_variances,
    second=_diagonal_second,
)
_FULL = CovarianceKernel(
    pairs=_pairs_of_a_matrix,
    of_pairs=_matrix_of_pairs,
    outer=lambda deviation: deviation[:, :, None] * deviation[:, None, :],
    scatter=_whole_scatter,
    estimate=lambda scatter, counts, floor: scatter + jnp.diag(floor),
    blend=_blend_of_each(lambda between: between),
    whitening=_whole_whitening,
    squared_norm=_whole_norm,
    variances=_whole_variances,
    second=_whole_second,
)
COVARIANCES = {
    "diag": _DIAG,
    "spherical": _DIAG._replace(
        estimate=lambda scatter, counts, floor: (scatter + floor).mean(axis=1),
        blend=_blend_of_each(lambda between: between.mean(axis=1)),
    ),
    "tied": _FULL._replace(estimate=_tied_estimate, blend=_tied_blend, pools=True),
    "full": _FULL,
}

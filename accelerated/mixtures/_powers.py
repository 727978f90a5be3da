"""Counts, first and second moments of classes about given centres, as sums over pixels [G2]."""

import jax
import jax.numpy as jnp

from ..execution.precision import HIGHEST
from ..execution.rows import OPERATIONS, each
from .covariances import COVARIANCES

Powers = tuple[jax.Array, jax.Array, jax.Array]


def powers(pixels: jax.Array, share: jax.Array, centres: jax.Array, covariance_type: str) -> Powers:
    """Σ s (K,), Σ s d (K, M) and Σ s d dᵀ, with d = x − c: matrices (K, M, M), or diagonals (K, M).

    pixels: (M, N). share: s (K, N). centres: c (K, M).
    """
    written_out = written_out_pairs(len(pixels), covariance_type) is not None
    return (_by_powers if written_out else _by_products)(pixels, share, centres, covariance_type)


def written_out_pairs(n_channels: int, covariance_type: str) -> int | None:
    """How many products of channels are written out as rows; None if matrix products take their place."""
    n_pairs = len(COVARIANCES[covariance_type].pairs(n_channels))
    return n_pairs if n_pairs <= OPERATIONS else None


def _by_powers(pixels: jax.Array, share: jax.Array, centres: jax.Array, covariance_type: str) -> Powers:
    """Sums of products of rows, which compilers fuse into one pass that stores nothing."""
    kind, n_channels = COVARIANCES[covariance_type], len(pixels)
    deviation = [channel - centres[:, m, None] for m, channel in enumerate(pixels)]
    products = [deviation[i] * deviation[j] for i, j in kind.pairs(n_channels)]
    ones = jnp.ones_like(share)
    found = jnp.stack([(share * power).sum(axis=-1) for power in (ones, *deviation, *products)], axis=1)
    return found[:, 0], found[:, 1 : 1 + n_channels], kind.of_pairs(found[:, 1 + n_channels :])


def _by_products(pixels: jax.Array, share: jax.Array, centres: jax.Array, covariance_type: str) -> Powers:
    """Products of matrices, class by class."""

    def of_class(share: jax.Array, centre: jax.Array) -> Powers:
        deviation = pixels - centre[:, None]
        first = jnp.matmul(deviation, share, precision=HIGHEST)
        return share.sum(), first, COVARIANCES[covariance_type].second(share, deviation)

    return each(of_class, share, centres)

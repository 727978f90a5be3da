"""The sums over pixels that EM needs: they add up over blocks, chunks of a file and devices.

They are taken about the last means, as the deviations of the E-step are: one pass gives the NLL and the moments.
Digits cancel only if a mean moves by many standard deviations of its class; then a second pass about the new means
follows, as in [G2].
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeVar

import jax
import jax.numpy as jnp

from deepmix.reference.mixtures.records import Mixture, Moments

from ..execution.arrays import ALIGN
from ..execution.precision import HIGHEST
from ..execution.rows import OPERATIONS, each
from . import gaussian
from .covariances import COVARIANCES

BLOCK_BYTES = 12 * 2**20  # of rows of a block, which stay in a processor's cache; measured at 10⁵ to 2·10⁶ pixels
FAR = 100.0  # variances: the squared distance a mean may move in one pass, which costs at most seven bits

Total = TypeVar("Total", bound=Any)  # of arrays, added up
Powers = tuple[jax.Array, jax.Array, jax.Array]  # counts, first and second of `Sums`
EStep = Callable[[jax.Array, Mixture, str], tuple[jax.Array, jax.Array]]


class Sums(NamedTuple):
    """Sums over pixels n, with the deviations d_kn = x_n − c_k from centres c_k (K, M).

    log_likelihood: Σ w_n log p(x_n). weight: Σ w_n. counts: Σ w_n r_kn (K,). first: Σ w_n r_kn d_kn (K, M).
    second: Σ w_n r_kn d_kn d_knᵀ (K, M, M), or its diagonal (K, M) for diag and spherical.
    """

    log_likelihood: jax.Array
    weight: jax.Array
    counts: jax.Array
    first: jax.Array
    second: jax.Array


def of_mixture(
    e_step: EStep,
    pixels: jax.Array,
    weights: jax.Array,
    mixture: Mixture,
    centres: jax.Array,
    covariance_type: str,
) -> Sums:
    """An E-step and its sums; on a CPU block by block, so that no row of all pixels is ever stored."""

    def rows(weights: jax.Array, pixels: jax.Array) -> tuple[jax.Array, ...]:
        return weights, pixels, *e_step(pixels, mixture, covariance_type)

    return _over_pixels(rows, centres, covariance_type, weights, pixels)


def of_responsibilities(
    pixels: jax.Array,
    responsibilities: jax.Array,
    log_likelihood: jax.Array,
    weights: jax.Array,
    centres: jax.Array,
    covariance_type: str,
) -> Sums:
    """The sums for given r (K, N) and log p (N,). pixels: (M, N). weights: (N,). centres: (K, M)."""
    rows = weights, pixels, responsibilities, log_likelihood
    return _over_pixels(lambda *rows: rows, centres, covariance_type, *rows)


def moments(
    sums: Sums, centres: jax.Array, floor: jax.Array, previous: Mixture, covariance_type: str
) -> tuple[Moments, jax.Array]:
    """[G2], [G3] from the sums about the centres; and whether a mean is too far from its centre for them."""
    empty = gaussian.degenerate(sums.counts)
    counts = jnp.where(empty, 1, sums.counts)
    shift = jnp.where(empty[:, None], 0, sums.first / counts[:, None])
    means = jnp.where(empty[:, None], previous.means, centres + shift)
    apart = COVARIANCES[covariance_type].outer(shift)
    scatter = sums.second / counts.reshape(-1, *[1] * (apart.ndim - 1)) - apart
    covariances = gaussian.covariances(sums.counts, scatter, floor, previous, covariance_type)
    distance = gaussian.squared_distance(shift, means, covariances, covariance_type)
    far = ~(empty | (distance <= FAR)).all()
    return Moments(counts=sums.counts, means=means, covariances=covariances, degenerate=empty), far


def settle(
    about: Callable[[jax.Array], Sums],
    previous: Mixture,
    floor: jax.Array,
    covariance_type: str,
    axes: tuple[str, ...] = (),
) -> tuple[Sums, Moments]:
    """The sums about the last means, and the moments; if a mean has moved far, again about the new means.

    axes: of the mesh over which the pixels lie.
    """

    def again(state: tuple) -> tuple:
        _, found, _, _ = state
        return at(found.means, jnp.array(True))

    def at(centres: jax.Array, last: jax.Array) -> tuple:
        sums = jax.lax.psum(about(centres), axes)
        found, far = moments(sums, centres, floor, previous, covariance_type)
        return sums, found, far, last

    # a loop rather than a condition: mapped over images it runs only if one of them needs it
    first = at(previous.means, jnp.array(False))
    sums, found, _, _ = jax.lax.while_loop(lambda state: state[2] & ~state[3], again, first)
    return sums, found


def _over_pixels(
    rows: Callable[..., tuple[jax.Array, ...]], centres: jax.Array, covariance_type: str, *arrays: jax.Array
) -> Sums:
    """The sums of rows (weights, pixels, r, log p), which a function makes from arrays along the pixels."""
    n_components, n_channels = centres.shape
    n_pairs = len(COVARIANCES[covariance_type].pairs(n_channels))
    if n_pairs <= OPERATIONS:
        powers_of, n_rows = _by_powers, n_components * (1 + n_channels + n_pairs)
    else:
        powers_of, n_rows = _by_products, n_components + 3 * n_channels

    def of(*arrays: jax.Array) -> Sums:
        weights, pixels, responsibilities, log_likelihood = rows(*arrays)
        counts, first, second = powers_of(pixels, weights * responsibilities, centres, covariance_type)
        return Sums(
            log_likelihood=jnp.vdot(weights, log_likelihood, precision=HIGHEST),
            weight=weights.sum(),
            counts=counts,
            first=first,
            second=second,
        )

    stored = n_rows * centres.dtype.itemsize
    return jax.lax.platform_dependent(*arrays, cpu=partial(over_blocks, of, stored), default=of)


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


def over_blocks(of_block: Callable[..., Total], stored: int, *arrays: jax.Array) -> Total:
    """Σ of_block(*arrays) over blocks of the last axis; the first array: weights. stored: bytes per pixel."""
    n_pixels = arrays[0].shape[-1]
    wanted = max(1, round(n_pixels * stored / BLOCK_BYTES))
    size = -(-n_pixels // wanted // ALIGN) * ALIGN
    n_blocks = -(-n_pixels // size)
    if n_blocks < 2:
        return of_block(*arrays)

    def block(i: jax.Array) -> list[jax.Array]:
        begin = jnp.minimum(i * size, n_pixels - size)  # the last block overlaps the one before
        weights, *others = (jax.lax.dynamic_slice_in_dim(array, begin, size, axis=-1) for array in arrays)
        return [jnp.where(jnp.arange(size) >= i * size - begin, weights, 0), *others]

    def add(i: jax.Array, carry: tuple[Total, list[jax.Array]]) -> tuple[Total, list[jax.Array]]:
        # The loop carries the next block: a slice inside the arithmetic keeps XLA from vectorising it.
        total, taken = carry
        return jax.tree.map(jnp.add, total, of_block(*taken)), block(jnp.minimum(i + 1, n_blocks - 1))

    nothing = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), jax.eval_shape(of_block, *arrays))
    total, _ = jax.lax.fori_loop(0, n_blocks, add, (nothing, block(jnp.array(0))))
    return total

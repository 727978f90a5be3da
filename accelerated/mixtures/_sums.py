"""The sums over pixels that EM needs: they add up over blocks, chunks of a file and devices.

They are taken about the last parameters, as the E-step's densities are: one pass gives the NLL and the M-step.
Digits cancel only if a class moves by many of its standard deviations; then a second pass about where it is now
follows, as in [G2].
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeVar

import jax
import jax.numpy as jnp

from deepmix.reference.mixtures.families import Found
from deepmix.reference.mixtures.records import AnyMixture

from ..execution.arrays import ALIGN
from ..execution.precision import HIGHEST
from ._powers import written_out_pairs
from .families import FAMILIES, Kind

BLOCK_BYTES = 12 * 2**20  # of rows of a block, which stay in a processor's cache; measured at 10⁵ to 2·10⁶ pixels

Total = TypeVar("Total", bound=Any)  # of arrays, added up
EStep = Callable[[jax.Array, AnyMixture, str, str], tuple[jax.Array, jax.Array]]


class Sums(NamedTuple):
    """Sums over pixels n.

    log_likelihood: Σ w_n log p(x_n). weight: Σ w_n. statistics: of the classes, as their family has them.
    """

    log_likelihood: jax.Array
    weight: jax.Array
    statistics: Any


def of_mixture(
    e_step: EStep,
    pixels: jax.Array,
    weights: jax.Array,
    mixture: AnyMixture,
    centres: jax.Array,
    kind: Kind,
) -> Sums:
    """An E-step and its sums; on a CPU block by block, so that no row of all pixels is ever stored."""

    def rows(weights: jax.Array, pixels: jax.Array) -> tuple[jax.Array, ...]:
        return weights, pixels, *e_step(pixels, mixture, *kind)

    return _over_pixels(rows, mixture, centres, kind, weights, pixels)


def of_responsibilities(
    pixels: jax.Array,
    responsibilities: jax.Array,
    log_likelihood: jax.Array,
    weights: jax.Array,
    mixture: AnyMixture,
    centres: jax.Array,
    kind: Kind,
) -> Sums:
    """The sums for given r (K, N) and log p (N,). pixels: (M, N). weights: (N,). mixture: the last parameters."""
    rows = weights, pixels, responsibilities, log_likelihood
    return _over_pixels(lambda *rows: rows, mixture, centres, kind, *rows)


def settle(
    about: Callable[[jax.Array], Sums],
    previous: AnyMixture,
    floor: jax.Array,
    kind: Kind,
    axes: tuple[str, ...] = (),
) -> tuple[Sums, AnyMixture, Found]:
    """The sums about the last parameters, and the M-step; if a class has moved far, again about where it is now.

    axes: of the mesh over which the pixels lie. Returns the sums, the mixture with new parameters and old
    proportions, and what was found.
    """
    family = FAMILIES[kind.family]

    def again(state: tuple) -> tuple:
        _, following, *_ = state
        return at(family.centres(following), jnp.array(True))

    def at(centres: jax.Array, last: jax.Array) -> tuple:
        sums = jax.lax.psum(about(centres), axes)
        following, found, far = family.found(sums.statistics, centres, floor, previous, kind.covariance_type)
        return sums, following, found, far, last

    # a loop rather than a condition: mapped over images it runs only if one of them needs it
    first = at(family.centres(previous), jnp.array(False))
    sums, following, found, _, _ = jax.lax.while_loop(lambda state: state[3] & ~state[4], again, first)
    return sums, following, found


def _over_pixels(
    rows: Callable[..., tuple[jax.Array, ...]],
    mixture: AnyMixture,
    centres: jax.Array,
    kind: Kind,
    *arrays: jax.Array,
) -> Sums:
    """The sums of rows (weights, pixels, r, log p), which a function makes from arrays along the pixels."""
    n_components, n_channels = centres.shape
    n_pairs = written_out_pairs(n_channels, kind.covariance_type)
    n_rows = n_components + 3 * n_channels if n_pairs is None else n_components * (1 + n_channels + n_pairs)

    def of(*arrays: jax.Array) -> Sums:
        weights, pixels, responsibilities, log_likelihood = rows(*arrays)
        share = weights * responsibilities
        return Sums(
            log_likelihood=jnp.vdot(weights, log_likelihood, precision=HIGHEST),
            weight=weights.sum(),
            statistics=FAMILIES[kind.family].statistics(pixels, share, mixture, centres, kind.covariance_type),
        )

    stored = n_rows * centres.dtype.itemsize
    return jax.lax.platform_dependent(*arrays, cpu=partial(over_blocks, of, stored), default=of)


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

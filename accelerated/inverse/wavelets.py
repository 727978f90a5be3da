"""Orthonormal wavelets [IP13]; see `reference.inverse.wavelets`."""

import jax
import jax.numpy as jnp

from deepmix.reference.checks import check_divisible

from ..execution.precision import HIGHEST


def transform(image: jax.Array, scaling: jax.Array) -> jax.Array:
    """See `reference.inverse.wavelets.transform` [IP13]."""
    check_divisible(image.shape, 2 ** len(scaling))
    found = image
    for level in range(len(scaling)):
        found = _level(found, scaling[level], level, back=False)
    return found


def inverse(coefficients: jax.Array, scaling: jax.Array) -> jax.Array:
    """See `reference.inverse.wavelets.inverse` [IP13]."""
    check_divisible(coefficients.shape, 2 ** len(scaling))
    found = coefficients
    for level in reversed(range(len(scaling))):
        found = _level(found, scaling[level], level, back=True)
    return found


def details(image: jax.Array, scaling: jax.Array) -> jax.Array:
    """See `reference.inverse.wavelets.details` [IP13]."""
    corner = tuple(slice(side >> len(scaling)) for side in image.shape)
    return jnp.ones(image.shape, bool).at[corner].set(False)


def _level(array: jax.Array, taps: jax.Array, level: int, back: bool) -> jax.Array:
    """One level of the corner that is its own, along every axis."""
    corner = tuple(slice(side >> level) for side in array.shape)
    block = array[corner]
    for axis, side in enumerate(block.shape):
        matrix = _matrix(taps, side).astype(block.real.dtype)
        matrix = matrix.T if back else matrix
        block = jnp.moveaxis(jnp.tensordot(matrix, block, (1, axis), precision=HIGHEST), 0, axis)
    return jnp.asarray(array).at[corner].set(block)


def _matrix(taps: jax.Array, side: int) -> jax.Array:
    n_taps = len(taps)
    mirrored = taps[::-1] * jnp.where(jnp.arange(n_taps) % 2, -1, 1)
    rows = jnp.arange(side // 2)[:, None]
    columns = (2 * rows + jnp.arange(n_taps) + 1 - n_taps // 2) % side
    matrix = jnp.zeros((side, side), taps.dtype)
    return matrix.at[rows, columns].add(taps).at[rows + side // 2, columns].add(mirrored)

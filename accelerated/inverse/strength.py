"""The strength of a regulariser from the noise [IP16]; see `reference.inverse.strength`."""

import jax
import jax.numpy as jnp
import numpy as np

from deepmix.reference.inverse.strength import HALVINGS

from ..execution.precision import HIGHEST
from .conjugate_gradients import squared_norm
from .linear import significant


def misfit(matrix: jax.Array, data: jax.Array, strength: jax.Array | float) -> jax.Array:
    """See `reference.inverse.strength.misfit` [IP16], [IP1]."""
    return _misfit(*_spectrum(matrix, data), strength)


def discrepancy(matrix: jax.Array, data: jax.Array, noise: jax.Array | float) -> jax.Array:
    """See `reference.inverse.strength.discrepancy` [IP16]."""
    spectrum = _spectrum(matrix, data)
    eps, top = np.finfo(float).eps, spectrum[0].max() ** 2
    low, high, target = eps**2 * top, top / eps, len(data) * noise

    def halved(_: int, bounds: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        low, high = bounds
        middle = jnp.sqrt(low) * jnp.sqrt(high)
        enough = _misfit(*spectrum, middle) <= target
        return jnp.where(enough, middle, low), jnp.where(enough, high, middle)

    found, _ = jax.lax.fori_loop(0, HALVINGS, halved, (low, high))
    found = jnp.where(_misfit(*spectrum, high) <= target, jnp.inf, found)
    return jnp.where(_misfit(*spectrum, low) > target, 0, found)


def cross_validation(matrix: jax.Array, data: jax.Array, strength: jax.Array | float) -> jax.Array:
    """See `reference.inverse.strength.cross_validation` [IP16]."""
    sigma, squares, rest = _spectrum(matrix, data)
    m = len(data)
    return m * _misfit(sigma, squares, rest, strength) / (m - _share(sigma, strength).sum(axis=-1)) ** 2


def _spectrum(matrix: jax.Array, data: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    u, sigma, _ = jnp.linalg.svd(matrix, full_matrices=False)
    coefficients = jnp.matmul(u.conj().T, data, precision=HIGHEST)
    rest = data - jnp.matmul(u, coefficients, precision=HIGHEST)
    counted = jnp.where(significant(sigma, matrix), sigma, 0)
    return counted, jnp.abs(coefficients) ** 2, squared_norm(rest)


def _misfit(sigma: jax.Array, squares: jax.Array, rest: jax.Array, strength: jax.Array | float) -> jax.Array:
    return rest + ((1 - _share(sigma, strength)) ** 2 * squares).sum(axis=-1)


def _share(sigma: jax.Array, strength: jax.Array | float) -> jax.Array:
    below = sigma**2 + jnp.asarray(strength)[..., None]
    return jnp.where(below > 0, sigma**2 / jnp.where(below > 0, below, 1), 0)

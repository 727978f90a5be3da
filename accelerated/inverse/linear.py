"""Singular values and generalised inverses [IP1]–[IP4], [IP15]; see `reference.inverse.linear`.

Singular vectors that do not count are set to 0, so that all shapes are those of the matrix.
"""

import jax
import jax.numpy as jnp

from ..execution.precision import HIGHEST


def singular_values(matrix: jax.Array) -> jax.Array:
    """See `reference.inverse.linear.singular_values` [IP1]."""
    return jnp.linalg.svd(matrix, compute_uv=False)


def significant(sigma: jax.Array, matrix: jax.Array) -> jax.Array:
    """See `reference.inverse.linear.significant` [IP1]."""
    return sigma > max(matrix.shape) * jnp.finfo(sigma.dtype).eps * sigma[0]


def rank(matrix: jax.Array) -> jax.Array:
    """See `reference.inverse.linear.rank` [IP1]."""
    return significant(singular_values(matrix), matrix).sum()


def condition(matrix: jax.Array) -> jax.Array:
    """See `reference.inverse.linear.condition` [IP1]."""
    sigma = singular_values(matrix)
    full = significant(sigma, matrix).sum() == matrix.shape[1]
    return jnp.where(full, sigma[0] / jnp.where(full, sigma[-1], 1), jnp.inf)


def null_projection(matrix: jax.Array) -> jax.Array:
    """See `reference.inverse.linear.null_projection` [IP1]."""
    _, _, v = _decomposed(matrix)
    return jnp.eye(matrix.shape[1], dtype=v.dtype) - _times(v, _adjoint(v))


def range_projection(matrix: jax.Array) -> jax.Array:
    """See `reference.inverse.linear.range_projection` [IP1]."""
    u, _, _ = _decomposed(matrix)
    return _times(u, _adjoint(u))


def left_inverse(matrix: jax.Array) -> jax.Array:
    """See `reference.inverse.linear.left_inverse` [IP2]."""
    return jnp.linalg.solve(_times(_adjoint(matrix), matrix), _adjoint(matrix))


def right_inverse(matrix: jax.Array) -> jax.Array:
    """See `reference.inverse.linear.right_inverse` [IP2]."""
    return _adjoint(jnp.linalg.solve(_times(matrix, _adjoint(matrix)), matrix))


def generalised_inverse(matrix: jax.Array) -> jax.Array:
    """See `reference.inverse.linear.generalised_inverse` [IP3]."""
    u, sigma, v = _decomposed(matrix)
    return _times(v / sigma, _adjoint(u))


def tikhonov(
    matrix: jax.Array,
    data: jax.Array,
    strength: jax.Array | float,
    weights: jax.Array | None = None,
    regulariser: jax.Array | None = None,
    prior: jax.Array | None = None,
) -> jax.Array:
    """See `reference.inverse.linear.tikhonov` [IP4]."""
    root = jnp.ones(len(data), data.real.dtype) if weights is None else jnp.sqrt(weights)
    unit = jnp.eye(matrix.shape[1], dtype=matrix.dtype) if regulariser is None else regulariser
    pull = jnp.sqrt(strength) * unit
    aim = jnp.zeros(len(pull), data.dtype) if prior is None else _times(pull, prior)
    stack = jnp.concatenate([root[:, None] * matrix, pull])
    return jnp.linalg.lstsq(stack, jnp.concatenate([root * data, aim]))[0]


def maximum_a_posteriori(
    matrix: jax.Array,
    data: jax.Array,
    covariance: jax.Array,
    regulariser: jax.Array,
    variance: jax.Array | float,
) -> jax.Array:
    """See `reference.inverse.linear.maximum_a_posteriori` [IP15]."""
    factor = jnp.linalg.cholesky(covariance)
    whitened, white = jnp.linalg.solve(factor, matrix), jnp.linalg.solve(factor, data)
    return tikhonov(whitened, white, 1 / variance, regulariser=regulariser)


def _decomposed(matrix: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """U, σ and V; vectors that do not count are 0, and their σ is 1 [IP1]."""
    u, sigma, vh = jnp.linalg.svd(matrix, full_matrices=False)
    kept = significant(sigma, matrix)
    return u * kept, jnp.where(kept, sigma, 1), _adjoint(vh) * kept


def _adjoint(matrix: jax.Array) -> jax.Array:
    return matrix.conj().T


def _times(left: jax.Array, right: jax.Array) -> jax.Array:
    return jnp.matmul(left, right, precision=HIGHEST)

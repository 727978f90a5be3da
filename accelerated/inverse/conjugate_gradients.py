"""Conjugate gradients on the device [IP12]; see `reference.inverse.conjugate_gradients`."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from ..execution.precision import HIGHEST

Multiply = Callable[[jax.Array], jax.Array]


def run(
    multiply: Multiply,
    right: jax.Array,
    start: jax.Array | None = None,
    *,
    tol: jax.Array | float = 1e-10,
    max_iter: jax.Array | int = 50,
) -> jax.Array:
    """See `reference.inverse.conjugate_gradients.run` [IP12].

    Its derivative at b and at what `multiply` holds is another solve, not that of the loop.
    """
    right = right.astype(jax.eval_shape(multiply, right).dtype)
    x = jnp.zeros_like(right) if start is None else start

    def solve(multiply: Multiply, right: jax.Array) -> jax.Array:
        return _solve(multiply, right, x, tol, max_iter)

    def transposed(multiply: Multiply, right: jax.Array) -> jax.Array:
        """Bᵀ is the conjugate of B, which is self-adjoint."""
        return _solve(
            lambda x: multiply(x.conj()).conj(), right.conj(), jnp.zeros_like(right), tol, max_iter
        ).conj()

    return jax.lax.custom_linear_solve(multiply, right, solve, transposed)


def _solve(
    multiply: Multiply, right: jax.Array, x: jax.Array, tol: jax.Array | float, max_iter: jax.Array | int
) -> jax.Array:
    r = right - multiply(x)
    enough = tol**2 * squared_norm(right)

    def going(state: tuple) -> jax.Array:
        k, size, *_ = state
        return (k < max_iter) & (size > enough)

    def step(state: tuple) -> tuple:
        k, size, x, r, d = state
        image = multiply(d)
        alpha = size / jnp.vdot(d, image, precision=HIGHEST).real
        x, r = x + alpha * d, r - alpha * image
        new = squared_norm(r)
        return k + 1, new, x, r, r + new / size * d

    return jax.lax.while_loop(going, step, (0, squared_norm(r), x, r, r))[2]


def squared_norm(array: jax.Array) -> jax.Array:
    """See `reference.inverse.conjugate_gradients.squared_norm` [IP0]."""
    return jnp.vdot(array, array, precision=HIGHEST).real

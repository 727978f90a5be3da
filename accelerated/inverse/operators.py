"""Linear operators [IP0]; see `reference.inverse.operators`.

An operator is a pytree: an argument of compiled functions like any other. JAX derives the pullback of `forward` at
the image and at the numbers of the record, and derivatives of it; at the image it is Aᵀ = conj(A* conj(·)), since
JAX's gradients are conjugate. Where JAX cannot transpose A well, its row is to give it `adjoint` as the pullback.
"""

import jax
import jax.numpy as jnp

from deepmix.reference.inverse.operators import N_POWER_STEPS, SAFETY
from deepmix.reference.inverse.records import (
    Blur,
    Calculus,
    Fourier,
    Gradient,
    Identity,
    Inpaint,
    LinearMap,
    Matrix,
    Operator,
    Synthesis,
    Wavelet,
)
from deepmix.reference.types import known

from ..execution.precision import HIGHEST
from . import conjugate_gradients, finite_differences, fourier, wavelets
from .conjugate_gradients import squared_norm


def forward(operator: Operator, image: jax.Array) -> jax.Array:
    """See `reference.inverse.operators.forward` [IP0]."""
    return known(OPERATORS, operator, "operator").forward(operator, image)


def adjoint(operator: Operator, data: jax.Array) -> jax.Array:
    """See `reference.inverse.operators.adjoint` [IP0]."""
    return known(OPERATORS, operator, "operator").adjoint(operator, data)


def normal(operator: Operator, image: jax.Array, weights: jax.Array | None = None) -> jax.Array:
    """See `reference.inverse.operators.normal` [IP0]."""
    data = forward(operator, image)
    return adjoint(operator, data if weights is None else weights * data)


def gram_solve(
    operator: Operator,
    image: jax.Array,
    alpha: jax.Array | float,
    *,
    tol: jax.Array | float = 1e-10,
    max_iter: jax.Array | int = 50,
) -> jax.Array:
    """See `reference.inverse.operators.gram_solve` [IP12]."""
    if closed := known(OPERATORS, operator, "operator").gram_solve:
        return closed(operator, image, alpha)
    return conjugate_gradients.run(lambda x: normal(operator, x) + alpha * x, image, tol=tol, max_iter=max_iter)


def norm(operator: Operator, image: jax.Array) -> jax.Array:
    """See `reference.inverse.operators.norm` [IP8]."""
    exactly = known(OPERATORS, operator, "operator").norm
    return exactly(operator, image) if exactly else power_norm(operator, image)


def power_norm(operator: Operator, image: jax.Array) -> jax.Array:
    """See `reference.inverse.operators.power_norm` [IP8]."""

    def step(_: int, state: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        x, size = state
        x = normal(operator, x / jnp.where(size > 0, size, 1))
        return x, jnp.sqrt(squared_norm(x))

    ones = jnp.ones_like(image, dtype=jax.eval_shape(normal, operator, image).dtype)
    _, size = jax.lax.fori_loop(0, N_POWER_STEPS, step, (ones, jnp.sqrt(squared_norm(ones))))
    return jnp.sqrt(SAFETY * size)


def schur_bound(operator: Operator, image: jax.Array) -> jax.Array:
    """See `reference.inverse.operators.schur_bound` [IP8]."""
    data = forward(operator, jnp.ones_like(image))
    return jnp.sqrt(data.max() * adjoint(operator, jnp.ones_like(data)).max())


def says_nothing(operator: Operator, data: jax.Array, weights: jax.Array) -> jax.Array:
    """See `reference.inverse.operators.says_nothing` [IP0]."""
    return ~jnp.any(adjoint(operator, weights * data))


def _flat(operator: Matrix) -> jax.Array:
    return operator.rows.reshape(len(operator.rows), -1)


def _solve_matrix(operator: Matrix, image: jax.Array, alpha: jax.Array | float) -> jax.Array:
    rows = _flat(operator)
    gram = jnp.matmul(rows.conj().T, rows, precision=HIGHEST) + alpha * jnp.eye(rows.shape[1], dtype=rows.dtype)
    return jnp.linalg.solve(gram, image.ravel()).reshape(image.shape)


def _solve_fourier(operator: Fourier, image: jax.Array, alpha: jax.Array | float) -> jax.Array:
    n_axes = operator.mask.ndim
    return fourier.inverse(fourier.transform(image, n_axes) / (operator.mask**2 + alpha), n_axes)


def _solve_blur(operator: Blur, image: jax.Array, alpha: jax.Array | float) -> jax.Array:
    return _filtered(operator, image, 1 / (jnp.abs(fourier.transfer(operator.kernel, image)) ** 2 + alpha))


def _filtered(operator: Blur, image: jax.Array, response: jax.Array) -> jax.Array:
    """Real where kernel and image are: what the FFT leaves of an imaginary part is rounding."""
    found = fourier.filtered(image, response)
    return found if any(map(jnp.iscomplexobj, (operator.kernel, image))) else found.real


def _norm_of_gradient(operator: Gradient, image: jax.Array) -> jax.Array:
    """The largest eigenvalue of the second difference of n pixels with free ends is 4 cos²(π/2n)."""
    sides = jnp.asarray(image.shape, image.real.dtype)
    return jnp.sqrt((4 * jnp.cos(jnp.pi / (2 * sides)) ** 2).sum())


OPERATORS: dict[type, Calculus] = {
    Matrix: Calculus(
        forward=lambda operator, image: jnp.tensordot(operator.rows, image, image.ndim, precision=HIGHEST),
        adjoint=lambda operator, data: jnp.tensordot(data, operator.rows.conj(), 1, precision=HIGHEST),
        gram_solve=_solve_matrix,
        norm=lambda operator, image: jnp.linalg.norm(_flat(operator), 2),
    ),
    Fourier: Calculus(
        forward=lambda operator, image: operator.mask * fourier.transform(image, operator.mask.ndim),
        adjoint=lambda operator, data: fourier.inverse(operator.mask * data, operator.mask.ndim),
        gram_solve=_solve_fourier,
        norm=lambda operator, image: jnp.abs(operator.mask).max(),
    ),
    Blur: Calculus(
        forward=lambda operator, image: _filtered(operator, image, fourier.transfer(operator.kernel, image)),
        adjoint=lambda operator, data: _filtered(operator, data, fourier.transfer(operator.kernel, data).conj()),
        gram_solve=_solve_blur,
        norm=lambda operator, image: jnp.abs(fourier.transfer(operator.kernel, image)).max(),
    ),
    Identity: Calculus(
        forward=lambda operator, image: image,
        adjoint=lambda operator, data: data,
        gram_solve=lambda operator, image, alpha: image / (1 + alpha),
        norm=lambda operator, image: jnp.ones((), image.real.dtype),
    ),
    Inpaint: Calculus(
        forward=lambda operator, image: operator.mask * image,
        adjoint=lambda operator, data: operator.mask * data,
        gram_solve=lambda operator, image, alpha: image / (operator.mask**2 + alpha),
        norm=lambda operator, image: jnp.abs(operator.mask).max(),
    ),
    Wavelet: Calculus(
        forward=lambda operator, image: wavelets.transform(image, operator.scaling),
        adjoint=lambda operator, data: wavelets.inverse(data, operator.scaling),
        gram_solve=lambda operator, image, alpha: image / (1 + alpha),
        norm=lambda operator, image: jnp.ones((), image.real.dtype),
    ),
    Synthesis: Calculus(
        forward=lambda operator, image: jnp.matmul(image, operator.atoms, precision=HIGHEST),
        adjoint=lambda operator, data: jnp.matmul(data, operator.atoms.conj().T, precision=HIGHEST),
        norm=lambda operator, image: jnp.linalg.norm(operator.atoms, 2),
    ),
    LinearMap: Calculus(
        forward=lambda operator, image: operator.forward(image),
        adjoint=lambda operator, data: operator.adjoint(data),
    ),
    Gradient: Calculus(
        forward=lambda operator, image: finite_differences.gradient(image),
        adjoint=lambda operator, data: finite_differences.adjoint(data),
        norm=_norm_of_gradient,
    ),
}

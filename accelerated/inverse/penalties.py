"""Regularisers [IP6] and their proximal maps [IP7]; see `reference.inverse.penalties`."""

import jax
import jax.numpy as jnp

from deepmix.reference.inverse.penalties import ROOM
from deepmix.reference.inverse.records import (
    H1,
    L1,
    AnisotropicVariation,
    Box,
    Functional,
    Gradient,
    IsotropicVariation,
    Penalty,
    SparsePatches,
    WaveletL1,
)
from deepmix.reference.inverse.solutions import CodedImage
from deepmix.reference.types import known

from . import dictionary, total_variation, wavelets
from ._lengths import modulus, over
from .conjugate_gradients import squared_norm
from .finite_differences import adjoint as divergence
from .finite_differences import gradient as differences
from .operators import gram_solve
from .proximal import project_box, soft_threshold


def value(penalty: Penalty, image: jax.Array) -> jax.Array:
    """See `reference.inverse.penalties.value` [IP6]."""
    return known(PENALTIES, penalty, "penalty").value(penalty, image)


def gradient(penalty: Penalty, image: jax.Array) -> jax.Array:
    """See `reference.inverse.penalties.gradient` [IP6]."""
    return known(PENALTIES, penalty, "penalty").gradient(penalty, image)


def prox(
    penalty: Penalty,
    image: jax.Array,
    step: jax.Array | float,
    *,
    tol: jax.Array | float = 1e-8,
    max_iter: int = 50,
) -> jax.Array:
    """See `reference.inverse.penalties.prox` [IP7]."""
    return known(PENALTIES, penalty, "penalty").prox(penalty, image, step, tol, max_iter)


def _smooth(image: jax.Array, step: jax.Array, tol: jax.Array, max_iter: int) -> jax.Array:
    return gram_solve(Gradient(), image / step, 1 / step, tol=tol, max_iter=max_iter)


def _flat(variation: str, image: jax.Array, step: jax.Array, tol: jax.Array, max_iter: int) -> jax.Array:
    start = jnp.zeros((image.ndim, *image.shape), image.dtype)
    options = {"strength": step, "variation": variation, "tol": tol, "max_iter": max_iter}
    return total_variation.solve(image, start, **options).image


def _details(penalty: WaveletL1, image: jax.Array) -> jax.Array:
    """The coefficients, those that are no details set to 0."""
    return wavelets.transform(image, penalty.scaling) * wavelets.details(image, penalty.scaling)


def _wavelet_slope(penalty: WaveletL1, image: jax.Array) -> jax.Array:
    coefficients = _details(penalty, image)
    return wavelets.inverse(over(coefficients, modulus(coefficients)), penalty.scaling)


def _shrunk(penalty: WaveletL1, image: jax.Array, step: jax.Array) -> jax.Array:
    coefficients = wavelets.transform(image, penalty.scaling)
    kept = jnp.where(wavelets.details(image, penalty.scaling), soft_threshold(coefficients, step), coefficients)
    return wavelets.inverse(kept, penalty.scaling)


def _coded(penalty: SparsePatches, image: jax.Array) -> CodedImage:
    return dictionary.encode(image, penalty.atoms, penalty.sparsity, max_iter=penalty.n_code_steps)


def _sparse_value(penalty: SparsePatches, image: jax.Array) -> jax.Array:
    """Its derivative takes the codes for constants: at the best codes that is all of it."""
    codes = jax.lax.stop_gradient(_coded(*jax.lax.stop_gradient((penalty, image))).codes)
    return dictionary.objective(codes, image, penalty.atoms, penalty.sparsity)


def _approached(
    penalty: SparsePatches, image: jax.Array, step: jax.Array, tol: jax.Array, max_iter: int
) -> jax.Array:
    about = image, penalty.atoms, penalty.sparsity, step
    return dictionary.encode(*about, tol=tol, max_iter=max_iter).image


def _outside(penalty: Box, image: jax.Array) -> jax.Array:
    nearest = project_box(image, penalty.lower, penalty.upper)
    inside = jnp.abs(image - nearest) <= ROOM * jnp.abs(nearest)
    return jnp.where(inside.all(), 0, jnp.inf).astype(image.real.dtype)


def _variation(variation: str) -> Functional:
    """One of the kinds of total variation."""
    return Functional(
        value=lambda penalty, x: total_variation.value(x, variation, penalty.eps),
        gradient=lambda penalty, x: total_variation.gradient(x, variation, penalty.eps),
        prox=lambda penalty, v, step, tol, max_iter: _flat(variation, v, step, tol, max_iter),
    )


PENALTIES: dict[type, Functional] = {
    L1: Functional(
        value=lambda penalty, x: modulus(x).sum(),
        gradient=lambda penalty, x: over(x, modulus(x)),
        prox=lambda penalty, v, step, tol, max_iter: soft_threshold(v, step),
    ),
    IsotropicVariation: _variation("isotropic"),
    AnisotropicVariation: _variation("anisotropic"),
    WaveletL1: Functional(
        value=lambda penalty, x: modulus(_details(penalty, x)).sum(),
        gradient=_wavelet_slope,
        prox=lambda penalty, v, step, tol, max_iter: _shrunk(penalty, v, step),
    ),
    SparsePatches: Functional(
        value=_sparse_value,
        gradient=lambda penalty, x: _coded(penalty, x).slope,
        prox=_approached,
    ),
    H1: Functional(
        value=lambda penalty, x: 0.5 * squared_norm(differences(x)),
        gradient=lambda penalty, x: divergence(differences(x)),
        prox=lambda penalty, v, step, tol, max_iter: _smooth(v, step, tol, max_iter),
    ),
    Box: Functional(
        value=_outside,
        gradient=lambda penalty, x: jnp.zeros_like(x),
        prox=lambda penalty, v, step, tol, max_iter: project_box(v, penalty.lower, penalty.upper),
    ),
}

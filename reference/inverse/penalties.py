"""Regularisers [IP6]: value, gradient and proximal map [IP7] by the record that the penalty is.

What each kind does is a row of `PENALTIES`; a subject with penalties of its own enters them there.
"""

import numpy as np

from ..types import known
from . import dictionary, total_variation, wavelets
from .finite_differences import adjoint as divergence
from .finite_differences import gradient as differences
from .operators import gram_solve
from .proximal import project_box, soft_threshold
from .records import (
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
from .solutions import CodedImage

ROOM = 2.0**-20  # beyond the bounds of a box, as a share of them: for what was projected in single precision


def value(penalty: Penalty, image: np.ndarray) -> float:
    """R(x) [IP6]. penalty: one of the records. image: (*spatial), real or complex. Returns a number, or ∞."""
    return float(known(PENALTIES, penalty, "penalty").value(penalty, image))


def gradient(penalty: Penalty, image: np.ndarray) -> np.ndarray:
    """∇R = ∂/∂Re + i ∂/∂Im, and 0 where R has a kink [IP6]. Arguments as for `value`."""
    return known(PENALTIES, penalty, "penalty").gradient(penalty, image)


def prox(penalty: Penalty, image: np.ndarray, step: float, *, tol: float = 1e-8, max_iter: int = 50) -> np.ndarray:
    """prox_{τR}(v) = argmin ½‖u−v‖² + τR(u) [IP7].

    penalty: R. image: v. step: τ > 0. tol, max_iter: of the loop that total variation, H1 and sparse patches
    need.
    """
    return known(PENALTIES, penalty, "penalty").prox(penalty, image, step, tol, max_iter)


def _sign(image: np.ndarray) -> np.ndarray:
    """v/|v|, 0 at 0."""
    size = np.abs(image)
    return image / np.where(size > 0, size, 1)


def _smooth(image: np.ndarray, step: float, tol: float, max_iter: int) -> np.ndarray:
    """(I + τ∇*∇)⁻¹v."""
    return gram_solve(Gradient(), image / step, 1 / step, tol=tol, max_iter=max_iter)


def _flat(variation: str, image: np.ndarray, step: float, tol: float, max_iter: int) -> np.ndarray:
    start = np.zeros((image.ndim, *image.shape), image.dtype)
    found = total_variation.solve(image, start, strength=step, variation=variation, tol=tol, max_iter=max_iter)
    return found.image


def _details(penalty: WaveletL1, image: np.ndarray) -> np.ndarray:
    """The coefficients, those that are no details set to 0."""
    return wavelets.transform(image, penalty.scaling) * wavelets.details(image, penalty.scaling)


def _wavelet_slope(penalty: WaveletL1, image: np.ndarray) -> np.ndarray:
    coefficients = _details(penalty, image)
    return wavelets.inverse(_sign(coefficients), penalty.scaling)


def _shrunk(penalty: WaveletL1, image: np.ndarray, step: float) -> np.ndarray:
    coefficients = wavelets.transform(image, penalty.scaling)
    kept = np.where(wavelets.details(image, penalty.scaling), soft_threshold(coefficients, step), coefficients)
    return wavelets.inverse(kept, penalty.scaling)


def _coded(penalty: SparsePatches, image: np.ndarray) -> CodedImage:
    return dictionary.encode(image, penalty.atoms, penalty.sparsity, max_iter=penalty.n_code_steps)


def _approached(penalty: SparsePatches, image: np.ndarray, step: float, tol: float, max_iter: int) -> np.ndarray:
    about = image, penalty.atoms, penalty.sparsity, step
    return dictionary.encode(*about, tol=tol, max_iter=max_iter).image


def _outside(penalty: Box, image: np.ndarray) -> float:
    nearest = project_box(image, penalty.lower, penalty.upper)
    return 0.0 if (np.abs(image - nearest) <= ROOM * np.abs(nearest)).all() else np.inf


def _variation(variation: str) -> Functional:
    """One of the kinds of total variation."""
    return Functional(
        value=lambda penalty, x: total_variation.value(x, variation, penalty.eps),
        gradient=lambda penalty, x: total_variation.gradient(x, variation, penalty.eps),
        prox=lambda penalty, v, step, tol, max_iter: _flat(variation, v, step, tol, max_iter),
    )


PENALTIES: dict[type, Functional] = {
    L1: Functional(
        value=lambda penalty, x: np.abs(x).sum(),
        gradient=lambda penalty, x: _sign(x),
        prox=lambda penalty, v, step, tol, max_iter: soft_threshold(v, step),
    ),
    IsotropicVariation: _variation("isotropic"),
    AnisotropicVariation: _variation("anisotropic"),
    WaveletL1: Functional(
        value=lambda penalty, x: np.abs(_details(penalty, x)).sum(),
        gradient=_wavelet_slope,
        prox=lambda penalty, v, step, tol, max_iter: _shrunk(penalty, v, step),
    ),
    SparsePatches: Functional(  # its slope is that of the objective at the best codes, which are constants then
        value=lambda penalty, x: _coded(penalty, x).value,
        gradient=lambda penalty, x: _coded(penalty, x).slope,
        prox=_approached,
    ),
    H1: Functional(
        value=lambda penalty, x: 0.5 * (np.abs(differences(x)) ** 2).sum(),
        gradient=lambda penalty, x: divergence(differences(x)),
        prox=lambda penalty, v, step, tol, max_iter: _smooth(v, step, tol, max_iter),
    ),
    Box: Functional(
        value=_outside,
        gradient=lambda penalty, x: np.zeros_like(x),
        prox=lambda penalty, v, step, tol, max_iter: project_box(v, penalty.lower, penalty.upper),
    ),
}

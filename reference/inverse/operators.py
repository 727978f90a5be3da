"""Linear operators: A, A*, A*WA, (A*A + αI)⁻¹ and ‖A‖, by the record that the operator is [IP0].

What each kind does is a row of `OPERATORS`. A subject with operators of its own enters them there, where it says
how they act: `OPERATORS[Radon] = Calculus(forward=…, adjoint=…)`.
"""

import numpy as np

from ..types import known
from . import conjugate_gradients, finite_differences, fourier, wavelets
from .conjugate_gradients import squared_norm
from .records import (
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

N_POWER_STEPS, SAFETY = 30, 1.05  # of the estimate of ‖A‖²


def forward(operator: Operator, image: np.ndarray) -> np.ndarray:
    """Ax [IP0].

    operator: one of the records. image: as the record says, real or complex. Returns the data.
    Raises LookupError for what is no operator.
    """
    return known(OPERATORS, operator, "operator").forward(operator, image)


def adjoint(operator: Operator, data: np.ndarray) -> np.ndarray:
    """A*y, with ⟨Ax, y⟩ = ⟨x, A*y⟩, ⟨u, v⟩ = Σ ū v [IP0]. data: as `forward` returns them. Returns an image."""
    return known(OPERATORS, operator, "operator").adjoint(operator, data)


def normal(operator: Operator, image: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """A*WAx [IP0]. weights: W ≥ 0, of the shape of the data, 1 if not given. Returns an image."""
    data = forward(operator, image)
    return adjoint(operator, data if weights is None else weights * data)


def gram_solve(
    operator: Operator, image: np.ndarray, alpha: float, *, tol: float = 1e-10, max_iter: int = 50
) -> np.ndarray:
    """(A*A + αI)⁻¹b, in closed form where there is one, else by conjugate gradients [IP12].

    image: b. alpha: α > 0. tol, max_iter: of conjugate gradients. Returns an image.
    """
    if closed := known(OPERATORS, operator, "operator").gram_solve:
        return closed(operator, image, alpha)
    return conjugate_gradients.run(lambda x: normal(operator, x) + alpha * x, image, tol=tol, max_iter=max_iter)


def norm(operator: Operator, image: np.ndarray) -> float:
    """‖A‖, or slightly more: exactly where it is known, else by `power_norm` [IP8].

    image: of which only shape and dtype count. Returns a number.
    """
    exactly = known(OPERATORS, operator, "operator").norm
    return float(exactly(operator, image)) if exactly else power_norm(operator, image)


def power_norm(operator: Operator, image: np.ndarray) -> float:
    """√(1.05 ‖A*A‖) by 30 steps of the power iteration from the image of ones [IP8]. Arguments as for `norm`."""
    x, size = np.ones_like(image), 0.0
    for _ in range(N_POWER_STEPS):
        x = normal(operator, x / np.sqrt(squared_norm(x)))
        size = np.sqrt(squared_norm(x))
        if size == 0:
            break
    return float(np.sqrt(SAFETY * size))


def schur_bound(operator: Operator, image: np.ndarray) -> float:
    """√(max A1 · max A*1) ≥ ‖A‖, for an operator without negative entries [IP8]. Arguments as for `norm`."""
    data = forward(operator, np.ones_like(image))
    return float(np.sqrt(data.max() * adjoint(operator, np.ones_like(data)).max()))


def says_nothing(operator: Operator, data: np.ndarray, weights: np.ndarray) -> bool:
    """Whether A*Wy = 0: no datum says anything of the image [IP0]. weights: W of the data."""
    return not np.any(adjoint(operator, weights * data))


def _flat(operator: Matrix) -> np.ndarray:
    return operator.rows.reshape(len(operator.rows), -1)


def _solve_matrix(operator: Matrix, image: np.ndarray, alpha: float) -> np.ndarray:
    rows = _flat(operator)
    gram = rows.conj().T @ rows + alpha * np.eye(rows.shape[1])
    return np.linalg.solve(gram, image.ravel()).reshape(image.shape)


def _solve_fourier(operator: Fourier, image: np.ndarray, alpha: float) -> np.ndarray:
    n_axes = operator.mask.ndim
    return fourier.inverse(fourier.transform(image, n_axes) / (operator.mask**2 + alpha), n_axes)


def _solve_blur(operator: Blur, image: np.ndarray, alpha: float) -> np.ndarray:
    return _filtered(operator, image, 1 / (np.abs(fourier.transfer(operator.kernel, image)) ** 2 + alpha))


def _filtered(operator: Blur, image: np.ndarray, response: np.ndarray) -> np.ndarray:
    """Real where kernel and image are: what the FFT leaves of an imaginary part is rounding."""
    found = fourier.filtered(image, response)
    return found if any(map(np.iscomplexobj, (operator.kernel, image))) else found.real


def _norm_of_gradient(operator: Gradient, image: np.ndarray) -> float:
    """The largest eigenvalue of the second difference of n pixels with free ends is 4 cos²(π/2n)."""
    return np.sqrt(sum(4 * np.cos(np.pi / (2 * n)) ** 2 for n in image.shape))


OPERATORS: dict[type, Calculus] = {
    Matrix: Calculus(
        forward=lambda operator, image: np.tensordot(operator.rows, image, image.ndim),
        adjoint=lambda operator, data: np.tensordot(data, operator.rows.conj(), 1),
        gram_solve=_solve_matrix,
        norm=lambda operator, image: np.linalg.norm(_flat(operator), 2),
    ),
    Fourier: Calculus(
        forward=lambda operator, image: operator.mask * fourier.transform(image, operator.mask.ndim),
        adjoint=lambda operator, data: fourier.inverse(operator.mask * data, operator.mask.ndim),
        gram_solve=_solve_fourier,
        norm=lambda operator, image: np.abs(operator.mask).max(),
    ),
    Blur: Calculus(
        forward=lambda operator, image: _filtered(operator, image, fourier.transfer(operator.kernel, image)),
        adjoint=lambda operator, data: _filtered(operator, data, fourier.transfer(operator.kernel, data).conj()),
        gram_solve=_solve_blur,
        norm=lambda operator, image: np.abs(fourier.transfer(operator.kernel, image)).max(),
    ),
    Identity: Calculus(
        forward=lambda operator, image: image,
        adjoint=lambda operator, data: data,
        gram_solve=lambda operator, image, alpha: image / (1 + alpha),
        norm=lambda operator, image: 1.0,
    ),
    Inpaint: Calculus(
        forward=lambda operator, image: operator.mask * image,
        adjoint=lambda operator, data: operator.mask * data,
        gram_solve=lambda operator, image, alpha: image / (operator.mask**2 + alpha),
        norm=lambda operator, image: np.abs(operator.mask).max(),
    ),
    Wavelet: Calculus(
        forward=lambda operator, image: wavelets.transform(image, operator.scaling),
        adjoint=lambda operator, data: wavelets.inverse(data, operator.scaling),
        gram_solve=lambda operator, image, alpha: image / (1 + alpha),
        norm=lambda operator, image: 1.0,
    ),
    Synthesis: Calculus(
        forward=lambda operator, image: image @ operator.atoms,
        adjoint=lambda operator, data: data @ operator.atoms.conj().T,
        norm=lambda operator, image: np.linalg.norm(operator.atoms, 2),
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

"""Mistakes in `inverse.operators`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "the adjoint of a matrix is not conjugate",
        "adjoint=lambda operator, data: np.tensordot(data, operator.rows.conj(), 1)",
        "adjoint=lambda operator, data: np.tensordot(data, operator.rows, 1)",
        "inverse.operators.adjoint/matrix_complex_even",
    ),
    Mistake(
        "the adjoint of a blur is the blur",
        "data, fourier.transfer(operator.kernel, data).conj()",
        "data, fourier.transfer(operator.kernel, data)",
        "inverse.operators.adjoint/blur_real_even",
    ),
    Mistake(
        "weights are used twice",
        "data if weights is None else weights * data",
        "data if weights is None else weights**2 * data",
        "inverse.operators.normal/matrix_real_even_weighted",
    ),
    Mistake(
        "the power iteration ends with the norm of A*A",
        "np.sqrt(SAFETY * size)",
        "SAFETY * size",
        "inverse.operators.power_norm/positive_rows",
    ),
)

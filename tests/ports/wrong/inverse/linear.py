"""Mistakes in `inverse.linear`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "whatever is not 0 counts",
        "return sigma > max(matrix.shape) * np.finfo(sigma.dtype).eps * sigma[0]",
        "return sigma > 0",
        "inverse.linear.significant/ladder",
    ),
    Mistake(
        "the condition number looks at what counts alone",
        "if rank(matrix) == matrix.shape[1] else np.inf",
        "if rank(matrix) > 0 else np.inf",
        "inverse.linear.condition/wide",
    ),
    Mistake(
        "λ instead of its root in the stack",
        "pull = np.sqrt(strength) * ",
        "pull = strength * ",
        "inverse.linear.tikhonov/tall",
    ),
    Mistake(
        "the regulariser pulls towards 0",
        "pull @ prior",
        "0 * (pull @ prior)",
        "inverse.linear.tikhonov/tall_with_all",
    ),
)

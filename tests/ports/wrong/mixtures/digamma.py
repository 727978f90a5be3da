"""Mistakes in `mixtures.digamma`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "a single step of Newton's method",
        "range(N_STEPS)",
        "range(1)",
        "mixtures.digamma.inverse/one_after_another",
    ),
    Mistake(
        "no series for large numbers",
        "return np.where(y >= SERIES, tail, np.log(y) - psi(y))",
        "return np.log(y) - psi(y)",
        "mixtures.digamma.log_minus_digamma/large",
    ),
)

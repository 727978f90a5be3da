"""Mistakes in `mixtures.student`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "distances count like a Gaussian's",
        "return (degrees + len(pixels)) / (degrees + distance)",
        "return np.ones_like(distance)",
        "mixtures.student.precisions/full",
    ),
    Mistake(
        "the dimension is forgotten in the precisions",
        "return (degrees + len(pixels)) / (degrees + distance)",
        "return (degrees + 1) / (degrees + distance)",
        "mixtures.student.precisions/far_away",
    ),
    Mistake(
        "the means are weighted without the precisions",
        "np.where(empty[:, None], 0, first / of_u[:, None])",
        "np.where(empty[:, None], 0, first / n[:, None])",
        "mixtures.student.estimate/full_each",
    ),
    Mistake(
        "the mean of log u is the logarithm of its mean",
        "s = excess / n + digamma.log_minus_digamma((previous.degrees + len(floor)) / 2)",
        "s = excess / n",
        "mixtures.student.estimate/tied_each",
    ),
    Mistake(
        "shared degrees do not weigh the classes",
        "counts @ s / counts.sum()",
        "s.mean()",
        "mixtures.student.estimate/full_shared",
    ),
)

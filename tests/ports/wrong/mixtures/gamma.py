"""Mistakes in `mixtures.gamma`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "the rate is a scale",
        "rates=a / means",
        "rates=means / a",
        "mixtures.gamma.estimate/diag_each",
    ),
    Mistake(
        "the shape is that of moments",
        "s = np.log1p(first / n) - (first - excess) / n",
        "s = excess / n",
        "mixtures.gamma.estimate/one_class",
    ),
    Mistake(
        "the looks are learnt",
        '"fixed": lambda s, previous: previous}',
        '"fixed": lambda s, previous: digamma.inverse(s, GREATEST)}',
        "mixtures.gamma.estimate/diag_fixed",
    ),
)

"""How far to trust a field: what neighbours tell about a pixel, and whether the best starts agree."""

import warnings
from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from .selection import Doubt

# On 30 images with known truth (docs/quality.md) U rises with the Dice (rank correlation 0.6), and where U was
# below TOLD the Dice was below 0.79. Agreement of the starts says less: all of them may be wrong.
TOLD, AGREED = 0.35, 0.9


def consensus(posteriors: Sequence[np.ndarray]) -> tuple[np.ndarray, float]:
    """The mean of the γ (K, pixels) from several starts, and how far they agree; see `Doubt`.

    The classes are those of the first γ; the classes of the others are matched to them by overlap.
    """
    best, *others = posteriors
    labels, total, agreement = best.argmax(axis=0), best.astype(float), 1.0
    for other in others:
        _, order = linear_sum_assignment(best @ other.T, maximize=True)
        alike = other[order]
        total += alike
        agreement = min(agreement, float((alike.argmax(axis=0) == labels).mean()))
    return (total / len(posteriors)).astype(best.dtype), agreement


def ambiguity(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """1 − the probability of the label (*spatial) float32; 0 where there is no label.

    labels: (*spatial), 1 … K, 0 for none. probabilities: (K, *spatial).
    """
    result = np.zeros(labels.shape, np.float32)
    for k, of_class in enumerate(probabilities):
        np.subtract(1, of_class, out=result, where=labels == k + 1)  # of a volume, copies would be as large
    return result


def warn(doubt: Doubt, sought: bool) -> None:
    """Warn, in one line each, of what speaks against a result. sought: whether β was chosen from the image."""
    if sought and doubt.told < TOLD:
        warnings.warn(
            f"neighbours tell only {doubt.share:.0%} of a pixel's class; with less than {TOLD:.0%} results with a "
            "known truth were poor: look at the labels, or try fewer classes, more channels, or --method gmm",
            stacklevel=5,
        )
    if doubt.agreement < AGREED:
        warnings.warn(
            f"other starts that are equally good label up to {1 - doubt.agreement:.0%} of the pixels differently; "
            "there the ambiguity is high (--ambiguity)",
            stacklevel=5,
        )

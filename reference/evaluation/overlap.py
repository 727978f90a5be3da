"""Evaluation by overlap [EV]: of masks (inside where not 0), and of label maps (classes 1 … K, 0 for no class).

Masks and maps have any shape, the same for prediction and truth; leave out pixels outside Ω beforehand.
"""

import numpy as np
from scipy.optimize import linear_sum_assignment

from ..checks import inside

# Sums of Dice that differ by no more are equal up to rounding, also in float32.
SAME = 2.0**-20


def dice(prediction: np.ndarray, truth: np.ndarray, empty: float = np.nan) -> float:
    """2|A∩B| / (|A| + |B|) of two masks of one shape [EV1]; `empty` if both are empty."""
    tp, fp, fn, _ = _counts(prediction, truth)
    return _ratio(2 * tp, 2 * tp + fp + fn, empty)


def iou(prediction: np.ndarray, truth: np.ndarray, empty: float = np.nan) -> float:
    """Intersection over union (Jaccard) of two masks [EV3]; `empty` if both are empty."""
    tp, fp, fn, _ = _counts(prediction, truth)
    return _ratio(tp, tp + fp + fn, empty)


def sensitivity(prediction: np.ndarray, truth: np.ndarray, empty: float = np.nan) -> float:
    """The share of the true pixels that is found (recall) [EV3]; `empty` if there are none."""
    tp, _, fn, _ = _counts(prediction, truth)
    return _ratio(tp, tp + fn, empty)


def specificity(prediction: np.ndarray, truth: np.ndarray, empty: float = np.nan) -> float:
    """The share of the pixels outside the truth that is left out [EV3]; `empty` if there are none."""
    _, fp, _, tn = _counts(prediction, truth)
    return _ratio(tn, tn + fp, empty)


def precision(prediction: np.ndarray, truth: np.ndarray, empty: float = np.nan) -> float:
    """The share of the predicted pixels that is true [EV3]; `empty` if there are none."""
    tp, fp, _, _ = _counts(prediction, truth)
    return _ratio(tp, tp + fp, empty)


def f_beta(prediction: np.ndarray, truth: np.ndarray, beta: float = 1.0, empty: float = np.nan) -> float:
    """The harmonic mean of precision and sensitivity, which has the weight β² [EV3]; `empty` if both are empty."""
    tp, fp, fn, _ = _counts(prediction, truth)
    return _ratio((1 + beta**2) * tp, (1 + beta**2) * tp + beta**2 * fn + fp, empty)


def volumetric_similarity(prediction: np.ndarray, truth: np.ndarray, empty: float = np.nan) -> float:
    """1 − | |A| − |B| | / (|A| + |B|), wherever the masks lie [EV3]; `empty` if both are empty."""
    one, other = (int(inside(each).sum()) for each in (prediction, truth))
    return _ratio(2 * min(one, other), one + other, empty)


def dice_matrix(labels: np.ndarray, truth: np.ndarray, n_components: int, n_classes: int) -> np.ndarray:
    """Dice of every predicted class 1 … K with every true class 1 … C: (K, C), NaN where both are empty."""
    scores = [dice(labels == k + 1, truth == c + 1) for k in range(n_components) for c in range(n_classes)]
    return np.array(scores, dtype=float).reshape(n_components, n_classes)


def match_classes(labels: np.ndarray, truth: np.ndarray, n_components: int, n_classes: int) -> np.ndarray:
    """The assignment of predicted to true classes with the largest summed Dice, the first if several tie [EV2].

    labels: predicted, 1 … K. truth: 1 … C; its zeros belong to no class. Both of one shape. n_components: K.
    n_classes: C.
    Returns (K,) int: at k the true class of predicted class k + 1, or 0 if it has none, because K > C.
    """
    scores = np.nan_to_num(dice_matrix(labels, truth, n_components, n_classes), nan=0.0)
    scores = np.pad(scores, ((0, 0), (0, n_components)))  # columns for no true class
    least = _best(scores) - SAME
    for k in range(n_components):  # the first true class that the best matchings have for it
        alone = (_only(scores, k, column) for column in range(scores.shape[1]))
        scores = next(each for each in alone if _best(each) >= least)
    matched = scores.argmax(axis=1) + 1
    return np.where(matched > n_classes, 0, matched)


def _best(scores: np.ndarray) -> float:
    """The largest sum of a matching of every row with a column of its own."""
    return float(scores[linear_sum_assignment(scores, maximize=True)].sum())


def _only(scores: np.ndarray, row: int, column: int) -> np.ndarray:
    """The scores where a row has but one column: any other costs more than all rows can bring."""
    allowed = np.arange(scores.shape[1]) == column
    scores = scores.copy()
    scores[row] = np.where(allowed, scores[row], -len(scores) - 1)
    return scores


def _counts(prediction: np.ndarray, truth: np.ndarray) -> tuple[int, int, int, int]:
    """True positives, false positives, false negatives, true negatives."""
    prediction, truth = inside(prediction), inside(truth)
    pairs = (prediction & truth, prediction & ~truth, ~prediction & truth, ~prediction & ~truth)
    tp, fp, fn, tn = (int(pair.sum()) for pair in pairs)
    return tp, fp, fn, tn


def _ratio(part: float, whole: float, empty: float) -> float:
    return part / whole if whole else empty

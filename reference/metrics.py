"""Evaluation of label maps [EV]: integer maps of any shape, classes 1 … K, 0 for no class."""

import numpy as np
from scipy.optimize import linear_sum_assignment


def dice(prediction: np.ndarray, truth: np.ndarray, empty: float = np.nan) -> float:
    """2|A∩B| / (|A| + |B|) of two boolean masks of one shape [EV1]; `empty` if both are empty."""
    total = prediction.sum() + truth.sum()
    return 2 * (prediction & truth).sum() / total if total else empty


def dice_matrix(labels: np.ndarray, truth: np.ndarray, n_components: int, n_classes: int) -> np.ndarray:
    """Dice of every predicted class 1 … K with every true class 1 … C: (K, C), NaN where both are empty."""
    return np.array(
        [[dice(labels == k + 1, truth == c + 1) for c in range(n_classes)] for k in range(n_components)]
    )


def match_classes(labels: np.ndarray, truth: np.ndarray, n_components: int, n_classes: int) -> np.ndarray:
    """The assignment of predicted to true classes with the largest summed Dice [EV2].

    labels: predicted, 1 … K. truth: 1 … C; its zeros belong to no class. Both of one shape.
    Returns (K,) int: the true class of predicted class k + 1, 0 if K > C left it without one.
    """
    scores = np.nan_to_num(dice_matrix(labels, truth, n_components, n_classes), nan=0.0)
    rows, columns = linear_sum_assignment(scores, maximize=True)
    matched = np.zeros(n_components, int)
    matched[rows] = columns + 1
    return matched

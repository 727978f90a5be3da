"""Agreement of two label maps, whatever the names of their classes [EV4], [EV5]."""

import numpy as np
from scipy.special import entr

from ..checks import plain


def contingency_table(labels: np.ndarray, truth: np.ndarray, n_components: int, n_classes: int) -> np.ndarray:
    """How many pixels each pair of a predicted and a true class shares [EV4].

    labels: predicted, 1 … K, 0 for none. truth: 1 … C; pixels where it is 0 do not count. Both of one shape.
    n_components: K. n_classes: C.
    Returns (K + 1, C) int, whose first row holds the pixels that no class was predicted for.
    """
    labels, truth = plain(labels), plain(truth)
    known = truth > 0
    pairs = labels[known] * n_classes + truth[known] - 1
    counts = np.bincount(pairs, minlength=(n_components + 1) * n_classes)
    return counts.reshape(n_components + 1, n_classes)


def adjusted_rand_index(table: np.ndarray, empty: float = np.nan) -> float:
    """How often two labellings agree on whether two pixels belong together, corrected for chance [EV4].

    table: (R, C) int, of `contingency_table`. Returns at most 1 (the same parts), 0 on average for random
    labels; `empty` if no pixel counts.
    """
    together, of_all = _pairs(table).sum(), _pairs(table.sum())
    of_labels, of_truth = (_pairs(table.sum(axis=axis)).sum() for axis in (1, 0))
    if not table.any():
        return empty
    if together == of_labels == of_truth:  # the same parts, also where chance leaves nothing else
        return 1.0
    by_chance = of_labels * (of_truth / of_all)
    return (together - by_chance) / ((of_labels + of_truth) / 2 - by_chance)


def normalized_mutual_information(table: np.ndarray, empty: float = np.nan) -> float:
    """What one labelling says about the other, as a share of the mean of their entropies [EV5].

    table: (R, C) int, of `contingency_table`. Returns 0 (nothing) … 1 (all); `empty` if no pixel counts.
    """
    if not table.any():
        return empty
    joint, of_labels, of_truth = (
        entr(counts / table.sum()).sum() for counts in (table, table.sum(axis=1), table.sum(axis=0))
    )
    both = of_labels + of_truth
    return max(2 - 2 * joint / both, 0.0) if both > 0 else 1.0


def _pairs(counts: np.ndarray) -> np.ndarray:
    return counts * (counts - 1) // 2

"""How well a label map agrees with the truth."""

from itertools import combinations
from typing import NamedTuple

import numpy as np

from deepmix.reference.evaluation import overlap

from .images import Case


class Score(NamedTuple):
    """The score of one label map. dice: as `score`. collapsed: as `collapsed`. seconds: how long it took."""

    row: str
    case: str
    method: str
    seed: int
    dice: float
    collapsed: bool
    seconds: float


def score(labels: np.ndarray, case: Case) -> float:
    """Mean Dice of the matched classes [EV2]; with fewer true classes, of the class that covers each best.

    If only the smaller class counts, its Dice with the best union of classes, of any number but all.
    """
    if case.smaller:
        return _of_smaller(labels, case)
    n_classes = int(case.truth.max())
    found = overlap.dice_matrix(labels, case.truth, case.n_components, n_classes)
    if n_classes < case.n_components:
        return float(np.nanmax(found, axis=0).mean())
    matched = overlap.match_classes(labels, case.truth, case.n_components, n_classes)
    each = [found[k, code - 1] for k, code in enumerate(matched) if code]
    return float(np.nan_to_num(each).sum() / n_classes)


def _of_smaller(labels: np.ndarray, case: Case) -> float:
    truth = case.truth == np.bincount(case.truth[case.mask])[1:].argmin() + 1
    classes = range(1, case.n_components + 1)
    unions = (chosen for size in classes[:-1] for chosen in combinations(classes, size))
    return max(float(overlap.dice(np.isin(labels, chosen) & case.mask, truth)) for chosen in unions)


def collapsed(labels: np.ndarray, case: Case) -> bool:
    """Whether fewer classes than asked for have more than a thousandth of the mask."""
    sizes = np.bincount(labels[case.mask], minlength=case.n_components + 1)[1:]
    return bool((sizes <= 0.001 * case.mask.sum()).any())

"""How well a label map agrees with the truth."""

from typing import NamedTuple

import numpy as np

from deepmix.reference.evaluation import overlap

from .images import Case


class Score(NamedTuple):
    """One label map. dice: as `score`. collapsed: as there. seconds: it took."""

    row: str
    case: str
    method: str
    seed: int
    dice: float
    collapsed: bool
    seconds: float


def score(labels: np.ndarray, case: Case) -> float:
    """Mean Dice of the matched classes [EV2]; with fewer true classes, of the class that covers each best."""
    n_classes = int(case.truth.max())
    found = overlap.dice_matrix(labels, case.truth, case.n_components, n_classes)
    if n_classes < case.n_components:
        return float(np.nanmax(found, axis=0).mean())
    matched = overlap.match_classes(labels, case.truth, case.n_components, n_classes)
    each = [found[k, code - 1] for k, code in enumerate(matched) if code]
    return float(np.nan_to_num(each).sum() / n_classes)


def collapsed(labels: np.ndarray, case: Case) -> bool:
    """Whether fewer classes than asked for have more than a thousandth of the mask."""
    sizes = np.bincount(labels[case.mask], minlength=case.n_components + 1)[1:]
    return bool((sizes <= 0.001 * case.mask.sum()).any())

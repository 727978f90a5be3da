"""A label map against the truth: matched Dice [EV], and the map with its classes renamed as in the truth."""

from typing import Any

import numpy as np

from deepmix.reference.evaluation.overlap import dice_matrix, match_classes
from deepmix.segmentation.settings import Settings


def check_truth(truth: np.ndarray, mask: np.ndarray | None, settings: Settings) -> None:
    """Raise ValueError if the truth holds no class where the image will be labelled."""
    known = truth != 0 if mask is None else (truth != 0) & mask
    if not known[..., slice(*settings.slices or (None, None))].any():
        raise ValueError("the truth holds no class inside the mask")


def scores(labels: np.ndarray, truth: np.ndarray, n_components: int, named: bool = False) -> dict[str, Any]:
    """Dice of every true class, over the labelled pixels.

    labels: 1 … K, 0 outside the mask. truth: any integers, 0 for no class; see `check_truth`.
    named: class k is true class k; else classes are matched [EV2].
    """
    codes, numbers = numbered(np.where(labels > 0, truth, 0))
    matrix = dice_matrix(labels, numbers, n_components, len(codes))
    if named:
        matched = np.array([codes.index(k) + 1 if k in codes else 0 for k in range(1, n_components + 1)])
    else:
        matched = match_classes(labels, numbers, n_components, len(codes))
    dice = dict.fromkeys(codes, 0.0) | {codes[c - 1]: float(matrix[k, c - 1]) for k, c in enumerate(matched) if c}
    return {
        "dice": dice,
        "mean_dice": float(np.mean(list(dice.values()))),
        "matched": {codes[c - 1]: k + 1 for k, c in enumerate(matched) if c},
    }


def relabelled(labels: np.ndarray, matched: dict[int, int]) -> np.ndarray:
    """Labels 1 … K renamed to the true classes that `scores` matched them with; those without one become 0."""
    result = np.zeros(labels.shape, int)
    for code, k in matched.items():
        result[labels == k] = code
    return result


def numbered(labels: np.ndarray) -> tuple[list[int], np.ndarray]:
    """The codes other than 0 of a label map, in order, and the map with their numbers 1 … C instead."""
    codes = np.unique(labels[labels != 0])
    return codes.tolist(), np.where(labels != 0, np.searchsorted(codes, labels) + 1, 0)


def renamed(labels: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, dict[int, int]]:
    """A label map with its classes renamed to those of the truth [EV2]; classes without a match become 0.

    labels, truth: codes may be any integers. Returns the map, and for each matched predicted class its true one.
    """
    (given, of_labels), (codes, of_truth) = numbered(labels), numbered(truth)
    matched = match_classes(of_labels, of_truth, len(given), len(codes))
    result = relabelled(of_labels, {codes[c - 1]: k + 1 for k, c in enumerate(matched) if c})
    return result, {given[k]: codes[c - 1] for k, c in enumerate(matched) if c}

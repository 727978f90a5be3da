"""All measures [EV] of a case, class by class."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.ndimage import find_objects

from deepmix.files import images
from deepmix.reference.evaluation import clusterings, overlap, surfaces

from .matching import numbered, renamed
from .pairs import Pair

_OVERLAP = {
    "dice": overlap.dice,
    "iou": overlap.iou,
    "sensitivity": overlap.sensitivity,
    "specificity": overlap.specificity,
    "precision": overlap.precision,
    "volumetric_similarity": overlap.volumetric_similarity,
}
_DISTANCES: dict[
    str, Callable[..., float]
] = {  # infinite where a structure is missed, or found where there is none
    "hausdorff": surfaces.hausdorff,
    "hausdorff_95": partial(surfaces.hausdorff, percentile=95.0),
    "average_surface_distance": surfaces.average_surface_distance,
    "average_symmetric_surface_distance": surfaces.average_symmetric_surface_distance,
}
MEASURES = (*_OVERLAP, *_DISTANCES, "surface_dice")

Scores = dict[str, float]  # by measure


class CaseScores(NamedTuple):
    """How well a case is segmented.

    classes: the scores of every class that either map holds, by its code. labellings: adjusted Rand index and
    normalised mutual information, over the pixels where the truth is not 0. matched: the true class of each
    predicted one, if they were matched. names: of the classes, if the data name them.
    """

    pair: Pair
    classes: dict[int, Scores]
    labellings: Scores
    matched: dict[int, int] | None
    names: dict[int, str]


def of_pair(pair: Pair, match: bool, tolerance: float) -> CaseScores:
    """Read the maps of a case and score them; distances are in the unit of the truth's file.

    match: rename the predicted classes first [EV2]. tolerance: of the surface Dice, in that unit.
    Raises ValueError, which names both files, if they do not lie on one grid.
    """
    grid = images.read_grid(pair.truth)
    truth, prediction = (images.read_labels(path, grid) for path in (pair.truth, pair.prediction))
    names = {}
    if set(pair.codes.values()) & set(np.unique(truth).tolist()):
        truth = sum((truth == code) * number for number, code in enumerate(pair.codes.values(), start=1))
        names = dict(enumerate(pair.codes, start=1))
    labellings = of_labellings(prediction, truth)
    prediction, matched = renamed(prediction, truth) if match else (prediction, None)
    codes = sorted(code for code in {*np.unique(prediction).tolist(), *np.unique(truth).tolist()} if code)
    classes = {code: of_class(prediction == code, truth == code, grid.spacing, tolerance) for code in codes}
    return CaseScores(pair=pair, classes=classes, labellings=labellings, matched=matched, names=names)


def of_class(prediction: np.ndarray, truth: np.ndarray, spacing: Sequence[float], tolerance: float) -> Scores:
    """Every measure of a predicted and a true mask, not both empty. A volume of one slice counts as an image."""
    flat = tuple(axis for axis, length in enumerate(truth.shape) if length == 1)[: truth.ndim - 2]
    steps = [step for axis, step in enumerate(spacing) if axis not in flat]
    (box,) = find_objects((prediction | truth).astype(np.int8))  # pixels beyond the box change no surface
    one, other = (mask[box].squeeze(flat) for mask in (prediction, truth))
    overlap = {name: float(function(prediction, truth)) for name, function in _OVERLAP.items()}
    found = surfaces.surface_distances(one, other, steps)
    distances = {name: float(function(*found)) for name, function in _DISTANCES.items()}
    return overlap | distances | {"surface_dice": float(surfaces.surface_dice(*found, tolerance))}


def of_labellings(prediction: np.ndarray, truth: np.ndarray) -> Scores:
    """Agreement of two label maps, whatever the names of their classes; NaN if the truth is 0 everywhere."""
    (given, labels), (codes, numbers) = numbered(prediction), numbered(truth)
    table = clusterings.contingency_table(labels, numbers, len(given), len(codes))
    return {
        "adjusted_rand_index": clusterings.adjusted_rand_index(table),
        "normalized_mutual_information": clusterings.normalized_mutual_information(table),
    }

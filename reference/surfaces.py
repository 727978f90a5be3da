"""Distances between the surfaces of two sets, in two or three dimensions, in the unit of the spacing [EV6]–[EV9].

Sets are boolean masks of one shape. spacing: (ndim,), the size of a voxel along each axis; 1 if not given.
No distance is finite from or to an empty set. Two empty sets get `empty`.
"""

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import binary_erosion

from .distances import squared_distance_transform


def surface(mask: np.ndarray) -> np.ndarray:
    """The voxels of a set with a face neighbour outside of it, or of the image: bool, as the mask [EV6]."""
    return mask & ~binary_erosion(mask)


def hausdorff(
    prediction: np.ndarray,
    truth: np.ndarray,
    spacing: Sequence[float] | None = None,
    percentile: float = 100.0,
    empty: float = np.nan,
) -> float:
    """The Hausdorff distance of two surfaces, or a percentile of it such as 95 for HD95 [EV7].

    The larger of the two directed percentiles, which are interpolated linearly.
    """
    there, back = _distances(prediction, truth, spacing)
    if not (there.size and back.size):
        return _of_empty(there, back, empty)
    return max(np.percentile(there, percentile), np.percentile(back, percentile))


def average_surface_distance(
    prediction: np.ndarray, truth: np.ndarray, spacing: Sequence[float] | None = None, empty: float = np.nan
) -> float:
    """The mean distance from the surface of the prediction to that of the truth, not back [EV8]."""
    there, back = _distances(prediction, truth, spacing)
    return there.mean() if there.size and back.size else _of_empty(there, back, empty)


def average_symmetric_surface_distance(
    prediction: np.ndarray, truth: np.ndarray, spacing: Sequence[float] | None = None, empty: float = np.nan
) -> float:
    """The mean of the distances of all voxels of either surface to the other one (ASSD) [EV8]."""
    there, back = _distances(prediction, truth, spacing)
    if not (there.size and back.size):
        return _of_empty(there, back, empty)
    return (there.sum() + back.sum()) / (there.size + back.size)


def surface_dice(
    prediction: np.ndarray,
    truth: np.ndarray,
    tolerance: float,
    spacing: Sequence[float] | None = None,
    empty: float = np.nan,
) -> float:
    """The share of both surfaces that is no farther than the tolerance from the other one [EV9].

    tolerance: in the unit of the spacing. Returns 0 … 1; 0 if one set is empty.
    """
    there, back = _distances(prediction, truth, spacing)
    n = there.size + back.size
    return ((there <= tolerance).sum() + (back <= tolerance).sum()) / n if n else empty


def _distances(
    prediction: np.ndarray, truth: np.ndarray, spacing: Sequence[float] | None
) -> tuple[np.ndarray, np.ndarray]:
    """From each voxel of the prediction's surface to that of the truth, and back."""
    one, other = surface(prediction), surface(truth)
    to_one, to_other = (np.sqrt(squared_distance_transform(~each, spacing)) for each in (one, other))
    return to_other[one], to_one[other]


def _of_empty(there: np.ndarray, back: np.ndarray, empty: float) -> float:
    return np.inf if there.size or back.size else empty

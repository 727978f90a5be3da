"""Distances between the surfaces of two sets, in two or three dimensions, in the unit of the spacing [EV6]–[EV9].

`surface_distances` finds them all, the other functions say what they amount to:
`hausdorff(*surface_distances(prediction, truth, spacing))`. No distance from or to an empty set is finite.
"""

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import binary_erosion

from .distances import squared_distance_transform


def surface(mask: np.ndarray) -> np.ndarray:
    """The voxels of a set with a face neighbour outside of it, or of the image: bool, as the mask [EV6]."""
    return mask & ~binary_erosion(mask)


def surface_distances(
    prediction: np.ndarray, truth: np.ndarray, spacing: Sequence[float] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """How far every voxel of each surface is from the other surface [EV6].

    prediction, truth: boolean masks of one shape. spacing: (ndim,), the size of a voxel along each axis, 1 if not
    given. Returns the distances from the prediction's surface to that of the truth, and those back: arrays of the
    masks' shape, NaN beside the surface; inf where the other set is empty.
    """
    one, other = surface(prediction), surface(truth)
    to_one, to_other = (np.sqrt(squared_distance_transform(~each, spacing)) for each in (one, other))
    return np.where(one, to_other, np.nan), np.where(other, to_one, np.nan)


def hausdorff(there: np.ndarray, back: np.ndarray, percentile: float = 100.0, empty: float = np.nan) -> float:
    """The Hausdorff distance of two surfaces, or a percentile of it such as 95 for HD95 [EV7].

    there, back: of `surface_distances`. The larger of the two percentiles, which are interpolated linearly.
    Returns inf if one set is empty, `empty` if both are.
    """
    there, back = _known(there), _known(back)
    if not (there.size and back.size):
        return _of_empty(there, back, empty)
    return max(np.percentile(there, percentile), np.percentile(back, percentile))


def average_surface_distance(there: np.ndarray, back: np.ndarray, empty: float = np.nan) -> float:
    """The mean distance from the surface of the prediction to that of the truth, not back [EV8].

    there, back: of `surface_distances`. Returns inf if one set is empty, `empty` if both are.
    """
    there, back = _known(there), _known(back)
    return there.mean() if there.size and back.size else _of_empty(there, back, empty)


def average_symmetric_surface_distance(there: np.ndarray, back: np.ndarray, empty: float = np.nan) -> float:
    """The mean distance of all voxels of either surface to the other one (ASSD) [EV8].

    there, back: of `surface_distances`. Returns inf if one set is empty, `empty` if both are.
    """
    there, back = _known(there), _known(back)
    if not (there.size and back.size):
        return _of_empty(there, back, empty)
    return (there.sum() + back.sum()) / (there.size + back.size)


def surface_dice(there: np.ndarray, back: np.ndarray, tolerance: float, empty: float = np.nan) -> float:
    """The share of both surfaces that is no farther than the tolerance from the other one [EV9].

    there, back: of `surface_distances`. tolerance: in their unit. Returns 0 … 1; 0 if one set is empty, `empty` if
    both are.
    """
    n = _known(there).size + _known(back).size
    return ((there <= tolerance).sum() + (back <= tolerance).sum()) / n if n else empty


def _known(distances: np.ndarray) -> np.ndarray:
    return distances[~np.isnan(distances)]


def _of_empty(there: np.ndarray, back: np.ndarray, empty: float) -> float:
    return np.inf if there.size or back.size else empty

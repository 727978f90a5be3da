"""Distances between the surfaces of two sets, in two or three dimensions, in the unit of the spacing [EV6]–[EV9].

`surface_distances` finds them all, the other functions summarise them; those of `masks` do both. No distance from
or to an empty set is finite.
"""

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import binary_erosion

from ..checks import inside
from .distances import squared_distance_transform

# Of a tolerance, relative: distances that are equal to it but for rounding are within it. A file rounds the
# spacing to float32, 2⁻²⁴; a distance in float32 adds 3½ such roundings, the tolerance itself and the sum here
# two: less than eight in all.
ROOM = 2.0**-21


def surface(mask: np.ndarray) -> np.ndarray:
    """The voxels of a set with a face neighbour outside the set, or outside the image: bool [EV6]."""
    mask = inside(mask)
    return mask & ~binary_erosion(mask)


def surface_distances(
    prediction: np.ndarray, truth: np.ndarray, spacing: Sequence[float] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """How far every voxel of each surface is from the other surface [EV6].

    prediction, truth: masks of one shape, of any dtype. spacing: (ndim,), the size of a voxel along each axis, 1
    if not given. Returns the distances from the prediction's surface to that of the truth, and those back: arrays
    of the masks' shape, NaN off the surface; inf where the other set is empty.
    """
    one, other = surface(prediction), surface(truth)
    to_one, to_other = (np.sqrt(squared_distance_transform(~each, spacing)) for each in (one, other))
    return np.where(one, to_other, np.nan), np.where(other, to_one, np.nan)


def hausdorff(there: np.ndarray, back: np.ndarray, percentile: float = 100.0, empty: float = np.nan) -> float:
    """The Hausdorff distance of two surfaces, or a percentile of it such as 95 for HD95 [EV7].

    there, back: of `surface_distances`. Returns the larger of the two percentiles, which are interpolated
    linearly; inf if one set is empty, `empty` if both are.
    """
    there, back = _known(there), _known(back)
    if not (there.size and back.size):
        return _of_empty(there, back, empty)
    return max(np.percentile(there, percentile), np.percentile(back, percentile))


def average_surface_distance(there: np.ndarray, back: np.ndarray, empty: float = np.nan) -> float:
    """The mean distance from the surface of the prediction to that of the truth, in this direction only [EV8].

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
    """The share of both surfaces within the tolerance (up to rounding) of the other surface [EV9].

    there, back: of `surface_distances`. tolerance: in their unit. Returns 0 … 1; 0 if one set is empty, `empty` if
    both are.
    """
    n, most = _known(there).size + _known(back).size, tolerance * (1 + ROOM)
    return ((there <= most).sum() + (back <= most).sum()) / n if n else empty


def _known(distances: np.ndarray) -> np.ndarray:
    return distances[~np.isnan(distances)]


def _of_empty(there: np.ndarray, back: np.ndarray, empty: float) -> float:
    return np.inf if there.size or back.size else empty

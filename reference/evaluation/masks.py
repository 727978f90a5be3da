"""Distances between the surfaces of two masks, from the masks themselves [EV7]–[EV9].

Each function is the one of the same name in `surfaces`, applied to the distances of [EV6]. If you want several of
them for one pair, compute the distances once, by `surfaces.surface_distances`.
"""

from collections.abc import Callable, Sequence

import numpy as np

from . import surfaces


def hausdorff(
    prediction: np.ndarray,
    truth: np.ndarray,
    spacing: Sequence[float] | None = None,
    percentile: float = 100.0,
    empty: float = np.nan,
) -> float:
    """The Hausdorff distance of two masks, or a percentile of it such as 95 for HD95 [EV6], [EV7].

    prediction, truth: masks of one shape, of any dtype. spacing: (ndim,), the size of a voxel along each axis, 1
    if not given. Returns the distance in the unit of the spacing; inf if one mask is empty, `empty` if both are.
    """
    return _measured(surfaces.hausdorff, prediction, truth, spacing, percentile=percentile, empty=empty)


def average_surface_distance(
    prediction: np.ndarray, truth: np.ndarray, spacing: Sequence[float] | None = None, empty: float = np.nan
) -> float:
    """The mean distance from the prediction's surface to the truth's, in this direction only [EV6], [EV8].

    Arguments and result as for `hausdorff`.
    """
    return _measured(surfaces.average_surface_distance, prediction, truth, spacing, empty=empty)


def average_symmetric_surface_distance(
    prediction: np.ndarray, truth: np.ndarray, spacing: Sequence[float] | None = None, empty: float = np.nan
) -> float:
    """The mean distance of all voxels of either surface to the other one (ASSD) [EV6], [EV8].

    Arguments and result as for `hausdorff`.
    """
    return _measured(surfaces.average_symmetric_surface_distance, prediction, truth, spacing, empty=empty)


def surface_dice(
    prediction: np.ndarray,
    truth: np.ndarray,
    tolerance: float,
    spacing: Sequence[float] | None = None,
    empty: float = np.nan,
) -> float:
    """The share of both surfaces within the tolerance of the other surface [EV6], [EV9].

    tolerance: in the unit of the spacing. The other arguments are those of `hausdorff`. Returns 0 … 1; 0 if one
    mask is empty, `empty` if both are.
    """
    return _measured(surfaces.surface_dice, prediction, truth, spacing, tolerance=tolerance, empty=empty)


def _measured(
    measure: Callable[..., float],
    prediction: np.ndarray,
    truth: np.ndarray,
    spacing: Sequence[float] | None,
    **options: float,
) -> float:
    return measure(*surfaces.surface_distances(prediction, truth, spacing), **options)

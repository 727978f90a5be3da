"""Euclidean distances on the grid of an image [DT]."""

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import distance_transform_edt

from ..checks import inside


def squared_distance_transform(
    mask: np.ndarray, spacing: Sequence[float] | np.ndarray | None = None
) -> np.ndarray:
    """Squared Euclidean distance of every voxel to the nearest one where the mask is 0 [DT1].

    mask: of any dtype and shape, such as (H, W) or (H, W, D). spacing: (mask.ndim,), of the voxels along each
    axis in any unit of length, 1 if not given. Returns floats of the mask's shape, in that unit squared: 0 where
    the mask is 0, inf everywhere if the mask is 0 nowhere.
    """
    mask = inside(mask)
    if mask.all():
        return np.full(mask.shape, np.inf)
    steps = np.ones(mask.ndim) if spacing is None else np.asarray(spacing)
    # the places, not the distances: squares of whole numbers of voxels have no rounding
    nearest = distance_transform_edt(mask, steps, return_distances=False, return_indices=True)
    offset = np.moveaxis(nearest - np.indices(mask.shape), 0, -1) * steps
    return (offset**2).sum(axis=-1)

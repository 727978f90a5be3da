"""The one slice of an image that a scan is of."""

import numpy as np

from deepmix.files.records import Image


def slice_of(image: Image, number: int | None, several: str) -> np.ndarray:
    """(H, W) in float64, rows from above.

    number: of the slice, counted from 0; None: there is one. several: what to say to somebody who has several.
    Raises ValueError for several channels, slices that are not there, NaN and infinity.
    """
    if len(image.channels) != 1:
        raise ValueError(f"{image.source} has {len(image.channels)} channels; a CT image has one")
    values = image.channels[0].astype(float)
    if values.ndim == 3:
        n_slices = values.shape[2]
        if number is None and n_slices > 1:
            raise ValueError(f"{image.source} has {n_slices} slices; {several}")
        if not 0 <= (number or 0) < n_slices:
            raise ValueError(f"{image.source} has the slices 0 to {n_slices - 1}, not {number}")
        values = values[:, :, number or 0]
    elif number:
        raise ValueError(f"{image.source} has one slice, the slice 0, not {number}")
    if not np.isfinite(values).all():
        raise ValueError(f"{image.source} has {int((~np.isfinite(values)).sum())} values that are NaN or infinite")
    return values if image.geometry is None else values.T

"""Zeros that files of whole numbers round magnitudes to, under densities that know positive values only [NG]."""

import warnings

import numpy as np


def lifted(pixels: np.ndarray, inside: np.ndarray, support: str) -> np.ndarray:
    """Pixels (M, N) with half a grey level added to each channel of whole numbers that has zeros inside the mask.

    inside: (N,) bool. support: of the densities; only "positive" ones need it. Warns of each such channel.
    """
    if support != "positive":
        return pixels
    values = pixels[:, inside]
    rounded = (values.min(axis=1) == 0) & (values == np.round(values)).all(axis=1)
    for channel in np.flatnonzero(rounded):
        n_zeros = int((values[channel] == 0).sum())
        warnings.warn(
            f"channel {channel} has {n_zeros:,} zeros among whole numbers, which stand for values up to half a "
            "grey level: half a grey level is added to the channel",
            stacklevel=5,
        )
    return pixels + np.where(rounded, 0.5, 0)[:, None].astype(pixels.dtype) if rounded.any() else pixels

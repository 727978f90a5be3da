"""Turns pictures upright: cameras store pixels as the sensor was held, and tell how to turn them."""

import numpy as np

TAG = 274  # Orientation, of TIFF and of EXIF, which is a TIFF inside
AS_STORED = 1

# What to do with a picture by its orientation, in this order: exchange x and y, reverse x, reverse y.
_TURNS = {
    AS_STORED: (False, False, False), 2: (False, True, False), 3: (False, True, True), 4: (False, False, True),
    5: (True, False, False), 6: (True, True, False), 7: (True, True, True), 8: (True, False, True),
}  # fmt: skip


def upright(channels: np.ndarray, orientation: int) -> np.ndarray:
    """A view of channels (M, x, y[, z]), turned as they are seen; unchanged for an unknown orientation."""
    exchange, reverse_x, reverse_y = _TURNS.get(orientation, _TURNS[AS_STORED])
    seen = channels.swapaxes(1, 2) if exchange else channels
    return seen[:, :: -1 if reverse_x else 1, :: -1 if reverse_y else 1]


def exchanged(pair: tuple, orientation: int) -> tuple:
    """Values for x, y, … as stored, exchanged as the axes are by an orientation."""
    exchange, _, _ = _TURNS.get(orientation, _TURNS[AS_STORED])
    return (pair[1], pair[0], *pair[2:]) if exchange else pair

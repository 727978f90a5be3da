"""Pictures the way up that they are seen: cameras store pixels as the sensor lay, and say how to turn them."""

import numpy as np

TAG = 274  # Orientation, of TIFF and of EXIF, which is a TIFF inside
AS_STORED = 1

# What to do to a picture that is stored so, in this order: exchange x and y, reverse x, reverse y.
_TURNS = {
    AS_STORED: (False, False, False), 2: (False, True, False), 3: (False, True, True), 4: (False, False, True),
    5: (True, False, False), 6: (True, True, False), 7: (True, True, True), 8: (True, False, True),
}  # fmt: skip


def upright(channels: np.ndarray, orientation: int) -> np.ndarray:
    """Channels (M, x, y[, z]) as they are seen; a view. What is no orientation is none."""
    exchange, reverse_x, reverse_y = _TURNS.get(orientation, _TURNS[AS_STORED])
    seen = channels.swapaxes(1, 2) if exchange else channels
    return seen[:, :: -1 if reverse_x else 1, :: -1 if reverse_y else 1]


def exchanged(pair: tuple, orientation: int) -> tuple:
    """What is stored of x, y, … as it is seen."""
    exchange, _, _ = _TURNS.get(orientation, _TURNS[AS_STORED])
    return (pair[1], pair[0], *pair[2:]) if exchange else pair

"""The window of an image that a network sees: cropped to the mask, and padded to a size that the network takes."""

from typing import Any, NamedTuple

import numpy as np


class Window(NamedTuple):
    """A box of an image of two axes or three, padded to the size that the network takes.

    box: slices of the box in the image. padding: pixels to add at the end of each axis.
    """

    box: tuple[slice, ...]
    padding: tuple[int, ...]

    @property
    def size(self) -> tuple[int, ...]:
        """Pixels of the box along each axis, without the padding."""
        return tuple(side.stop - side.start for side in self.box)

    def take(self, array: np.ndarray) -> np.ndarray:
        """The box of an image (M, *spatial), padded by reflection."""
        return np.pad(array[:, *self.box], ((0, 0), *((0, more) for more in self.padding)), mode="reflect")

    def take_mask(self, mask: np.ndarray) -> np.ndarray:
        """The box of a mask (*spatial); the padding does not count."""
        return np.pad(mask[self.box], [(0, more) for more in self.padding])

    def give(self, array: np.ndarray) -> np.ndarray:
        """The part of an array (…, *spatial) over the padded box that belongs to the box itself."""
        inside: tuple[Any, ...] = (..., *(slice(size) for size in self.size))
        return array[inside]


def window(mask: np.ndarray, margin: int, multiple: int) -> Window:
    """The bounding box of a mask (H, W) with a margin, to be padded to a multiple.

    margin: in pixels. multiple: 2^L of the network.
    """
    box = boxed(mask, (margin,) * mask.ndim)
    return filled(box, tuple(-(-size // multiple) * multiple for size in box.size))


def boxed(mask: np.ndarray, margins: tuple[int, ...]) -> Window:
    """The bounding box of a mask (*spatial) with a margin along each axis, in pixels."""
    box = []
    for axis, margin in enumerate(margins):
        others = tuple(other for other in range(mask.ndim) if other != axis)
        occupied = np.flatnonzero(mask.any(axis=others))
        start, stop = max(occupied[0] - margin, 0), min(occupied[-1] + 1 + margin, mask.shape[axis])
        box.append(slice(int(start), int(stop)))
    return Window(box=tuple(box), padding=(0,) * len(box))


def filled(box: Window, least: tuple[int, ...]) -> Window:
    """The box, to be padded to at least so many pixels along each axis."""
    return box._replace(padding=tuple(max(side - size, 0) for size, side in zip(box.size, least, strict=True)))

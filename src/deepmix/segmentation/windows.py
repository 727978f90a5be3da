"""The window of a slice that a network sees: cropped to the mask, and padded to a size that the network takes."""

from typing import NamedTuple

import numpy as np


class Window(NamedTuple):
    """A box of a 2-D image, padded to the size that the network takes.

    box: slices of the box in the image. padding: pixels to add at the end of each axis.
    """

    box: tuple[slice, slice]
    padding: tuple[int, int]

    def take(self, array: np.ndarray) -> np.ndarray:
        """The box of an image (M, H, W), padded by reflection."""
        return np.pad(array[:, *self.box], ((0, 0), *((0, more) for more in self.padding)), mode="reflect")

    def take_mask(self, mask: np.ndarray) -> np.ndarray:
        """The box of a mask (H, W); the padding does not count."""
        return np.pad(mask[self.box], [(0, more) for more in self.padding])

    def give(self, array: np.ndarray) -> np.ndarray:
        """The part of an array (…, H', W') over the padded box that belongs to the box itself."""
        height, width = (side.stop - side.start for side in self.box)
        return array[..., :height, :width]


def window(mask: np.ndarray, margin: int, multiple: int) -> Window:
    """The bounding box of a mask (H, W) with a margin, to be padded to a multiple.

    margin: in pixels. multiple: 2^L of the network.
    """
    box, padding = [], []
    for axis in (0, 1):
        occupied = np.flatnonzero(mask.any(axis=1 - axis))
        start, stop = max(occupied[0] - margin, 0), min(occupied[-1] + 1 + margin, mask.shape[axis])
        box.append(slice(int(start), int(stop)))
        padding.append(int(-(stop - start) % multiple))
    return Window(box=(box[0], box[1]), padding=(padding[0], padding[1]))

"""How large an image will be once it is read, from the headers of its files alone."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from . import images


class Extent(NamedTuple):
    """How large an image is.

    n_pixels: of a channel. of_slice: pixels of a slice. held: bytes of the image. reading: bytes at the peak of
    reading it.
    """

    n_pixels: int
    n_channels: int
    of_slice: int
    held: int
    reading: int


def of_image(paths: Sequence[str | Path], channels_are: str | None = None) -> Extent | None:
    """The extent of the image that `images.read_image` would read from the paths; None if a header does not tell.

    Raises FileNotFoundError if a file does not exist.
    """
    try:
        files = images.read_stored(paths, channels_are)
    except ValueError:  # reading it will say what is wrong
        return None
    held, first = sum(each.held for each in files), files[0]
    # a file is held as it was stored, by the library and as an array, and as floats; several are then put together
    reading = held + max(2 * each.n_numbers * each.dtype.itemsize for each in files)
    return Extent(
        n_pixels=math.prod(first.shape),
        n_channels=sum(each.n_channels for each in files),
        of_slice=math.prod(first.shape[:2]),
        held=held,
        reading=max(reading, 2 * held if len(files) > 1 else 0),
    )

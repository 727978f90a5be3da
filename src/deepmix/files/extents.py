"""How large an image will be once it is read, from the headers of its files alone."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import SimpleITK as sitk

from .inputs import existing
from .itk import quiet

FLOAT = 4  # bytes; most files hold no more than float32 does


class Extent(NamedTuple):
    """Pixels of a channel, channels; bytes of the image, and at the peak of reading it."""

    n_pixels: int
    n_channels: int
    held: int
    reading: int


def of_image(paths: Sequence[str | Path]) -> Extent | None:
    """The extent of the image that `images.read_image` would read; None where a header does not tell.

    Raises FileNotFoundError.
    """
    try:
        with quiet():
            files = [_numbers(existing(Path(path))) for path in paths]
    except (RuntimeError, ValueError, EOFError, IndexError):  # reading it will say what is wrong
        return None
    held = [FLOAT * count for _, count, _ in files]
    # a file is held as it was stored, by the library and as an array, and as floats; several are then put together
    reading = sum(held) + max(count * (2 * size) for _, count, size in files)
    pixels = max(pixels for pixels, _, _ in files)
    return Extent(
        n_pixels=pixels,
        n_channels=sum(count // pixels for _, count, _ in files),
        held=sum(held),
        reading=max(reading, 2 * sum(held) if len(files) > 1 else 0),
    )


def _numbers(path: Path) -> tuple[int, int, int]:
    """Pixels of a channel, numbers in all, and bytes of each as it is stored."""
    if path.suffix.lower() == ".npy":
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        count = math.prod(array.shape)
        return count // (array.shape[0] if array.ndim > 2 else 1), count, array.dtype.itemsize
    files = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(path)) if path.is_dir() else [str(path)]
    header = sitk.ImageFileReader()
    header.SetFileName(files[0])
    header.ReadImageInformation()
    size, n_components = header.GetSize(), header.GetNumberOfComponents()
    pixels = math.prod(size[:3]) * len(files)
    number = sitk.Image([1, 1], header.GetPixelID(), n_components).GetSizeOfPixelComponent()
    return pixels, math.prod(size) * len(files) * n_components, number

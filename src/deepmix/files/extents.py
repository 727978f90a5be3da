"""How large an image will be once it is read, from the headers of its files alone."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import SimpleITK as sitk

from . import images
from .inputs import existing
from .itk import quiet


class Extent(NamedTuple):
    """Pixels of a channel, channels, pixels of a slice; bytes of the image, and at the peak of reading it."""

    n_pixels: int
    n_channels: int
    of_slice: int
    held: int
    reading: int


class File(NamedTuple):
    """One file. shape: of a channel, (H, W[, D]). dtype: as it is stored."""

    shape: tuple[int, ...]
    n_channels: int
    dtype: np.dtype

    @property
    def n_numbers(self) -> int:
        """Numbers that it holds."""
        return math.prod(self.shape) * self.n_channels

    @property
    def held(self) -> int:
        """Bytes once it is read, in floats."""
        return self.n_numbers * np.dtype(images.floating(self.dtype)).itemsize


def of_image(paths: Sequence[str | Path]) -> Extent | None:
    """The extent of the image that `images.read_image` would read; None where a header does not tell.

    Raises FileNotFoundError.
    """
    try:
        with quiet():
            files = [_file(existing(Path(path)), one_channel=len(paths) > 1) for path in paths]
    except (RuntimeError, ValueError, EOFError, IndexError, AttributeError):  # reading it will say what is wrong
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


def _file(path: Path, one_channel: bool) -> File:
    if path.suffix.lower() == ".npy":
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        if one_channel or array.ndim == 2:
            return File(shape=array.shape, n_channels=1, dtype=array.dtype)
        return File(shape=array.shape[1:], n_channels=array.shape[0], dtype=array.dtype)
    files = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(path)) if path.is_dir() else [str(path)]
    header = sitk.ImageFileReader()
    header.SetFileName(files[0])
    header.ReadImageInformation()
    size, n_components = header.GetSize(), header.GetNumberOfComponents()
    shape = (*size[:2], len(files)) if path.is_dir() else size[:3]
    n_channels = size[3] if len(size) == 4 else n_components
    if path.suffix.lower() == ".png" and n_channels == 4:
        n_channels = 3  # alpha
    dtype = sitk.GetArrayViewFromImage(sitk.Image([1, 1], header.GetPixelID(), n_components)).dtype
    return File(shape=shape, n_channels=n_channels, dtype=dtype)

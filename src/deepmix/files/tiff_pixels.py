"""The pixels of a TIFF, by tifffile, or by Pillow or ITK if tifffile cannot decompress them."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.ImageSequence

from . import itk, pictures, tiff_header
from .tiff_header import TiffHeader


def read(path: Path, header: TiffHeader) -> np.ndarray:
    """The pixels in the order of the file's axes. Raises ValueError if no library gives them as stored."""
    try:
        with tiff_header.opened(path) as file:
            return tiff_header.pixels(file)
    except ValueError as error:
        if not (isinstance(error.__cause__, _NOT_AT_HAND) or "imagecodecs" in str(error)):
            raise
        lacking = error
    for decoded in _OTHERS if header.plain else ():
        try:
            found = decoded(path)
        except ValueError:
            continue
        same_kind = found.dtype.newbyteorder("=") == header.dtype.newbyteorder("=")
        if same_kind and found.size == math.prod(header.shape) and header.axes.endswith(("YX", "YXS")):
            return found.reshape(header.shape)
    raise ValueError(f"{lacking}; or save it uncompressed, in whole bytes") from lacking


def _by_pillow(path: Path) -> np.ndarray:
    with pictures.opened(path, ("TIFF",)) as image:
        return np.stack([np.asarray(page) for page in PIL.ImageSequence.Iterator(image)])


def _by_itk(path: Path) -> np.ndarray:
    return itk.read(path, "").channels.T


_NOT_AT_HAND = (ImportError, NotImplementedError)
_OTHERS: tuple[Callable[[Path], np.ndarray], ...] = (_by_pillow, _by_itk)

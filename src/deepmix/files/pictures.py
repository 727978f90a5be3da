"""Pictures: PNG, JPEG and BMP by Pillow; PNG of 16-bit colours, of which Pillow keeps 8 bits, by ITK."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import PIL.Image

from . import itk, orientation
from .inputs import one_line, unreadable
from .records import Image, Meant, Stored, flat_geometry
from .silence import silent

_FORMATS = ("PNG", "JPEG", "BMP")
_SUFFIX = ".png"  # results are exact

# Pillow's mode of a picture, and the mode in which it is read: without alpha; all others are read as colours.
_READ_AS = {"1": "L", "L": "L", "LA": "L", "I;16": "I;16", "I": "I"}
_DTYPES = {"L": np.uint8, "P": np.uint8, "RGB": np.uint8, "I;16": np.uint16, "I": np.int32}
_WORDS = {b"eXIf", b"tEXt", b"zTXt", b"iTXt"}  # the chunks of a PNG that may say how it is turned
_GREY_OF_16_BITS, _COLOURS_OF_16_BITS = ("LA;16B",), ("RGB;16B", "RGBA;16B")


class PictureHeader(NamedTuple):
    """A picture before its pixels are read.

    layout: how the file holds its samples, in Pillow's words. mode: the mode in which Pillow reads them.
    size, spacing: along x and y as stored, in pixels and in mm (1 if the file does not tell).
    """

    layout: str
    mode: str
    size: tuple[int, int]
    orientation: int
    spacing: tuple[float, float]


def read(path: Path, meant: Meant) -> Image:
    """Read grey or colours, upright; for a label map with a palette, the indices into it.

    Raises ValueError for a file that cannot be read.
    """
    header = _header(path, meant)
    if header.layout in _GREY_OF_16_BITS:
        warnings.warn(f"{path} is read with 8 of its 16 bits: save it without alpha to keep all", stacklevel=5)
    deep = header.layout in _COLOURS_OF_16_BITS
    stored = itk.read(path, _SUFFIX).channels[:3] if deep else _channels(path, header.mode)
    seen = orientation.upright(stored, header.orientation)
    geometry = flat_geometry(seen.shape[1:], orientation.exchanged(header.spacing, header.orientation))
    return Image(channels=seen, geometry=geometry, suffix=_SUFFIX, source=path)


def stored(path: Path, meant: Meant) -> Stored:
    """The contents of the header. Raises ValueError as `read`."""
    header = _header(path, meant)
    deep = header.layout in _COLOURS_OF_16_BITS
    return Stored(
        shape=orientation.exchanged(header.size, header.orientation),
        n_channels=3 if header.mode == "RGB" else 1,
        dtype=np.dtype(np.uint16 if deep else _DTYPES[header.mode]),
    )


def write(path: Path, array: np.ndarray, like: Image) -> None:
    """Write a map (x, y) uint8 or uint16 as a PNG with the pixel size of `like`. Raises OSError if it cannot."""
    assert like.geometry is not None
    x, y = like.geometry.spacing[:2]
    known = {} if (x, y) == (1, 1) else {"dpi": (25.4 / x, 25.4 / y)}
    try:
        PIL.Image.fromarray(np.ascontiguousarray(array.T)).save(path, **known)
    except OSError as error:
        raise OSError(f"cannot write {path}: {one_line(error)}") from error


@contextmanager
def opened(path: Path, formats: tuple[str, ...] = _FORMATS) -> Iterator[PIL.Image.Image]:
    """The picture of a file, of any size. Raises ValueError, in one line, if Pillow cannot read it."""
    largest, PIL.Image.MAX_IMAGE_PIXELS = PIL.Image.MAX_IMAGE_PIXELS, None  # memory is checked elsewhere
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            silent(),
            PIL.Image.open(path, formats=formats) as image,
        ):
            yield image
    except PIL.UnidentifiedImageError as error:
        raise ValueError(f"cannot read {path}: it is none of {', '.join(formats)}") from error
    except Exception as error:  # a damaged file may raise anything in there
        raise unreadable(path, error) from error
    finally:
        PIL.Image.MAX_IMAGE_PIXELS = largest


def _header(path: Path, meant: Meant) -> PictureHeader:
    with opened(path) as image:
        layout, dpi = str(image.tile[0].args), image.info.get("dpi", (0, 0))
        return PictureHeader(
            layout=layout,
            mode=_mode(image.mode, layout, meant),
            size=image.size,
            orientation=_turned(path, image),
            spacing=(25.4 / dpi[0], 25.4 / dpi[1]) if min(dpi) > 0 else (1.0, 1.0),
        )


def _turned(path: Path, image: PIL.Image.Image) -> int:
    """How the picture is turned, by EXIF or XMP; a PNG may say so after its pixels, which are then decoded."""
    if image.format == "PNG" and _WORDS.isdisjoint(_chunks(path)):
        return orientation.AS_STORED
    return image.getexif().get(orientation.TAG) or orientation.AS_STORED


def _chunks(path: Path) -> set[bytes]:
    """The names of the chunks of a PNG, each of which has its length, its name, its data and 4 bytes more."""
    names = set()
    with path.open("rb") as file:
        file.seek(8)
        while len(start := file.read(8)) == 8:
            names.add(start[4:])
            file.seek(int.from_bytes(start[:4], "big") + 4, os.SEEK_CUR)
    return names


def _mode(mode: str, layout: str, meant: Meant) -> str:
    """The mode in which a picture is read."""
    if layout in _GREY_OF_16_BITS:
        return "L"
    return "P" if meant.labels and mode == "P" else _READ_AS.get(mode, "RGB")


def _channels(path: Path, mode: str) -> np.ndarray:
    """The channels (M, x, y) as stored."""
    with opened(path) as image:
        return np.atleast_3d(np.asarray(image if image.mode == mode else image.convert(mode))).T

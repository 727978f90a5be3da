"""TIFF, by tifffile."""

from pathlib import Path

import numpy as np
import tifffile

from . import orientation, tiff_colours, tiff_header, tiff_pages, tiff_pixels
from .inputs import one_line
from .records import Image, Meant, Stored, flat_geometry
from .tiff_header import TiffHeader

_SUFFIX = ".tif"


def read(path: Path, meant: Meant) -> Image:
    """Read the channels of a picture or a stack, upright; for a palette, its colours.

    Raises ValueError for a file that cannot be read.
    """
    header = tiff_header.read(path)
    axes = tiff_pages.laid_out(path, header, meant)
    tiff_pages.say(path, header, meant)
    pixels = tiff_pixels.read(path, header)
    tiff_pages.say_alpha(path, pixels, header)
    found = tiff_pages.channels(pixels, header, axes)
    if header.white_is_zero:
        found = tiff_colours.bright_is_large(path, found, header.bits, meant.labels)
    if (palette := _palette(header, meant)) is not None:
        found = np.take(palette, found, axis=1).swapaxes(0, 1).reshape(-1, *found.shape[1:])
    seen = orientation.upright(found, header.orientation)
    geometry = flat_geometry(seen.shape[1:], orientation.exchanged(header.spacing, header.orientation))
    return Image(channels=seen, geometry=geometry, suffix=_SUFFIX, source=path)


def stored(path: Path, meant: Meant) -> Stored:
    """The contents of the header. Raises ValueError as `read`."""
    header = tiff_header.read(path)
    axes = tiff_pages.laid_out(path, header, meant)
    palette = _palette(header, meant)
    sizes = dict(zip(header.axes, header.shape, strict=True))
    depth = () if axes.of_depth is None else (header.shape[axes.of_depth],)
    return Stored(
        shape=orientation.exchanged((sizes["X"], sizes["Y"], *depth), header.orientation),
        n_channels=tiff_pages.n_channels(header, axes) * (1 if palette is None else 3),
        dtype=header.dtype if palette is None else palette.dtype,
    )


def write(path: Path, array: np.ndarray, like: Image) -> None:
    """Write a map (x, y[, z]), or several (K, x, y[, z]) as channels, with OME's names of the axes.

    Every channel of a slice is a page, so that no program takes three of them for colours, or a fourth for alpha.
    Raises OSError if the file cannot be written.
    """
    assert like.geometry is not None
    n_axes = len(like.geometry.size)
    several = array.ndim > n_axes
    in_rows = np.moveaxis(array.T, -1, 0) if several else array.T
    axes = ("C" if several else "") + "ZYX"[-n_axes:]
    x, y = like.geometry.spacing[:2]
    unit = "NONE" if (x, y) == (1, 1) else "CENTIMETER"
    resolution = (1, 1) if unit == "NONE" else (10 / x, 10 / y)
    try:
        tifffile.imwrite(
            path,
            in_rows,
            ome=True,
            photometric="minisblack",
            compression="zlib",
            metadata={"axes": axes},
            resolution=resolution,
            resolutionunit=unit,
        )
    except OSError as error:
        raise OSError(f"cannot write {path}: {one_line(error)}") from error


def _palette(header: TiffHeader, meant: Meant) -> np.ndarray | None:
    """The colours of the palette that the values point to; None if the values are taken as stored."""
    return None if meant.labels else header.palette

"""The header of a TIFF, by tifffile, which knows how ImageJ, OME and others name axes."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tifffile

from . import orientation, tiff_colours
from .inputs import unreadable

_MM_OF_UNITS = {tifffile.RESUNIT.INCH: 25.4, tifffile.RESUNIT.CENTIMETER: 10.0}
_LOGGER = logging.getLogger("tifffile")


class TiffHeader(NamedTuple):
    """The image of a TIFF, before its pixels are read.

    axes: a letter for each axis of `shape`: X, Y, S (samples of a pixel), C (channels), Z, T, or any other for
    pages if the file does not tell what they are. alpha: the samples that are not channels. palette: (3, number of
    colours), None if values are taken as stored. white_is_zero: whether 0 is white, for greys. bits: of a sample.
    spacing: along x and y as stored, in mm, or 1. plain: whether all libraries give the values as stored.
    """

    axes: str
    shape: tuple[int, ...]
    dtype: np.dtype
    alpha: tuple[int, ...]
    palette: np.ndarray | None
    white_is_zero: bool
    bits: int
    orientation: int
    spacing: tuple[float, float]
    plain: bool


@contextmanager
def opened(path: Path) -> Iterator[tifffile.TiffFile]:
    """The file, opened. Raises ValueError, in one line, if tifffile cannot read it or reports missing pages."""
    said = _Said()
    _LOGGER.addHandler(said)
    propagate, _LOGGER.propagate = _LOGGER.propagate, False
    try:
        with tifffile.TiffFile(path) as file:
            yield file
    except Exception as error:  # a damaged file may raise anything in there
        raise unreadable(path, error) from error
    finally:
        _LOGGER.propagate = propagate
        _LOGGER.removeHandler(said)
    if any(word in each for each in said.errors for word in ("TiffPages", "corrupted")):
        raise ValueError(f"cannot read {path}: the file is cut short or damaged")


def read(path: Path) -> TiffHeader:
    """Read the header. Raises ValueError for a file that cannot be read, holds several images, or lacks pages."""
    with opened(path) as file:
        whole = _whole(file)
        tiff_colours.check(whole[0].keyframe)
        header, kinds = _header(whole[0]), [_kind(series) for series in whole]
        if len(whole) > 1 and _are_pages(whole):
            header, kinds = _of_pages(header, len(whole)), kinds[:1]
        missing = sum(page is None for page in whole[0].pages)
    if len(kinds) > 1:
        raise ValueError(
            f"{path} holds {len(kinds)} images ({', '.join(kinds)}); save the one meant as its own file"
        )
    if missing:
        raise ValueError(
            f"{path} lacks {missing} of the pages that it names; put the files that hold them beside it"
        )
    return header


def pixels(file: tifffile.TiffFile) -> np.ndarray:
    """The pixels by tifffile, in the order of the file's axes."""
    first, *others = _whole(file)
    return np.stack([each.asarray() for each in (first, *others)]) if others else first.asarray()


class _Said(logging.Handler):
    """Collects what tifffile logs as errors, and keeps it from the screen."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.errors: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.errors.append(record.getMessage())


def _whole(file: tifffile.TiffFile) -> list[Any]:
    """All images except thumbnails, smaller copies and masks. An image of half the size need not be a copy."""
    found = [each for series in file.series for each in (series.levels if series.kind == "generic" else [series])]
    return [each for each in found if not (each.keyframe.is_reduced or each.keyframe.is_mask)] or file.series


def _are_pages(whole: list[Any]) -> bool:
    """Whether the images are pages alike, which tifffile wrote one by one, each with its own description."""
    first = whole[0]
    return first.kind == "shaped" and all(
        (each.kind, each.shape, each.keyframe.hash) == (first.kind, first.shape, first.keyframe.hash)
        and np.array_equal(each.keyframe.colormap, first.keyframe.colormap)
        for each in whole
    )


def _of_pages(header: TiffHeader, n_pages: int) -> TiffHeader:
    """The header of all pages, from that of one, with an axis of which the file does not tell what it is."""
    return header._replace(axes=f"I{header.axes}", shape=(n_pages, *header.shape))


def _kind(series: Any) -> str:
    page = series.keyframe
    return f"{page.imagewidth}×{page.imagelength} {series.dtype}"


def _header(series: Any) -> TiffHeader:
    page = series.keyframe
    n_samples, extra = page.samplesperpixel, page.extrasamples
    alpha = (tifffile.EXTRASAMPLE.ASSOCALPHA, tifffile.EXTRASAMPLE.UNASSALPHA)
    turned = page.tags.valueof(orientation.TAG, orientation.AS_STORED)
    return TiffHeader(
        axes=series.axes,
        shape=tuple(series.shape),
        dtype=np.dtype(series.dtype),
        alpha=tuple(n_samples - len(extra) + place for place, kind in enumerate(extra) if kind in alpha),
        palette=page.colormap if tiff_colours.photometric(page) == tifffile.PHOTOMETRIC.PALETTE else None,
        white_is_zero=tiff_colours.white_is_zero(page),
        bits=page.bitspersample,
        orientation=turned,
        spacing=_spacing(page),
        plain=turned == orientation.AS_STORED and tiff_colours.plain(page),
    )


def _spacing(page: Any) -> tuple[float, float]:
    """Size of a pixel along x and y, in mm; 1 if the file does not give it in a unit of length."""
    mm, per_unit = _MM_OF_UNITS.get(page.resolutionunit), page.resolution
    if mm is None or "XResolution" not in page.tags or "YResolution" not in page.tags or min(per_unit) <= 0:
        return (1.0, 1.0)
    return (mm / per_unit[0], mm / per_unit[1])

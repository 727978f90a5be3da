"""The axes of a TIFF: which are channels, which is the depth of a volume."""

import math
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .records import Meant
from .tiff_header import TiffHeader

_KNOWN = "XYSCZ"  # the file leaves open what other axes are, such as times, or pages without a name
_AGAINST = {"pages": "Z", "samples": "C"}  # the name of the axis of pages that contradicts --channels-are


class Axes(NamedTuple):
    """Indices into `TiffHeader.axes`. of_channels: in their order. of_depth: None for a flat image."""

    of_channels: tuple[int, ...]
    of_depth: int | None


def laid_out(path: Path, header: TiffHeader, meant: Meant) -> Axes:
    """What each axis is. Raises ValueError if more than one axis would be the depth."""
    open_ones = "" if meant.channels_are == "pages" else _open(header)
    depth = [place for place, axis in enumerate(header.axes) if axis in "Z" + open_ones]
    channels = [place for place, axis in enumerate(header.axes) if axis not in "XYZ" + open_ones]
    if len(depth) > 1:
        axes = ", ".join(f"{header.shape[place]} along {header.axes[place]}" for place in depth)
        as_channels = f"segment --channels-are pages takes those along {' and '.join(open_ones)} for channels"
        remedy = as_channels if meant.channels_are is None and not meant.labels else "save fewer"
        raise ValueError(f"{path} has more than three axes beside its channels: pages are {axes}; {remedy}")
    return Axes(of_channels=tuple(channels), of_depth=depth[0] if depth else None)


def say(path: Path, header: TiffHeader, meant: Meant) -> None:
    """Warn of pages that are read in another way than a user may expect."""
    told, open_ones = meant.channels_are, _open(header)
    if told is not None and not open_ones and _AGAINST[told] in header.axes:
        what = "its channels" if told == "samples" else "slices of a volume"
        warnings.warn(f"{path} says that its pages are {what}: --channels-are {told} is ignored", stacklevel=6)
    if told is None and open_ones and not (meant.one_channel or meant.labels):
        n_pages = math.prod(header.shape[header.axes.index(axis)] for axis in open_ones)
        remedy = "segment --channels-are pages takes them for channels"
        warnings.warn(f"the {n_pages} pages of {path} are taken for slices of a volume; {remedy}", stacklevel=6)


def say_alpha(path: Path, array: np.ndarray, header: TiffHeader) -> None:
    """Warn of alpha that varies: `channels` leaves it out, but it may be a channel that was only named alpha."""
    left_out = (array.take(place, header.axes.index("S")) for place in header.alpha)
    if any(each.min() != each.max() for each in left_out):
        remedy = "if it is a channel, save the channels as pages"
        warnings.warn(f"the alpha of {path} is left out, though it varies; {remedy}", stacklevel=6)


def channels(array: np.ndarray, header: TiffHeader, axes: Axes) -> np.ndarray:
    """The stored pixels as (M, x, y[, z]), without alpha; a view if no sample is alpha."""
    samples = header.axes.find("S")
    if header.alpha:
        array = np.delete(array, list(header.alpha), samples)
    in_space = [header.axes.index("X"), header.axes.index("Y")]
    if axes.of_depth is not None:
        in_space.append(axes.of_depth)
    array = array.transpose(*axes.of_channels, *in_space)
    return array.reshape(-1, *array.shape[len(axes.of_channels) :])


def n_channels(header: TiffHeader, axes: Axes) -> int:
    """How many channels `channels` returns."""
    sizes = dict(enumerate(header.shape))
    if header.alpha:
        sizes[header.axes.index("S")] -= len(header.alpha)
    return math.prod(sizes[place] for place in axes.of_channels)


def _open(header: TiffHeader) -> str:
    """The axes of which the file does not tell what they are."""
    return "".join(axis for axis in header.axes if axis not in _KNOWN)

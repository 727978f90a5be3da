"""An image as it comes from a file, and what is known of it before it is read."""

import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

CHANNELS_ARE = ("pages", "samples")
TIFF = (".tif", ".tiff")
PICTURES = (".png", ".tif")  # they have a size, and no place in the patient


class Geometry(NamedTuple):
    """Where the pixels of a file lie, in mm and in the patient's axes LPS (left, posterior, superior).

    size, spacing, origin: one number an axis. direction: the unit vectors of the axes, row by row.
    """

    size: tuple[int, ...]
    spacing: tuple[float, ...]
    origin: tuple[float, ...]
    direction: tuple[float, ...]


def flat_geometry(size: tuple[int, ...], spacing: tuple[float, float] = (1.0, 1.0)) -> Geometry:
    """That of a picture (H, W) or a stack (H, W, D), which lies nowhere; spacing: in mm, as far as it is known."""
    n_axes = len(size)
    return Geometry(
        size=size,
        spacing=(*spacing, 1.0)[:n_axes],
        origin=(0.0,) * n_axes,
        direction=tuple(np.eye(n_axes).ravel().tolist()),
    )


class Meant(NamedTuple):
    """What a file is read as, where it does not say itself.

    one_channel: an image of one channel, (H, W[, D]). labels: a mask or a label map, so of one channel; what a
    palette shows stands for its place there. channels_are: `pages` or `samples`, the channels of a TIFF; None:
    its samples, and it is said.
    """

    one_channel: bool = False
    labels: bool = False
    channels_are: str | None = None


class Stored(NamedTuple):
    """What the header of a file tells. shape: of a channel, (H, W[, D]). dtype: as it is stored."""

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
        return self.n_numbers * np.dtype(floating(self.dtype)).itemsize


def floating(stored: np.dtype) -> type[np.floating]:
    """The floats that hold what a file stores: float32, or float64 for more than 16-bit integers or float32."""
    exact = stored.itemsize <= (4 if stored.kind == "f" else 2)
    return np.float32 if exact else np.float64


class Image(NamedTuple):
    """An image and what is needed to write results beside it.

    channels: (M, H, W[, D]), float32, or float64 where the file holds more than 16-bit integers or float32.
    geometry: None for `.npy`. suffix: of the format in which results are written. source: the (first) file.
    header: what the writer of that format takes over into results, if anything.
    """

    channels: np.ndarray
    geometry: Geometry | None
    suffix: str
    source: Path
    header: Any = None

    @property
    def view(self) -> str:
        """How `figures` shall draw it: anterior, or else superior, up where the file says where that is."""
        if self.geometry is None:
            return "rows"
        y_axis = np.reshape(self.geometry.direction, (-1, len(self.geometry.size)))[:, 1]
        towards = int(np.abs(y_axis).argmax())
        upwards = (towards == 1 and y_axis[1] < 0) or (towards == 2 and y_axis[2] > 0)
        return "y-up" if upwards else "y-down"

    @property
    def aspect(self) -> float:
        """Height of a pixel over its width, when drawn."""
        return 1.0 if self.geometry is None else self.geometry.spacing[1] / self.geometry.spacing[0]

    @property
    def spacing(self) -> tuple[float, ...]:
        """Size of a pixel along each axis, in mm; 1 where the file has no place in the patient."""
        if self.geometry is None or self.suffix in PICTURES:
            return (1.0,) * (self.channels.ndim - 1)
        return self.geometry.spacing

"""An image from a file, and what is known of it before it is read."""

import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

CHANNELS_ARE = ("pages", "samples")
TIFF = (".tif", ".tiff")
PICTURES = (".png", ".tif")  # formats with a pixel size, but without a place in the patient


class Geometry(NamedTuple):
    """Where the pixels of a file lie, in mm and in the patient's axes LPS (left, posterior, superior).

    size, spacing, origin: one number per axis. direction: the unit vectors of the axes, row by row.
    """

    size: tuple[int, ...]
    spacing: tuple[float, ...]
    origin: tuple[float, ...]
    direction: tuple[float, ...]


def flat_geometry(size: tuple[int, ...], spacing: tuple[float, float] = (1.0, 1.0)) -> Geometry:
    """The geometry of a picture (H, W) or a stack (H, W, D) without a place. spacing: in mm, 1 if unknown."""
    n_axes = len(size)
    return Geometry(
        size=size,
        spacing=(*spacing, 1.0)[:n_axes],
        origin=(0.0,) * n_axes,
        direction=tuple(np.eye(n_axes).ravel().tolist()),
    )


class Meant(NamedTuple):
    """What a file is read as, if it does not tell itself.

    one_channel: an image of one channel, (H, W[, D]). labels: a mask or a label map, so of one channel; the values
    of a palette are the indices into it. channels_are: the channels of a TIFF, `pages` or `samples`; None: its
    samples, with a warning.
    """

    one_channel: bool = False
    labels: bool = False
    channels_are: str | None = None


class Stored(NamedTuple):
    """The contents of a file's header. shape: of a channel, (H, W[, D]). dtype: as stored."""

    shape: tuple[int, ...]
    n_channels: int
    dtype: np.dtype

    @property
    def n_numbers(self) -> int:
        """How many numbers the file holds."""
        return math.prod(self.shape) * self.n_channels

    @property
    def held(self) -> int:
        """Bytes of the image once it is read, in floats."""
        return self.n_numbers * np.dtype(floating(self.dtype)).itemsize


def floating(stored: np.dtype) -> type[np.floating]:
    """The dtype for the values of a file: float32, or float64 for more than 16-bit integers or float32."""
    exact = stored.itemsize <= (4 if stored.kind == "f" else 2)
    return np.float32 if exact else np.float64


class Image(NamedTuple):
    """An image and what is needed to write results beside it.

    channels: (M, H, W[, D]), float32, or float64 if the file holds more than 16-bit integers or float32.
    geometry: None for `.npy`. suffix: of the format in which results are written. source: the (first) file.
    header: what the writer of that format copies into results, if anything.
    """

    channels: np.ndarray
    geometry: Geometry | None
    suffix: str
    source: Path
    header: Any = None

    @property
    def view(self) -> str:
        """How `figures` draws it: anterior up, or else superior up, if the file tells the directions."""
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
        """Size of a pixel along each axis, in mm; 1 if the file has no place in the patient."""
        if self.geometry is None or self.suffix in PICTURES:
            return (1.0,) * (self.channels.ndim - 1)
        return self.geometry.spacing

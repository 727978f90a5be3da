"""Reading NIfTI files, by nibabel: their values, and where these lie."""

import gzip
import logging
import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

import nibabel as nib
import numpy as np
from nibabel.spatialimages import HeaderDataError
from nibabel.wrapstruct import WrapStructError

from . import affines
from .inputs import one_line
from .records import Image, Stored, floating

VERSIONS = {348: nib.Nifti1Image, 540: nib.Nifti2Image}  # by the length of the header, its first number
_ORDERS: tuple[Literal["little", "big"], ...] = ("little", "big")
_SILENT = logging.Logger("nibabel", level=logging.CRITICAL + 1)  # it may repair headers without a word


def read(path: Path, suffix: str) -> Image:
    """The image of a file; its channels are the fourth axis, the components of its vectors, or colours.

    Raises ValueError for a file that is damaged, is not NIfTI, or has more axes.
    """
    with _opened(path) as stream:
        header = _header(path, stream)
        found = _stored(path, header)
        data = bytearray(_n_bytes(header))
        stream.seek(header.get_data_offset())
        if cast(Any, stream).readinto(data) < len(data):
            raise EOFError
        while stream.read(1 << 20):  # the checksum of a packed file comes last
            pass
        voxels = np.frombuffer(data, header.get_data_dtype()).reshape((*found.shape, -1), order="F")
        colours = voxels.dtype.names
        channels = np.moveaxis(voxels, -1, 0)
        channels = np.stack([channels[0][name] for name in colours[:3]]) if colours else _scaled(channels, header)
    return Image(
        channels=channels,
        geometry=affines.geometry(path, header, len(found.shape)),
        suffix=suffix,
        source=path,
        header=header,
    )


def stored(path: Path) -> Stored:
    """The contents of the header. Raises ValueError as `read`."""
    with _opened(path) as stream:
        return _stored(path, _header(path, stream))


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked if they are packed, whatever its name. Raises ValueError if it is damaged."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            with cast(BinaryIO, gzip.open(file)) if packed else file as stream:
                yield stream
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"cannot read {path}: the file is cut short or damaged") from error
    except (HeaderDataError, WrapStructError) as error:
        raise ValueError(f"cannot read {path}: its header is not that of NIfTI ({one_line(error)})") from error


def _header(path: Path, stream: BinaryIO) -> Any:
    """The header by nibabel, of the version that the file states."""
    start = stream.read(4)
    stream.seek(0)
    lengths = {int.from_bytes(start, order) for order in _ORDERS}
    header = VERSIONS[540 if 540 in lengths else 348].header_class.from_fileobj(stream, check=False)
    n_axes = min(int(header["dim"][0]), 3)
    if header["sform_code"] <= 0 and not header["pixdim"][1 : 1 + n_axes].all():  # nibabel would take it for 1 mm
        raise ValueError(f"cannot read {path}: by its pixdim a voxel has no width; mend its header")
    header.check_fix(logger=_SILENT, error_level=logging.ERROR)
    return header


def _stored(path: Path, header: Any) -> Stored:
    shape, dtype = tuple(map(int, header.get_data_shape())), header.get_data_dtype()
    if len(shape) < 2 or min(shape) < 1:
        raise ValueError(
            f"cannot read {path}: its size is {'×'.join(map(str, shape))}; an image has two axes or three"
        )
    n_colours = 3 if dtype.names else 1  # alpha is no channel
    depth, *channels = (*shape[2:], *[1] * (7 - len(shape)))
    if sum(n > 1 for n in (*channels, n_colours)) > 1:
        raise ValueError(f"{path} has more than three axes beside its channels")
    plane = len(shape) == 2 or (depth == 1 and channels[1] > 1)  # vectors of an image of two axes
    return Stored(
        shape=shape[: 2 if plane else 3],
        n_channels=math.prod(channels) * n_colours,
        dtype=(dtype[0] if dtype.names else dtype).newbyteorder("="),
    )


def _n_bytes(header: Any) -> int:
    return math.prod(map(int, header.get_data_shape())) * int(header.get_data_dtype().itemsize)


def _scaled(channels: np.ndarray, header: Any) -> np.ndarray:
    """The values by the header's slope and intercept, in float64, slice by slice, to save memory."""
    slope, intercept = header.get_slope_inter()
    if slope is None or (slope, intercept) == (1, 0) or channels.dtype.kind not in "iuf":
        return channels
    values = np.empty(channels.shape, floating(channels.dtype))
    for z in range(channels.shape[-1]):
        values[..., z] = channels[..., z] * np.float64(slope) + intercept
    return values

"""NIfTI, and what ITK leaves unsaid about it."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from . import itk
from .records import Image


def read(path: Path, suffix: str) -> Image:
    """The image of a file, several channels along its fourth axis, or the components of its vectors."""
    with itk.quiet(f"cannot read {path}"):
        image = sitk.ReadImage(str(path))
        found = itk.image_of(image, path, suffix)
    return (
        found._replace(channels=_mended(path, image, found.channels)) if image.HasMetaDataKey("bitpix") else found
    )


def write(path: Path, array: np.ndarray, like: Image) -> None:
    """Write a map (H, W[, D]), or several (K, H, W[, D]): of volumes along a fourth axis, else as vectors."""
    assert like.geometry is not None
    if array.ndim == 4:
        itk.write_image(path, sitk.JoinSeries([itk.placed(each, like.geometry) for each in array]))
    else:
        itk.write(path, array, like)


def _mended(path: Path, header: sitk.Image, channels: np.ndarray) -> np.ndarray:
    """Undo what ITK does to NIfTI in silence: it turns NaN into 0 and fills up a file cut short with anything."""
    shape = [int(header.GetMetaData(f"dim[{axis + 1}]")) for axis in range(int(header.GetMetaData("dim[0]")))]
    offset, n_bytes = int(float(header.GetMetaData("vox_offset"))), int(header.GetMetaData("bitpix")) // 8
    try:
        raw = path.read_bytes()
        raw = gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raw = b""
    if len(raw) < offset + n_bytes * math.prod(shape):
        raise ValueError(f"cannot read {path}: the file is cut short or damaged")
    if channels.dtype.kind != "f" or header.GetMetaData("datatype") not in ("16", "64"):  # no floats in the file
        return channels
    order = "<" if int.from_bytes(raw[:4], "little") in (348, 540) else ">"  # the header begins with its length
    values = np.frombuffer(raw, f"{order}f{n_bytes}", math.prod(shape), offset)
    lost = ~np.isfinite(values).reshape((*channels.shape[1:], len(channels)), order="F")
    return np.where(np.moveaxis(lost, -1, 0), np.nan, channels)

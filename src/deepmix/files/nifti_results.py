"""Writing NIfTI files with the geometry of an image, and with its own header if it comes from NIfTI."""

from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from . import itk
from .inputs import one_line
from .nifti import VERSIONS
from .records import Image

_TAKEN_OVER = (
    *("pixdim", "qform_code", "sform_code", "quatern_b", "quatern_c", "quatern_d"),
    *("qoffset_x", "qoffset_y", "qoffset_z", "srow_x", "srow_y", "srow_z", "descrip"),
)
_UNIT_OF_LENGTH = 7  # the bits of `xyzt_units`; the others are the unit of time


def write(path: Path, array: np.ndarray, like: Image) -> None:
    """Write a map (H, W[, D]), or several (K, H, W[, D]): of volumes along a fourth axis, else as vectors.

    If `like` comes from NIfTI, its version, sform, qform, their codes, unit of length and description are kept.
    Raises OSError if the file cannot be written.
    """
    assert like.geometry is not None
    n_axes = len(like.geometry.size)
    if like.header is not None:
        _write(path, _arranged(array, n_axes), like.header)
    elif array.ndim == 4:
        itk.write_image(path, sitk.JoinSeries([itk.placed(each, like.geometry) for each in array]))
    else:
        itk.write(path, array, like)


def _arranged(array: np.ndarray, n_axes: int) -> np.ndarray:
    """A map as it is; volumes along the fourth axis, 2-D maps along the fifth, that of vectors."""
    if array.ndim == n_axes:
        return array
    if n_axes == 3:
        return np.moveaxis(array, 0, -1)
    return array[0] if len(array) == 1 else np.moveaxis(array, 0, -1)[:, :, None, None]


def _write(path: Path, array: np.ndarray, like: Any) -> None:
    version = VERSIONS[int(like["sizeof_hdr"])]
    header = version.header_class()
    header.set_data_dtype(array.dtype)
    header.set_data_shape(
        array.shape
    )  # before the place: it sets the size of voxels along axes that are not there
    for name in _TAKEN_OVER:
        header[name] = like[name]
    header["pixdim"][4:] = 1
    header["xyzt_units"] = int(like["xyzt_units"]) & _UNIT_OF_LENGTH
    if array.dtype.kind == "u":
        header.set_intent("label")
    elif array.ndim == 5:
        header.set_intent("vector")
    try:
        version(array, None, header).to_filename(path)
    except OSError as error:
        raise OSError(f"cannot write {path}: {error.strerror or one_line(error)}") from error

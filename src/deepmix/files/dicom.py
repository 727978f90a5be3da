"""DICOM: a file, or a folder of files as one volume."""

import warnings
from pathlib import Path

import numpy as np

from . import dicom_pixels, itk
from .dicom_folders import of_folder
from .dicom_headers import Plane, planes
from .dicom_stacks import stack
from .records import Image, Stored

_WRITTEN_AS = ".nii.gz"


def read(path: Path) -> Image:
    """The image of a file or its frames, or the volume of a folder that holds one series.

    A file that is not DICOM is left to ITK. Raises ValueError for a folder that holds no series or several, for
    images that do not form a volume, and for files that cannot be read.
    """
    found = _planes(path)
    if found is None:
        return itk.read(path, _WRITTEN_AS)
    whole = stack(found, path)
    if found[0].inverted:
        trouble = f"the grey values of {path} are inverted (MONOCHROME1): turned round, so that bright is large"
        warnings.warn(trouble, stacklevel=6)
    return Image(
        channels=dicom_pixels.volume(whole.planes), geometry=whole.geometry, suffix=_WRITTEN_AS, source=path
    )


def stored(path: Path) -> Stored:
    """The contents of the headers. Raises ValueError as `read`."""
    found = _planes(path)
    if found is None:
        return itk.stored(path)
    with warnings.catch_warnings(action="ignore"):  # reading it warns
        whole = stack(found, path)
    return Stored(
        shape=whole.geometry.size,
        n_channels=found[0].n_channels,
        dtype=np.result_type(*(plane.dtype for plane in found)),
    )


def _planes(path: Path) -> list[Plane] | None:
    """The images of a folder or a file; None for a file that is not DICOM."""
    found = of_folder(path) if path.is_dir() else planes(path)
    if found == []:
        raise ValueError(f"cannot read {path}: it is DICOM, but holds no image")
    return found

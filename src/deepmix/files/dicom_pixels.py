"""The values of DICOM images: files by GDCM in ITK, which unpacks most kinds; frames by pydicom."""

import warnings
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk
from pydicom.pixels import apply_color_lut, iter_pixels

from . import itk
from .dicom_headers import Plane
from .records import floating


def volume(planes: list[Plane]) -> np.ndarray:
    """The values (M, H, W, D) of images in their order. Raises ValueError for pixels that cannot be decoded."""
    first = planes[0]
    shape = (first.n_channels, *first.size)
    values = np.empty((*shape, len(planes)), floating(np.result_type(*(plane.dtype for plane in planes))))
    order = {(plane.path, plane.frame): z for z, plane in enumerate(planes)}
    with warnings.catch_warnings(action="ignore"):  # of what breaks a rule but can be read
        for plane, found in _decoded(planes):
            if found.shape != shape:
                raise ValueError(f"cannot read {plane.name}: its pixels are {found.shape}, by its header {shape}")
            values[..., order[plane.path, plane.frame]] = found
    return values


def _decoded(planes: list[Plane]) -> Iterator[tuple[Plane, np.ndarray]]:
    """Each image with its values (M, H, W), file by file."""
    by_file = sorted(planes, key=lambda plane: (plane.path, plane.frame or 0))
    for path, group in groupby(by_file, key=lambda plane: plane.path):
        images = list(group)
        if images[0].frame is None:
            yield images[0], _whole(images[0])
        else:
            yield from zip(images, _frames(path, images), strict=True)


def _whole(plane: Plane) -> np.ndarray:
    try:
        with itk.quiet(f"cannot read {plane.path}"):
            found = itk.image_of(sitk.ReadImage(str(plane.path)), plane.path, "").channels
    except ValueError:  # pydicom knows more kinds of run lengths
        (found,) = _frames(plane.path, [plane])
    return found.reshape(found.shape[:3])


def _frames(path: Path, planes: list[Plane]) -> Iterator[np.ndarray]:
    numbers = [plane.frame or 0 for plane in planes]
    try:
        dataset = pydicom.dcmread(path, force=True)
        for plane, raw in zip(planes, iter_pixels(dataset, indices=numbers), strict=True):
            if dataset.PhotometricInterpretation == "PALETTE COLOR":
                raw = apply_color_lut(raw, dataset)
            if plane.inverted:  # as GDCM does
                raw = -1 - raw if plane.dtype.kind == "i" else (1 << int(dataset.BitsStored)) - 1 - raw
            found = raw * np.float64(plane.slope) + plane.intercept
            yield found.T if found.ndim == 3 else found.T[None]
    except Exception as error:  # each way to pack pixels has its own errors
        raise ValueError(
            f"cannot read {path}: its pixels ({planes[0].syntax}) are damaged, or packed in a way not known here; "
            "unpack them first, for example with gdcmconv --raw"
        ) from error

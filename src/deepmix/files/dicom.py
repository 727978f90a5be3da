"""DICOM: a file, or a folder of files as one volume."""

import math
import warnings
from itertools import pairwise
from pathlib import Path

import SimpleITK as sitk

from . import itk
from .records import Image, Stored

_WRITTEN_AS = ".nii.gz"


def read(path: Path) -> Image:
    """The image of a file, or the volume of a folder that holds one series.

    Raises ValueError for a folder that holds none or several, and for what cannot be read.
    """
    if not path.is_dir():
        return itk.read(path, _WRITTEN_AS)
    with itk.quiet(f"cannot read {path}"):
        return itk.image_of(_series(path), path, _WRITTEN_AS)


def stored(path: Path) -> Stored:
    """What the headers tell."""
    if not path.is_dir():
        return itk.stored(path)
    files = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(path))
    if not files:
        raise ValueError(f"no DICOM series in the folder {path}")
    of_slice = itk.stored(Path(files[0]))
    return of_slice._replace(shape=(*of_slice.shape[:2], len(files)))


def _series(folder: Path) -> sitk.Image:
    reader = sitk.ImageSeriesReader()
    series = {uid: reader.GetGDCMSeriesFileNames(str(folder), uid) for uid in reader.GetGDCMSeriesIDs(str(folder))}
    if not series:
        raise ValueError(f"no DICOM series in the folder {folder}")
    if len(series) > 1:
        found = ", ".join(f"{Path(files[0]).name} and {len(files) - 1} more" for files in series.values())
        raise ValueError(f"{folder} holds {len(series)} DICOM series, give each its own folder: {found}")
    (files,) = series.values()
    reader.SetFileNames(files)
    reader.MetaDataDictionaryArrayUpdateOn()
    volume = reader.Execute()
    tag = "0020|0032"  # where the first pixel of a slice lies
    places = [reader.GetMetaData(k, tag).split("\\") for k in range(len(files)) if reader.HasMetaDataKey(k, tag)]
    steps = [math.dist(map(float, here), map(float, there)) for here, there in pairwise(places)]
    if steps and max(steps) - min(steps) > 0.01 * max(steps):
        apart = f"{min(steps):g} to {max(steps):g} mm"
        warnings.warn(f"the slices of {folder} are {apart} apart: some may be missing", stacklevel=6)
    return volume

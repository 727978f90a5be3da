"""A folder of DICOM files as one volume."""

import math
import warnings
from itertools import pairwise
from pathlib import Path

import SimpleITK as sitk


def read_series(folder: Path) -> sitk.Image:
    """The volume of a folder that holds one DICOM series; ValueError if it holds none or several."""
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
        warnings.warn(f"the slices of {folder} are {apart} apart: some may be missing", stacklevel=4)
    return volume

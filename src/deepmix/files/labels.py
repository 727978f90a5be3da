"""From the values of a file to whole numbers: label maps and masks."""

import warnings
from pathlib import Path

import nibabel
import numpy as np

from .records import PICTURES, Image
from .silence import silent

_ROUNDING = 2.0**-22
_BRIGHTEST = 255


def whole(values: np.ndarray, source: Path, remedy: str = "") -> np.ndarray:
    """The labels (H, W[, D]) int of a file that holds them exactly, or as multiples of a scale factor.

    An integer times a factor lies up to half a factor from the label that it stands for. Factor and offset are
    float32 in the header, and some libraries multiply and add in float32: four roundings, each up to 2^-24 of the
    number.
    remedy: what the error suggests for other finite numbers. Raises ValueError for values that are not labels.
    """
    labels = np.rint(values)
    with np.errstate(invalid="ignore"):  # of infinity, which is no label
        off = np.abs(values - labels) - _ROUNDING * np.maximum(np.abs(values), 1)
    fits = off <= _step(source) / 2
    if not fits.all():
        found = values[~fits][0]
        instead = remedy if np.isfinite(found) else ""
        raise ValueError(f"{source} holds {found:g}; labels must be whole numbers{instead}")
    return labels.astype(int)


def inside(values: np.ndarray, found: Image, threshold: float | None) -> np.ndarray:
    """Where a mask (H, W[, D]) is not 0, or above the threshold; warns of shades of grey if there is none."""
    if threshold is not None:
        return values > threshold
    codes = whole(values, found.source, "; --mask-threshold of segment takes a mask of others")
    in_shades = found.suffix in PICTURES or codes.max() == _BRIGHTEST  # else it may be a label map
    if in_shades and (n_values := len(np.unique(codes))) > 2:
        what = f"the mask {found.source} holds {n_values} values, as smooth edges do: all that are not 0 count"
        warnings.warn(f"{what}; --mask-threshold of segment sets another limit", stacklevel=4)
    return codes != 0


def _step(path: Path) -> float:
    """The scale factor of a NIfTI file of integers, if it is below 1; else 0: values are taken as stored."""
    if not path.name.lower().endswith((".nii", ".nii.gz")):
        return 0.0
    try:
        with silent():
            stored = nibabel.load(path).dataobj
    except Exception:  # nibabel refuses some files that have been read by now
        return 0.0
    factor = abs(float(stored.slope))
    return factor if stored.dtype.kind in "iu" and factor < 1 else 0.0

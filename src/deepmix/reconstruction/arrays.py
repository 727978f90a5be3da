"""Arrays (views, detectors) or (views, rows, detectors) from files that hold one."""

from pathlib import Path
from typing import Any

import numpy as np

NIFTI = ".nii", ".nii.gz"


def suffix(path: Path) -> str:
    """In small letters; of packed NIfTI both."""
    return ".nii.gz" if path.name.lower().endswith(".nii.gz") else path.suffix.lower()


def read(path: Path) -> np.ndarray:
    """The array of a `.npy`, `.npz`, TIFF or NIfTI. Raises ValueError for archives of several."""
    if suffix(path) in NIFTI:
        return _of_nifti(path)
    if path.suffix.lower() in (".npy", ".npz"):
        return _of_numpy(path)
    import tifffile

    return np.asarray(tifffile.imread(path))


def _of_numpy(path: Path) -> np.ndarray:
    try:
        held = np.load(path, allow_pickle=False)
    except ValueError:  # in whose words one may load it all the same, if one trusts it
        raise ValueError(f"cannot read {path}: it is damaged, or holds no array of numbers") from None
    if isinstance(held, np.ndarray):
        return held
    with held as archive:
        if len(archive.files) != 1:
            raise ValueError(f"{path} holds {', '.join(archive.files)}; save the sinogram alone")
        return np.asarray(archive[archive.files[0]])


def _of_nifti(path: Path) -> np.ndarray:
    """(n, D) or (n, rows, D): detectors go along x, views along y, rows of the detector along z."""
    from deepmix.files import nifti

    channels = nifti.read(path, suffix(path)).channels
    if len(channels) != 1:
        raise ValueError(f"{path} has {len(channels)} channels; a sinogram has one")
    return channels[0].T if channels.ndim == 3 else np.moveaxis(channels[0], 0, 2)


def in_row(values: Any, row: int | None, path: Path) -> np.ndarray:
    """(n, D) of (n, rows, D), an array or a data set of HDF5, of which the row alone is read."""
    if values.ndim != 3:
        if row:
            raise ValueError(f"{path} has one row of detectors, the row 0, not {row}")
        return np.asarray(values)
    if row is None and values.shape[1] > 1:
        raise ValueError(f"{path} holds {values.shape[1]} rows of detectors; choose one by --row")
    if not 0 <= (row or 0) < values.shape[1]:
        raise ValueError(f"{path} has the rows 0 to {values.shape[1] - 1}, not {row}")
    return np.asarray(values[:, row or 0])


def of_field(values: Any, row: int | None, path: Path) -> np.ndarray:
    """(D,) of a field: of (D,), a column (D, 1), the mean of several (k, D), or a row of (k, rows, D).

    Where a row of the detector is chosen, two axes are its rows: (rows, D).
    """
    if values.ndim == 2 and values.shape[1] == 1 < values.shape[0]:
        return np.asarray(values)[:, 0]
    if values.ndim == 2 and row is not None and values.shape[0] > 1:
        values = np.asarray(values)[np.newaxis]
    field = np.atleast_1d(in_row(values, row if values.ndim > 1 else None, path))
    return field.mean(axis=0) if field.ndim == 2 else field

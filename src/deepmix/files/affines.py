"""Where the voxels of a NIfTI file lie: by its sform, or else by its qform."""

import itertools
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from .records import Geometry

_MM = {1: 1e3, 3: 1e-3}  # metres and microns, by NIfTI's codes; what has another code or none is in mm
_TO_LPS = np.diag([-1.0, -1.0, 1.0])  # NIfTI's axes are right, anterior, superior
_RIGHT_ANGLE = 0.01  # the largest cosine of a right angle: axes may be rounded to two decimals


def geometry(path: Path, header: Any, n_axes: int) -> Geometry:
    """Where the first n_axes axes of a file lie, by its header from nibabel.

    Axes that are not at right angles are kept, with a warning. An image of two axes has an origin of three
    numbers, unless it lies in the plane z = 0. Raises ValueError if the axes have no length or no direction.
    """
    affine = _affine(path, header, n_axes)[:3] * _mm(header)
    axes, origin = _TO_LPS @ affine[:, :n_axes], _TO_LPS @ affine[:, 3]
    spacing = np.linalg.norm(axes, axis=0)
    direction = axes / spacing
    if np.abs(direction.T @ direction - np.eye(n_axes)).max() > _RIGHT_ANGLE:
        trouble = (
            f"the axes of {path} are not at right angles: results get the same axes, "
            "but distances are computed as if the angles were right"
        )
        warnings.warn(trouble, stacklevel=7)
    n_space = 2 if n_axes == 2 and origin[2] == 0 and not direction[2].any() else 3
    return Geometry(
        size=tuple(map(int, header.get_data_shape()[:n_axes])),
        spacing=tuple(spacing.tolist()),
        origin=tuple(origin[:n_space].tolist()),
        direction=tuple(direction[:n_space].ravel().tolist()),
    )


def _affine(path: Path, header: Any, n_axes: int) -> np.ndarray:
    """The matrix (4, 4) from voxels to right, anterior, superior, in the unit of the file."""
    coded = {name: affine(header) for name, affine in _AFFINES.items() if header[f"{name}_code"] > 0}
    found = coded or {"pixdim": _unplaced(header)}
    usable = {name: affine for name, affine in found.items() if _spans(affine, n_axes)}
    if not usable:
        names = " and ".join(found)
        raise ValueError(
            f"cannot read {path}: by its {names} its axes have no length or no direction; mend its header"
        )
    name, affine = next(iter(usable.items()))
    if len(usable) < len(found):
        (broken,) = found.keys() - usable.keys()
        warnings.warn(f"the {broken} of {path} is singular: its {name} is taken", stacklevel=8)
    if len(usable) == 2:
        apart = _apart(usable["sform"], usable["qform"], header.get_data_shape()[:n_axes])
        if apart > np.linalg.norm(affine[:3, :n_axes], axis=0).min() / 2:
            trouble = (
                f"sform and qform of {path} are up to {apart * _mm(header):.3g} mm apart: its {name} is taken"
            )
            warnings.warn(trouble, stacklevel=8)
    return affine


def _qform(header: Any) -> np.ndarray:
    """The qform of the header; a quaternion that rounding has made longer than 1 gets the length 1."""
    parts = [f"quatern_{part}" for part in "bcd"]
    length = np.linalg.norm([header[part] for part in parts])
    if length > 1:
        header = header.copy()
        for part in parts:
            header[part] = header[part] / length
    return np.asarray(header.get_qform())


_AFFINES = {"sform": lambda header: np.asarray(header.get_sform()), "qform": _qform}  # in the order of nibabel


def _unplaced(header: Any) -> np.ndarray:
    """The matrix for a file without a place in the patient: the one of ITK, so that masks drawn with ITK fit."""
    return np.diag([*(np.abs(header["pixdim"][1:4]) @ _TO_LPS), 1.0])


def _spans(affine: np.ndarray, n_axes: int) -> bool:
    return bool(np.isfinite(affine).all()) and np.linalg.matrix_rank(affine[:3, :n_axes]) == n_axes


def _apart(one: np.ndarray, other: np.ndarray, shape: tuple[int, ...]) -> float:
    """The largest distance between the places that two matrices give a corner of the image."""
    corners = np.array([(*corner, 1) for corner in itertools.product(*((0, n - 1) for n in shape))])
    columns = [*range(len(shape)), 3]
    return float(np.linalg.norm((one - other)[:3, columns] @ corners.T, axis=0).max())


def _mm(header: Any) -> float:
    """Millimetres in the file's unit of length."""
    return _MM.get(int(header["xyzt_units"]) & 7, 1.0)

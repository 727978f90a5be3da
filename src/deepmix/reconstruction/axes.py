"""The axis of rotation, where it is seen [CT9]."""

import warnings
from types import ModuleType
from typing import Any

import numpy as np

from deepmix.reference.inverse.records import Operator
from deepmix.reference.tomography.axis import STEP, shifts
from deepmix.reference.tomography.checks import warn_of_narrowness
from deepmix.reference.tomography.records import Radon, ScanGeometry

from .settings import ReconstructionSettings
from .weighted import WeightedData


def on_axis(
    measured: WeightedData, operator: Operator, settings: ReconstructionSettings, backend: ModuleType
) -> tuple[Operator, float]:
    """The operator with its axis where it is seen, and the shift in mm at the axis.

    Raises ValueError for what has no axis, for the axis auto of a fan, and if no ray of a scan meets its image.
    """
    if not isinstance(operator, Radon):
        if settings.axis is not None:
            raise ValueError("only a scan has an axis")
        return operator, 0.0
    geometry, shift = operator.geometry, 0.0
    if settings.axis is not None:
        shift = _found(measured, geometry, backend) if settings.axis == "auto" else float(settings.axis)
        geometry = geometry._replace(detectors=geometry.detectors - shift)
        warn_of_narrowness(geometry, stacklevel=4)
    check_met(backend, geometry, measured.data.dtype)
    return Radon(geometry=geometry), shift


def _found(measured: WeightedData, geometry: ScanGeometry, backend: ModuleType) -> float:
    if geometry.divergence:
        raise ValueError("axis auto is for parallel rays; of a fan, give the shift in mm")
    shift = float(backend.tomography.axis.rotation_axis(measured.data, geometry))
    tried, step = shifts(geometry), STEP * geometry.detector_spacing
    if not tried.min() + step / 2 < shift < tried.max() - step / 2:
        warnings.warn(
            f"the axis was looked for from {tried.min():.4g} to {tried.max():.4g} mm and fits best at the end, "
            f"{shift:.4g} mm: it may lie farther out; look at the image, or give the shift in mm",
            stacklevel=5,
        )
    return shift


def check_met(backend: ModuleType, geometry: ScanGeometry, dtype: Any) -> None:
    """Raise ValueError if no ray meets the image."""
    if not np.asarray(backend.tomography.radon.project(np.ones(geometry.image_shape, dtype), geometry)).any():
        nearest = np.abs(geometry.detectors).min()
        raise ValueError(
            f"no ray meets the image: the nearest passes the axis {nearest:.4g} mm away; check the shift of the "
            "axis, and the lengths of the geometry"
        )

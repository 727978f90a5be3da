"""The axis of rotation, where it is seen."""

from types import ModuleType
from typing import Any

import numpy as np

from deepmix.reference.inverse.records import Operator
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
    shift = _shift(measured, operator, settings, backend)
    geometry = operator.geometry
    moved = Radon(geometry=geometry._replace(detectors=geometry.detectors - shift)) if shift else operator
    check_met(backend, moved.geometry, measured.data.dtype)
    return moved, shift


def _shift(
    measured: WeightedData, operator: Radon, settings: ReconstructionSettings, backend: ModuleType
) -> float:
    if settings.axis is None:
        return 0.0
    if settings.axis != "auto":
        return float(settings.axis)
    if operator.geometry.divergence:
        raise ValueError("axis auto is for parallel rays; of a fan, give the shift in mm")
    return float(backend.tomography.axis.rotation_axis(measured.data, operator.geometry))


def check_met(backend: ModuleType, geometry: ScanGeometry, dtype: Any) -> None:
    """Raise ValueError if no ray meets the image."""
    if not np.asarray(backend.tomography.radon.project(np.ones(geometry.image_shape, dtype), geometry)).any():
        nearest = np.abs(geometry.detectors).min()
        raise ValueError(
            f"no ray meets the image: the nearest passes the axis {nearest:.4g} mm away; check the shift of the "
            "axis, and the lengths of the geometry"
        )

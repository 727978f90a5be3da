"""The axis of a scan, put where it is seen [CT9]."""

import warnings
from types import ModuleType

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

    Raises ValueError for what has no axis, and for a fan whose axis is to be found.
    """
    if settings.axis is None:
        return operator, 0.0
    if not isinstance(operator, Radon):
        raise ValueError("only a scan has an axis")
    geometry = operator.geometry
    shift = _found(measured, geometry, backend) if settings.axis == "auto" else float(settings.axis)
    geometry = geometry._replace(detectors=geometry.detectors - shift)
    warn_of_narrowness(geometry, stacklevel=4)
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

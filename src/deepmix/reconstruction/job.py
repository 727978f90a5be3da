"""A scan becomes an image: counts, the axis, a method, and what can be said of the result."""

import time
import warnings
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from deepmix import backends
from deepmix.reference.inverse.checks import check_finite
from deepmix.reference.tomography.records import Projections, ScanGeometry

from . import scans
from .methods import METHODS
from .scans import ScanDescription
from .settings import ReconstructionSettings
from .sinograms import Measurement

DTYPES = {"accelerated": "float32", "reference": "float64"}


class Reconstruction(NamedTuple):
    """An image and how it came about.

    image: (H, W), a mm. sinogram, residual: (n, D), line integrals, and what the image does not explain of them.
    geometry: as used, the axis put right. facts: for the report.
    """

    image: np.ndarray
    sinogram: np.ndarray
    residual: np.ndarray
    geometry: ScanGeometry
    facts: dict[str, Any]


def run(measurement: Measurement, scan: ScanDescription, settings: ReconstructionSettings) -> Reconstruction:
    """Reconstruct. Raises ValueError for views that do not match the angles, and for values not finite."""
    began = time.perf_counter()
    n_views, n_detectors = measurement.values.shape
    if len(scan.angles) != n_views:
        raise ValueError(
            f"there are {n_views} views of {n_detectors} detectors, but {len(scan.angles)} angles; "
            "views are rows: transpose the sinogram if they are columns"
        )
    check_finite("the sinogram" if measurement.flat is None else "the counts", measurement.values)
    geometry = scans.geometry_of(scan, n_detectors)
    with backends.opened(settings.backend, DTYPES[settings.backend]) as backend:
        measured = _projections(measurement, backend, DTYPES[settings.backend])
        geometry, shift = _on_axis(measured, geometry, settings, backend)
        found = METHODS[settings.method](backend, measured, geometry, settings)
        residual = measured.sinogram - np.asarray(backend.tomography.radon.project(found.image, geometry))
        facts = {
            "axis": shift,
            "starved": int(measured.starved.sum()),
            "residual": _share(residual, measured.sinogram),
            "adjoint_error": _adjoint_error(backend, geometry, measured.sinogram, found.image),
        }
    return Reconstruction(
        image=found.image,
        sinogram=measured.sinogram,
        residual=residual,
        geometry=geometry,
        facts=facts | found.facts | {"seconds": time.perf_counter() - began},
    )


def _projections(measurement: Measurement, backend: ModuleType, dtype: str) -> Projections:
    values = measurement.values.astype(dtype)
    if measurement.flat is None:
        if measurement.dark is not None:
            raise ValueError("a dark field goes with a flat one: without it the values are line integrals")
        return Projections(sinogram=values, weights=np.ones_like(values), starved=np.zeros(values.shape, bool))
    fields = [np.zeros(1) if each is None else each for each in (measurement.flat, measurement.dark)]
    for name, each in zip(("flat", "dark"), fields, strict=True):
        if each.shape not in ((1,), values.shape[1:]):
            raise ValueError(f"the {name} field has {each.size} values for {values.shape[1]} detectors")
    found = backend.tomography.xray.line_integrals(values, *(each.astype(dtype) for each in fields))
    measured = Projections(
        sinogram=np.asarray(found.sinogram),
        weights=np.asarray(found.weights),
        starved=np.asarray(found.starved),
    )
    if starved := int(measured.starved.sum()):
        warnings.warn(
            f"{starved} of {values.size} detectors counted nothing or are dead; they count ½, or nothing",
            stacklevel=3,
        )
    return measured


def _on_axis(
    measured: Projections, geometry: ScanGeometry, settings: ReconstructionSettings, backend: ModuleType
) -> tuple[ScanGeometry, float]:
    """The geometry with its axis where it is seen, and the shift in mm at the axis."""
    if settings.axis is None:
        return geometry, 0.0
    if settings.axis == "auto":
        if geometry.divergence:
            raise ValueError("--axis auto is for parallel rays; of a fan, give the shift in mm")
        shift = float(backend.tomography.axis.rotation_axis(measured.sinogram, geometry))
    else:
        shift = float(settings.axis)
    return geometry._replace(detectors=geometry.detectors - shift), shift


def _adjoint_error(backend: ModuleType, geometry: ScanGeometry, sinogram: np.ndarray, image: np.ndarray) -> float:
    """|⟨Ax, y⟩ − ⟨x, A*y⟩| / ‖Ax‖‖y‖ of the very operator, image and sinogram."""
    projected = np.asarray(backend.tomography.radon.project(image, geometry), float)
    back = np.asarray(backend.tomography.radon.project_back(sinogram, geometry), float)
    size = np.linalg.norm(projected) * np.linalg.norm(sinogram)
    return float(abs(np.vdot(projected, sinogram) - np.vdot(image, back)) / size) if size else 0.0


def _share(part: np.ndarray, whole: np.ndarray) -> float:
    """‖part‖ / ‖whole‖."""
    size = np.linalg.norm(whole)
    return float(np.linalg.norm(part) / size) if size else 0.0

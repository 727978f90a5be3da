"""Measurements become an image: counts, the axis, a method, and what can be said of the result. No files."""

import importlib
import time
import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from deepmix import backends
from deepmix.progress import OnProgress
from deepmix.reference.inverse.operators import OPERATORS
from deepmix.reference.inverse.records import Operator
from deepmix.reference.tomography.checks import check_geometry
from deepmix.reference.tomography.records import Radon, ScanGeometry
from deepmix.reference.types import known
from deepmix.settings import nested

from . import quality, scans
from .axes import on_axis
from .beam_hardening import water_corrected
from .methods import METHODS
from .scans import ScanDescription
from .settings import OF_FILES, ReconstructionSettings
from .sinograms import Measurement
from .weighted import prepared

DTYPES = {"accelerated": "float32", "reference": "float64"}


class Reconstruction(NamedTuple):
    """An image and how it came about.

    image: (H, W) of a scan, a mm; else as the operator has it. data, residual: of the shape of the data, line
    integrals of a scan, and what the image does not explain of them. operator: as used, the axis put right.
    report: numbers by name: status and history of the method, the part of the data that is not explained.
    """

    image: np.ndarray
    data: np.ndarray
    residual: np.ndarray
    operator: Operator
    report: dict[str, Any]


def reconstruct(
    data: np.ndarray,
    operator: Operator | ScanGeometry | Mapping[str, Any],
    method: str = ReconstructionSettings.method,
    *,
    flat: np.ndarray | None = None,
    dark: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    backend: str = ReconstructionSettings.backend,
    progress: OnProgress | None = None,
    **settings: Any,
) -> Reconstruction:
    """Reconstruct an image from what was measured of it.

    Returns a `Reconstruction`. Raises ValueError for data that cannot be used, LookupError for what is no
    operator, TypeError for unknown settings and functions that JAX cannot trace, and ImportError if the backend is
    not installed.

    data: (n, D), line integrals, or counts if there is a flat field; of another operator, as it has them.
    operator: the geometry of a scan, made by `deepmix.reference.tomography.geometry` or as geometry.json says it;
    or a linear operator of `deepmix.reference.inverse.records`. method: "fbp" or "sirt" for scans, "cgls",
    "tikhonov" or "tv" for any operator. flat, dark: (D,) or (1,), counts without object, and without beam.
    weights: W ≥ 0 of the data, inverse variances; counts have their own. backend: "accelerated" or "reference".
    progress: called after every step of an iterative method. settings: other fields of `ReconstructionSettings`;
    strength="auto" needs counts, weights, or noise=, the standard deviation of the data.
    """
    if of_files := sorted(settings.keys() & OF_FILES):
        raise TypeError(f"{' and '.join(of_files)} is of files, which this function neither reads nor writes")
    given = [None if each is None else np.atleast_1d(np.asarray(each)) for each in (flat, dark, weights)]
    measurement = Measurement(values=np.asarray(data), flat=given[0], dark=given[1], weights=given[2])
    chosen = nested(ReconstructionSettings, method=method, backend=backend, **settings)
    return run(measurement, operator, chosen, progress)


def run(
    measurement: Measurement,
    operator: Operator | ScanGeometry | ScanDescription | Mapping[str, Any],
    settings: ReconstructionSettings,
    progress: OnProgress | None = None,
) -> Reconstruction:
    """`reconstruct`, with its settings in one record."""
    began = time.perf_counter()
    operator = _operator(operator, np.shape(measurement.values))
    with backends.opened(settings.backend, DTYPES[settings.backend]) as backend:
        # what a scan does enters where the solvers look when its module is imported
        importlib.import_module(f"{backend.__name__}.tomography.radon")
        if not isinstance(operator, Radon):  # of zeros: values that do not count may be anything
            backend.inverse.least_squares.check_problem(operator, np.zeros_like(measurement.values), None)
        measured = prepared(measurement, operator, backend, DTYPES[settings.backend], settings.noise)
        if settings.method == "fbp" and measurement.weights is not None:
            warnings.warn("fbp does not weigh the data: weights count only where they are 0", stacklevel=3)
        if settings.water_correction is not None:
            measured = water_corrected(measured, operator, settings.water_correction, backend)
        operator, shift = on_axis(measured, operator, settings, backend)
        found = METHODS[settings.method](backend, measured, operator, settings, progress)
        projected = np.asarray(backend.inverse.operators.forward(operator, found.image))
        residual = measured.data - projected
        report = {
            "axis": shift,
            "starved": measured.starved,
            "dead_detectors": measured.dead.tolist(),
            "residual": quality.share(residual, measured.data),
            "adjoint_error": quality.adjoint_error(backend, operator, projected, measured.data, found.image),
        }
        if measured.sigma is not None:
            report |= {"sigma": measured.sigma, "residual_sigma": quality.chi(measured, residual) / measured.sigma}
    return Reconstruction(
        image=found.image,
        data=measured.data,
        residual=residual,
        operator=operator,
        report=report | found.facts | {"seconds": time.perf_counter() - began},
    )


def _operator(given: Any, shape: tuple[int, ...]) -> Operator:
    """The operator that was meant, for data of a shape."""
    scan = scans.described(given) if isinstance(given, Mapping) else given
    if isinstance(scan, ScanDescription):
        if len(shape) != 2:
            raise ValueError(f"a sinogram has the shape views × detectors, got {shape}")
        if len(scan.angles) != shape[0]:
            raise ValueError(
                f"there are {shape[0]} views of {shape[1]} detectors, but {len(scan.angles)} angles; "
                "views are rows: transpose the sinogram if they are columns"
            )
        scan = scans.geometry_of(scan, shape[1])
    operator = Radon(geometry=scan) if isinstance(scan, ScanGeometry) else scan
    if isinstance(operator, Radon):
        check_geometry(operator.geometry)
        if shape != operator.geometry.sinogram_shape:
            wanted = operator.geometry.sinogram_shape
            raise ValueError(f"the sinogram has the shape {shape}, the geometry {wanted} of angles and detectors")
    else:
        known(OPERATORS, operator, "operator")
    return operator

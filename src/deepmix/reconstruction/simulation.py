"""A scan of an image: Hounsfield units or attenuations in, line integrals or counts out."""

import json
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deepmix import backends
from deepmix.files.records import PICTURES, Image
from deepmix.reference.tomography import hounsfield

from . import scans
from .axes import check_met
from .job import DTYPES
from .scans import ScanDescription
from .settings import SimulationSettings
from .slices import slice_of

DENSEST = 5.0  # a mm: about that of lead


class Simulation(NamedTuple):
    """image: (H, W), attenuations a mm. values: (n, D), line integrals; with photons, counts."""

    image: np.ndarray
    values: np.ndarray
    scan: ScanDescription


def run(image: Image, scan: ScanDescription | None, settings: SimulationSettings) -> Simulation:
    """Scan an image of one channel, or a slice of a volume.

    scan: None: parallel views, evenly over half a turn, and detectors as far apart as the pixels.
    Raises ValueError for images of several channels, slices that are not there, pixels that are not square, if no
    ray meets the image, and for a number of views beside those of a scan.
    """
    values, spacing = slice_of(image, settings.slice, "choose one by --slice"), _pixel(image, settings)
    _check_units(values, settings.units)
    mu = hounsfield.from_hounsfield(values, settings.mu_water) if settings.units == "hu" else values
    mu = np.maximum(mu, 0)  # noise of the scanner, and what lies outside of its circle
    if scan is None:
        angles = np.linspace(0, np.pi, settings.views, endpoint=False)
        scan = ScanDescription(type="parallel", angles=angles, detector_spacing=spacing)
    elif settings.views != SimulationSettings.views:
        raise ValueError("the geometry says how many views there are; leave views out")
    elif (scan.size or mu.shape, scan.pixel_spacing or spacing) != (mu.shape, spacing):
        warnings.warn("size and pixel_spacing are those of the image, not those of the geometry", stacklevel=2)
    scan = scan._replace(size=mu.shape, pixel_spacing=spacing, **_place(image, settings.slice))
    scan = scan._replace(detector_spacing=scans.detector_spacing(scan))
    n_detectors = settings.detectors or _enough(mu.shape, spacing, scan)
    geometry = scans.geometry_of(scan, n_detectors)
    with backends.opened(settings.backend, DTYPES[settings.backend]) as module:
        check_met(module, geometry, DTYPES[settings.backend])
        found = np.asarray(module.tomography.radon.project(mu.astype(DTYPES[settings.backend]), geometry))
        if settings.photons is not None:
            expected = np.asarray(module.tomography.xray.transmitted(found, np.float64(settings.photons)), float)
            found = np.random.default_rng(settings.seed).poisson(expected)
    return Simulation(image=mu, values=found.astype(np.float32), scan=scan)


def write(folder: Path, found: Simulation, settings: SimulationSettings) -> None:
    """Write geometry.json, the attenuations, and sinogram.npy; or counts.npy with flat.npy."""
    (folder / "geometry.json").write_text(json.dumps(scans.written(found.scan), indent=1) + "\n", encoding="utf-8")
    np.save(folder / "attenuation.npy", found.image.astype(np.float32))
    if settings.photons is None:
        np.save(folder / "sinogram.npy", found.values)
    else:
        np.save(folder / "counts.npy", found.values)
        np.save(folder / "flat.npy", np.full(found.values.shape[1], settings.photons, np.float32))


def _enough(shape: tuple[int, int], spacing: float, scan: ScanDescription) -> int:
    """So many detectors that they see the circle around the image; a source inside it is refused."""
    radius = spacing * np.hypot(*shape) / 2
    if scan.source_to_axis and scan.source_to_detector:
        if scan.source_to_axis <= radius:
            raise ValueError(
                f"the source must turn outside the image, whose corners are {radius:.4g} mm from the axis; "
                f"it is {scan.source_to_axis:g} mm from it"
            )
        # where the ray that touches the circle meets the detector
        radius = scan.source_to_detector * radius / np.sqrt(scan.source_to_axis**2 - radius**2)
    return 2 * int(np.ceil((radius + abs(scan.shift)) / scans.detector_spacing(scan))) + 3


def _check_units(values: np.ndarray, units: str) -> None:
    """Warn of values that are hardly in the unit they are taken to be in."""
    low, high = float(values.min()), float(values.max())
    if units == "mu" and (low < -DENSEST or high > DENSEST):
        warnings.warn(
            f"values from {low:.4g} to {high:.4g} are taken as attenuations a mm, and lead has about {DENSEST:g}: "
            "if they are Hounsfield units, say --units hu",
            stacklevel=3,
        )
    if units == "hu" and 0 <= low < high <= DENSEST:
        warnings.warn(
            f"values from {low:.4g} to {high:.4g} are taken as Hounsfield units, so all is about water: if they "
            "are attenuations a mm, say --units mu",
            stacklevel=3,
        )


def _pixel(image: Image, settings: SimulationSettings) -> float:
    """The side of a pixel in mm."""
    if settings.pixel_spacing is not None:
        return settings.pixel_spacing
    if image.geometry is None:
        warnings.warn(
            f"{image.source} does not tell how large pixels are: taken as 1 mm; --pixel-spacing says it",
            stacklevel=4,
        )
    across, down = image.spacing[:2]
    if not np.isclose(across, down, rtol=1e-3):
        raise ValueError(f"{image.source} has pixels of {across:g} × {down:g} mm; resample it to square ones")
    return float(across)


def _place(image: Image, number: int | None) -> dict[str, Any]:
    """Where the slice lies in the patient, if the file says so."""
    if image.geometry is None or image.suffix in PICTURES:
        return {}
    origin, direction = np.array(image.geometry.origin), np.array(image.geometry.direction)
    place: dict[str, Any] = {}
    if len(origin) == 3:
        place["slice_thickness"] = float(image.geometry.spacing[2])
        origin = origin + (number or 0) * image.geometry.spacing[2] * direction.reshape(3, 3)[:, 2]
    return place | {"origin": tuple(origin.tolist()), "direction": tuple(direction.ravel().tolist())}

"""The files of a reconstruction: the image as NIfTI and `.npy`, Hounsfield units, pictures."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from deepmix.files import images
from deepmix.files.records import Geometry, Image
from deepmix.reference.tomography import hounsfield
from deepmix.reference.tomography.records import ScanGeometry
from deepmix.report import projections, reconstructions

from . import truths
from .job import Reconstruction
from .scans import ScanDescription
from .settings import ReconstructionSettings

LEAST, MOST = -32768, 32767  # of the 16 bits that CT images have


def check_lengths(scan: ScanDescription, settings: ReconstructionSettings) -> None:
    """Raise ValueError for Hounsfield units of a scan whose lengths are not known: they need attenuations a mm."""
    if settings.hu and scan.detector_spacing is None:
        raise ValueError(
            "Hounsfield units need lengths in mm, and the geometry has no detector_spacing: "
            "say it in geometry.json, or leave --hu out"
        )


def write(
    folder: Path,
    found: Reconstruction,
    scan: ScanDescription,
    settings: ReconstructionSettings,
    truth: np.ndarray | None = None,
) -> dict[str, Any]:
    """Write image.nii.gz and image.npy (a mm), hounsfield.nii.gz if asked for, and pictures.

    truth: (H, W), in Hounsfield units if they are asked for. Returns what is said of the image beside it.
    """
    like = placed(found, scan)
    np.save(folder / "image.npy", found.image.astype(np.float32))
    images.write_maps(folder / "image", like.channels[0], like)
    shown, unit = np.asarray(found.image, float), "1/mm"
    if settings.hu:
        shown, unit = hounsfield.to_hounsfield(shown, settings.mu_water), "HU"
        whole = _on_axes(_in_16_bits(shown), like.geometry)
        images.FORMATS[like.suffix].write(folder / f"hounsfield{like.suffix}", whole, like)
    projections.draw(folder / "sinogram.png", found.data, found.image, found.residual)
    reconstructions.profile(folder / "profile.png", shown, unit, truth)
    if "history" in found.report:
        reconstructions.convergence(folder / "convergence.png", found.report["history"])
    if truth is None:
        return {}
    truths.check_units(shown, truth)
    reconstructions.difference(folder / "difference.png", shown, truth, unit)
    return {"truth": truths.compared(shown, truth)}


def _in_16_bits(units: np.ndarray) -> np.ndarray:
    """Hounsfield units as whole numbers; those beyond 16 bits become the last, with a warning."""
    rounded = np.round(units)
    if beyond := int(((rounded < LEAST) | (rounded > MOST)).sum()):
        warnings.warn(
            f"{beyond} of {units.size} pixels lie beyond {LEAST} … {MOST} Hounsfield units and are cut off there: "
            "check the lengths in geometry.json, and --mu-water",
            stacklevel=3,
        )
    return np.clip(rounded, LEAST, MOST).astype(np.int16)


def placed(found: Reconstruction, scan: ScanDescription) -> Image:
    """The image (x, y[, z]) with its place in the patient, if geometry.json has one; else its middle is at 0."""
    scanned: ScanGeometry = found.operator.geometry
    spacing = float(scanned.pixel_spacing)
    columns, rows = np.asarray(scanned.columns), np.asarray(scanned.rows)
    size = len(columns), len(rows)
    origin = scan.origin or (float(columns[0]), float(-rows[0]))
    n_axes = len(origin)
    geometry = Geometry(
        size=(*size, 1)[:n_axes],
        spacing=(spacing, spacing, scan.slice_thickness)[:n_axes],
        origin=origin,
        direction=scan.direction or tuple(np.eye(n_axes).ravel().tolist()),
    )
    channels = _on_axes(found.image, geometry)[None]
    return Image(channels=channels, geometry=geometry, suffix=".nii.gz", source=Path("image.nii.gz"))


def _on_axes(image: np.ndarray, geometry: Geometry | None) -> np.ndarray:
    """(H, W) as (x, y), or as the one slice (x, y, 1) of a volume."""
    return image.T.reshape(geometry.size) if geometry else image.T

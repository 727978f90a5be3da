"""Projection, its adjoint and filtered back-projection, beside ASTRA and scikit-image."""

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from deepmix.reference.tomography import geometry as geometries
from deepmix.reference.tomography.records import ScanGeometry

from ..harness.setting import Setting
from ..harness.timing import Row, compare
from ..harness.work import Work, back_projection, projection

_SIZE, _VIEWS = 512, 360
_QUICK_SIZE, _QUICK_VIEWS = 64, 45
Calls = dict[str, Callable[[], Any]]


def run(setting: Setting) -> list[Row]:
    """The backend beside ASTRA, whose axis is ours, and, of an odd image, scikit-image, whose axis then is."""
    size, n_views = (_QUICK_SIZE, _QUICK_VIEWS) if setting.quick else (_SIZE, _VIEWS)
    n_detectors, named = int(1.4143 * size) + 5, f"{size}², {n_views} views"
    parallel, image = scan(size, n_views, n_detectors, setting)
    fan = _fan(size, n_views, n_detectors, setting)
    (there, back), (along_a_fan, _) = (_with_astra(geometry, image, setting) for geometry in (parallel, fan))
    return [
        *_compared(f"projection, {named}", there, projection(parallel, setting.dtype), setting),
        *_compared(f"adjoint, {named}", back, back_projection(parallel, setting.dtype), setting),
        # of a fan ASTRA knows lengths of lines alone, whose adjoint is three hundredths from ours
        *_compared(f"projection, a fan, {named}", along_a_fan, projection(fan, setting.dtype), setting),
        *_beside_skimage(size - 1, n_views, setting),
    ]


def _with_astra(geometry: ScanGeometry, image: np.ndarray, setting: Setting) -> tuple[Calls, Calls]:
    """Projection of an image, and the adjoint of its sinogram; by ASTRA too if it is installed."""
    radon = _part(setting, "radon")
    sinogram = np.asarray(radon.project(image, geometry))
    there: Calls = {setting.name: partial(radon.project, image, geometry)}
    back: Calls = {setting.name: partial(radon.project_back, sinogram, geometry)}
    if find_spec("astra") and setting.dtype == "float32":  # it knows no other
        from ..peers.astra_projector import Projector

        projector = Projector(geometry)
        there["ASTRA"] = partial(projector.project, image)
        back["ASTRA"] = partial(projector.project_back, sinogram)
    return there, back


def _beside_skimage(size: int, n_views: int, setting: Setting) -> list[Row]:
    from skimage.transform import iradon, radon

    geometry, image = scan(size, n_views, size, setting)
    project = _part(setting, "radon").project
    reconstruct = _part(setting, "backprojection").filtered_backprojection
    sinogram, degrees = np.asarray(project(image, geometry)), np.rad2deg(np.asarray(geometry.angles))
    there: Calls = {
        setting.name: partial(project, image, geometry),
        "scikit-image": lambda: radon(image, degrees, circle=True).T,
    }
    images: Calls = {
        setting.name: partial(reconstruct, sinogram, geometry),
        "scikit-image": lambda: iradon(sinogram.T, degrees, circle=True),
    }
    named = f"{size}², {n_views} views in a circle"
    work = projection(geometry, setting.dtype), back_projection(geometry, setting.dtype)
    return [
        *_compared(f"projection, {named}", there, work[0], setting),
        *_compared(
            f"filtered back-projection, {named}", images, work[1], setting, inside=_radius(geometry) < 0.95
        ),
    ]


def scan(size: int, n_views: int, n_detectors: int, setting: Setting) -> tuple[ScanGeometry, np.ndarray]:
    """Views of half a turn, and a smooth image inside the circle, of which all methods see the same."""
    angles = np.linspace(0, np.pi, n_views, endpoint=False)
    geometry = geometries.parallel(angles, size, size, n_detectors)
    spots = gaussian_filter(np.random.default_rng(0).random((size, size)), size / 40)
    image = gaussian_filter((_radius(geometry) < 0.8) * spots / spots.max(), size / 64)
    return _as(setting, geometry), image.astype(setting.dtype)


def _fan(size: int, n_views: int, n_detectors: int, setting: Setting) -> ScanGeometry:
    """Views of a whole turn from twice as far as the image is wide, the detector as far behind it."""
    angles = np.linspace(0, 2 * np.pi, n_views, endpoint=False)
    far: dict[str, float] = {"source_to_axis": 2 * size, "source_to_detector": 4 * size}
    return _as(setting, geometries.fan(angles, size, size, n_detectors, detector_spacing=2, **far))


def _as(setting: Setting, geometry: ScanGeometry) -> ScanGeometry:
    """The geometry in the dtype of the setting."""
    return geometry._replace(
        angles=geometry.angles.astype(setting.dtype),
        detectors=geometry.detectors.astype(setting.dtype),
        columns=geometry.columns.astype(setting.dtype),
        rows=geometry.rows.astype(setting.dtype),
    )


def _part(setting: Setting, name: str) -> ModuleType:
    module: ModuleType = getattr(setting.module().tomography, name)
    return module


def _radius(geometry: ScanGeometry) -> np.ndarray:
    """(H, W), 1 on the circle in the image."""
    return np.hypot(geometry.columns, geometry.rows[:, None]) / (len(geometry.rows) / 2)


def _compared(task: str, calls: Calls, work: Work, setting: Setting, inside: Any = ...) -> list[Row]:
    """inside: where the results must match; scikit-image leaves 0 outside of the circle."""
    return compare(
        task, calls, setting, compared=lambda result: np.asarray(result)[inside], work=lambda result: work
    )

"""The axis of rotation [CT9]."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.drawing import frozen
from deepmix.conformance.operation import Operation
from deepmix.conformance.tolerances import relative
from deepmix.reference.tomography.records import ScanGeometry

from ..case import Case, generator
from . import _scans

OPERATIONS = (
    Operation(
        name="rotation_axis",
        equations=("CT9",),
        result=("shift",),
        rule=relative(16),  # a whole number of quarters of a detector
        form="as_it_is",
        example=_scans.taking("sinogram", "geometry"),
        not_exported="which views are opposite is looked up on the host",
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """Bumps about an axis that is seen beside the middle."""
    turn = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    for name, angles, shift in (
        ("of_a_turn", turn, 0.75),
        ("of_two_views", np.array([0.3, 0.3 + np.pi]), -1.5),
        ("half_a_turn_without_its_end", turn[:4], 0.0),
    ):
        geometry, sinogram = _bumps(name, angles, shift)
        yield Case(function="rotation_axis", name=name, arguments={"sinogram": sinogram, "geometry": geometry})
    geometry, _, sinogram = _scans.named_scans()["limited_angle"]
    given = {"sinogram": sinogram, "geometry": geometry}
    yield Case(function="rotation_axis", name="no_opposite_views", arguments=given, rejected=True)


def _bumps(name: str, angles: np.ndarray, shift: float) -> tuple[ScanGeometry, np.ndarray]:
    """Two Gaussians off the axis, which is seen at the shift."""
    rng = generator(f"axis {name}")
    geometry = _scans.draw_scan(rng, (6, 6, len(angles), 16), angles=angles).geometry
    step = geometry.detector_spacing
    detectors = (np.arange(16) - 7.5) * step
    sinogram = np.zeros((len(angles), 16))
    for x, y in rng.uniform(-2, 2, (2, 2)) * step:
        centre = x * np.cos(angles) + y * np.sin(angles) + shift * step
        sinogram += np.exp(-(((detectors - centre[:, None]) / (1.5 * step)) ** 2))
    return geometry._replace(detectors=frozen(detectors)), frozen(sinogram)

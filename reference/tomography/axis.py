"""Where the axis of rotation is seen, from opposite views [CT9]."""

import numpy as np

from . import _views
from .checks import check_sinogram, opposites
from .records import ScanGeometry

STEP = 0.25  # of a detector


def rotation_axis(sinogram: np.ndarray, geometry: ScanGeometry) -> float:
    """The s for which Σ (g(θ, l) − g(θ + π, 2s − l))² is least, over opposite views and all detectors [CT9].

    sinogram: (n, D), parallel. Returns s in mm, in quarters of a detector, at most a quarter of the detector's
    length: how far from l = 0 the axis is seen, so that `detectors` − s are right. g is 0 beyond the detector; of
    several s as good, it is the one nearest to 0.
    Raises ValueError as `radon.project_back`, and if no two views are opposite.
    """
    check_sinogram(sinogram, geometry)
    first, second = opposites(geometry.angles)
    n = int(sinogram.shape[1] / 4 / STEP)
    shifts = geometry.detector_spacing * STEP * np.array(sorted(range(-n, n + 1), key=abs))
    return float(min(shifts, key=lambda shift: _mismatch(sinogram[first], sinogram[second], geometry, shift)))


def _mismatch(first: np.ndarray, second: np.ndarray, geometry: ScanGeometry, shift: float) -> float:
    mirrored = [_views.at(view, geometry, 2 * shift - geometry.detectors) for view in second]
    return ((first - mirrored) ** 2).sum()

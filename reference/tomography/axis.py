"""Where the axis of rotation is seen, from opposite views [CT9]."""

import numpy as np

from . import _views
from .checks import check_sinogram, opposites
from .records import ScanGeometry

STEP = 0.25  # of a detector
FLOOR = 1e-6  # of the variance of the views: what varies by less does not vary


def rotation_axis(sinogram: np.ndarray, geometry: ScanGeometry) -> float:
    """The s that makes opposite views the most alike: g(θ, l) = g(θ + π, 2s − l), where both were measured [CT9].

    What they differ by, Σ(g − g')², is taken as a part of what they vary by, Σ(g − m)² + Σ(g' − m)², m their mean:
    air is alike at any s. sinogram: (n, D), parallel. Returns one of `shifts` in mm, how far from l = 0 the axis
    is seen, so that `detectors` − s are right; of several as good, the one nearest to 0.
    Raises ValueError as `radon.project_back` and `shifts`, and if no two views are opposite.
    """
    check_sinogram(sinogram, geometry)
    first, second = opposites(geometry.angles)
    tried = shifts(geometry)
    return float(min(tried, key=lambda shift: _mismatch(sinogram[first], sinogram[second], geometry, shift)))


def shifts(geometry: ScanGeometry) -> np.ndarray:
    """The s (m,) in mm that are tried, those near 0 first: by quarters of a detector, to a quarter of all [CT9].

    At each of them at least half as many detectors have their mirror image on the detector as at s = 0.
    Raises ValueError if at s = 0 fewer than two have.
    """
    n, spacing = len(geometry.detectors), geometry.detector_spacing
    middle = np.asarray(geometry.detectors, float).mean() / spacing
    if n - 2 * abs(middle) < 2:
        raise ValueError("the axis lies beside the detector: no ray is seen from both ends; give the shift in mm")
    far = int(n / 4 / STEP)
    tried = STEP * np.array(sorted(range(-far, far + 1), key=abs))
    return spacing * tried[n - 2 * np.abs(tried - middle) >= n / 2 - np.abs(middle)]


def _mismatch(first: np.ndarray, second: np.ndarray, geometry: ScanGeometry, shift: float) -> float:
    places = 2 * shift - geometry.detectors
    away = np.abs(places - geometry.detectors.mean()) / geometry.detector_spacing
    both = away < len(places) / 2 - STEP  # places are half a detector apart: those at its ends count
    ahead, behind = first[:, both], np.stack([_views.at(view, geometry, places[both]) for view in second])
    mean, floor = (ahead.mean() + behind.mean()) / 2, FLOOR * first.var() * ahead.size
    varied = ((ahead - mean) ** 2 + (behind - mean) ** 2).sum()
    return (((ahead - behind) ** 2).sum() + floor) / (varied + floor) if varied + floor else 1.0

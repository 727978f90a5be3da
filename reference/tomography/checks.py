"""Checks of the input of tomography, for both backends."""

import warnings

import numpy as np

from ..checks import plain
from ..types import Array
from .records import ScanGeometry

LARGEST_ANGLE = 4 * np.pi  # radians; larger ones are taken for degrees
GAP = 4.0  # times what is usual: where views lie farther apart, none was measured
NARROW = 0.99  # of the image; a detector that sees less is told of
SAME = 1e-3  # of the mean gap: views closer together are one view, measured twice


def check_angles(angles: Array) -> np.ndarray:
    """Check angles (n,) in radians; return them in float64.

    Raises ValueError for fewer than two, for those that are not finite, and for those that look like degrees:
    whole numbers by their dtype, or some beyond 4π.
    """
    given = plain(angles)
    if given.ndim != 1 or given.size < 2:
        raise ValueError(f"angles must be at least 2 in one row, got the shape {given.shape}")
    if given.dtype.kind != "f" or not np.isfinite(given).all():
        raise ValueError(f"angles must be finite floating numbers in radians, got {given.dtype}; use np.deg2rad")
    if np.abs(given).max() > LARGEST_ANGLE:
        raise ValueError(
            f"angles must be in radians, at most 4π; got up to {np.abs(given).max():g}, "
            "which look like degrees: use np.deg2rad"
        )
    return given.astype(float)


def check_sizes(height: int, width: int, n_detectors: int) -> tuple[int, int, int]:
    """Raise ValueError unless each is at least 2; return them."""
    for name, value in {"height": height, "width": width, "n_detectors": n_detectors}.items():
        if value < 2:
            raise ValueError(f"{name} must be at least 2, got {value}")
    return height, width, n_detectors


def check_lengths(**lengths: float) -> None:
    """Raise ValueError unless each is positive and finite, in mm."""
    for name, value in lengths.items():
        if not 0 < value < np.inf:
            raise ValueError(f"{name} must be positive and finite, in mm; got {value}")


def check_geometry(geometry: ScanGeometry) -> None:
    """Raise ValueError for angles as `check_angles`, uneven positions, and a source inside the image."""
    check_angles(geometry.angles)
    check_lengths(pixel_spacing=geometry.pixel_spacing, detector_spacing=geometry.detector_spacing)
    _check_even("detectors", geometry.detectors, geometry.detector_spacing)
    _check_even("columns", geometry.columns, geometry.pixel_spacing)
    _check_even("rows", geometry.rows, -geometry.pixel_spacing)
    corner = np.hypot(np.abs(geometry.columns).max(), np.abs(geometry.rows).max())
    if geometry.divergence < 0 or geometry.divergence * corner >= 1:
        distance = f"{1 / geometry.divergence:.4g} mm" if geometry.divergence else "0"
        raise ValueError(
            f"the source must turn outside the image, whose corners are {corner:.4g} mm from the axis; "
            f"it is {distance} from it"
        )


def check_image(image: Array, geometry: ScanGeometry) -> None:
    """Raise ValueError unless an image is real, of the shape (H, W) of a geometry; values are not looked at."""
    _check_real("image", image, geometry.image_shape, "rows and columns")


def check_sinogram(sinogram: Array, geometry: ScanGeometry) -> None:
    """Raise ValueError unless a sinogram is real, of the shape (n, D) of a geometry; values are not looked at."""
    _check_real("sinogram", sinogram, geometry.sinogram_shape, "angles and detectors")


def check_relaxation(relaxation: Array) -> None:
    """Raise ValueError unless 0 < ω < 2."""
    if not 0 < relaxation < 2:
        raise ValueError(f"relaxation must lie between 0 and 2, got {relaxation}")


def warn_of_gaps(geometry: ScanGeometry) -> None:
    """Warn, in mm and degrees, of a detector narrower than the image, and of angles that leave a gap."""
    warn_of_narrowness(geometry, stacklevel=5)
    _, half = widths(geometry)
    angles = np.asarray(geometry.angles, float)
    gaps, counted = angle_gaps(angles, np.pi)
    if (gaps > counted).any() or gaps.max() > (1 - SAME) * np.pi:  # the latter: all views are one
        warnings.warn(
            f"the angles leave a gap of {np.rad2deg(gaps.max()):.4g}° of 180°: structures along it cannot be seen",
            stacklevel=4,
        )
    elif geometry.divergence:
        _warn_of_short_turn(angles, np.arcsin(min(geometry.divergence * half, 1)))


def warn_of_narrowness(geometry: ScanGeometry, stacklevel: int) -> None:
    """Warn, in mm, of a detector narrower than the image."""
    reach, half = widths(geometry)
    if reach.max() < NARROW * half:
        warnings.warn(
            f"the detector sees {2 * reach.max():.4g} mm, less than the {2 * half:.4g} mm of the image: "
            "what lies beyond is measured in part",
            stacklevel=stacklevel,
        )


def widths(geometry: ScanGeometry) -> tuple[np.ndarray, float]:
    """How far beyond the axis each end of the detector sees (2,), and half of the image, in mm."""
    gamma = np.arctan(geometry.divergence * geometry.detectors[[0, -1]])
    reach = np.array([-1, 1]) * geometry.detectors[[0, -1]] * np.cos(gamma) + geometry.detector_spacing / 2
    return reach, max(np.abs(geometry.columns).max(), np.abs(geometry.rows).max()) + geometry.pixel_spacing / 2


def _warn_of_short_turn(angles: np.ndarray, gamma: float) -> None:
    """Warn if a fan turns too little for the rays that pass the border of the image, at γ to either side.

    Such a line is seen at θ = β − γ, and from its other end at θ + π = β + γ: together they must go all round.
    """
    _, counted = angle_gaps(angles, 2 * np.pi)
    gaps, _ = angle_gaps(np.concatenate([angles - gamma, angles + gamma + np.pi]), 2 * np.pi)
    if gaps.max() > GAP * counted.max():
        warnings.warn(
            f"at the border of the image the rays leave a gap of {np.rad2deg(gaps.max()):.4g}° of 360°: "
            "the fan turns less than half a turn and its own angle",
            stacklevel=5,
        )


def angle_gaps(angles: np.ndarray, period: float) -> tuple[np.ndarray, np.ndarray]:
    """The gaps (n,) after each angle, in their order modulo the period, and what they count (n,).

    A gap counts as it is, or, where no view was measured, what is usual: nine in ten of those that are not 0 are
    not wider. There it is more than four times as wide as that, and as the two gaps to either side of it, since
    views may be sparse in a part of the turn.
    """
    folded = np.sort(angles % period)
    gaps = np.diff(folded, append=folded[0] + period)
    distinct = np.sort(gaps[gaps > SAME * period / len(gaps)])
    usual = distinct[9 * (len(distinct) - 1) // 10]
    beside = np.max([np.roll(gaps, k) for k in (-2, -1, 1, 2) if k % len(gaps)], axis=0)
    return gaps, np.where(gaps > GAP * np.maximum(usual, beside), usual, gaps)


def opposites(angles: Array) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of views half a turn apart, to within the median gap: the numbers of the first and the second of each.

    angles: (n,) in radians. Raises ValueError if there is no pair.
    """
    angles = np.asarray(angles, float)
    gaps, _ = angle_gaps(angles, 2 * np.pi)
    usual = np.median(gaps[gaps > SAME * 2 * np.pi / len(gaps)])
    off = np.abs((angles - angles[:, None]) % (2 * np.pi) - np.pi)
    second = off.argmin(axis=1)
    first = np.flatnonzero(off.min(axis=1) <= usual * (1 + SAME))
    if not first.size:
        raise ValueError("no two views are opposite, half a turn apart: the axis cannot be found from them")
    return first, second[first]


def _check_even(name: str, positions: Array, step: float) -> None:
    steps = np.diff(np.asarray(positions, float))
    if not (steps * step > 0).all() or not np.allclose(steps, step, rtol=1e-3, atol=0):
        raise ValueError(
            f"{name} must go on evenly by {step:g} mm; got steps from {steps.min():g} to {steps.max():g}"
        )


def _check_real(name: str, array: Array, shape: tuple[int, int], of: str) -> None:
    if np.shape(array) != shape:
        raise ValueError(f"{name} has the shape {np.shape(array)}, the geometry {shape} of {of}")
    if np.iscomplexobj(array):
        raise ValueError(f"{name} must be real, got complex numbers")

"""The geometry of a scan: rays {X cos θ + Y sin θ = l}, and the centres of the pixels.

θ = 0 sums columns. X rises with the columns, Y falls with the rows; the axis is the middle of the image.
"""

import numpy as np

from .checks import check_angles, check_geometry, check_lengths, check_sizes, warn_of_gaps
from .records import ScanGeometry


def parallel(
    angles: np.ndarray,
    height: int,
    width: int,
    n_detectors: int,
    *,
    pixel_spacing: float = 1.0,
    detector_spacing: float = 1.0,
    shift: float = 0.0,
) -> ScanGeometry:
    """Parallel rays: X_c = (c − (W−1)/2)Δ, Y_r = ((H−1)/2 − r)Δ, l_j = (j − (D−1)/2)Δl + shift [CT0].

    angles: (n,), θ in radians. height, width, n_detectors: H, W, D, at least 2. pixel_spacing, detector_spacing: Δ
    and Δl in mm. shift: where the middle of the detector lies, in mm from the axis. Returns a `ScanGeometry`.
    Warns of a detector that is narrower than the image, and of angles that leave a gap.
    Raises ValueError for sizes below 2, for angles that look like degrees, and for lengths that are not positive.
    """
    return _geometry(angles, (height, width, n_detectors), pixel_spacing, detector_spacing, shift, 0.0)


def fan(
    angles: np.ndarray,
    height: int,
    width: int,
    n_detectors: int,
    *,
    source_to_axis: float,
    source_to_detector: float,
    pixel_spacing: float = 1.0,
    detector_spacing: float = 1.0,
    shift: float = 0.0,
) -> ScanGeometry:
    """A fan of rays from a source that turns about the axis, to a flat detector [CT0], [CT8].

    source_to_axis, source_to_detector: R and S along the central ray, in mm. detector_spacing, shift: on the
    detector itself, in mm; the record holds them R/S times as long, at the axis. Else as `parallel`.
    Raises ValueError as `parallel`, and for a source inside the image.
    """
    check_lengths(source_to_axis=source_to_axis, source_to_detector=source_to_detector)
    scale = source_to_axis / source_to_detector
    sizes = (height, width, n_detectors)
    return _geometry(angles, sizes, pixel_spacing, scale * detector_spacing, scale * shift, 1 / source_to_axis)


def rays(geometry: ScanGeometry) -> tuple[np.ndarray, np.ndarray]:
    """θ = β − γ in radians and l = u cos γ in mm of every ray, tan γ = u/R [CT8]; both (n, D)."""
    gamma = np.arctan(geometry.divergence * geometry.detectors)
    theta = geometry.angles[:, None] - gamma
    return theta, np.broadcast_to(geometry.detectors * np.cos(gamma), theta.shape)


def _geometry(
    angles: np.ndarray,
    sizes: tuple[int, int, int],
    pixel_spacing: float,
    detector_spacing: float,
    shift: float,
    divergence: float,
) -> ScanGeometry:
    angles = check_angles(angles)
    height, width, n_detectors = check_sizes(*sizes)
    check_lengths(pixel_spacing=pixel_spacing, detector_spacing=detector_spacing)
    geometry = ScanGeometry(
        angles=angles,
        detectors=_centred(n_detectors) * detector_spacing + shift,
        columns=_centred(width) * pixel_spacing,
        rows=-_centred(height) * pixel_spacing,
        divergence=divergence,
    )
    check_geometry(geometry)
    warn_of_gaps(geometry)
    return geometry


def _centred(n: int) -> np.ndarray:
    return np.arange(n) - (n - 1) / 2

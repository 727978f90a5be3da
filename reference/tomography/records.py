"""Records of tomography: where rays and pixels lie, what counts become, the operator of a scan."""

from typing import Any, NamedTuple

from ..types import Array, kind


class ScanGeometry(NamedTuple):
    """Where the rays of a scan and the pixels of its image lie; every size is that of an array.

    angles: (n,), β of each view, in radians. detectors: (D,), where the ray to each detector passes the axis, in
    mm from it, along the detector; evenly spaced, rising. columns: (W,), X of the pixels' centres, rising, in mm.
    rows: (H,), Y of them, falling. divergence: 1/R in 1/mm, R from the source to the axis; 0: rays are parallel.
    Make it by `geometry.parallel` or `geometry.fan`.
    """

    angles: Array
    detectors: Array
    columns: Array
    rows: Array
    divergence: float = 0.0

    @property
    def pixel_spacing(self) -> Any:
        """Δ in mm."""
        return _spacing(self.columns)

    @property
    def detector_spacing(self) -> Any:
        """Δl in mm, at the axis."""
        return _spacing(self.detectors)

    @property
    def image_shape(self) -> tuple[int, int]:
        """(H, W)."""
        return len(self.rows), len(self.columns)

    @property
    def sinogram_shape(self) -> tuple[int, int]:
        """(n, D)."""
        return len(self.angles), len(self.detectors)


def _spacing(positions: Array) -> Any:
    """The distance of even positions (n,), from the first and the last."""
    return (positions[-1] - positions[0]) / (len(positions) - 1)


class Projections(NamedTuple):
    """Line integrals from counts.

    sinogram: p, of any shape, without unit. weights: W of the same shape, expected counts, the inverse of p's
    variance; 0 where a detector is dead. starved: bool, where nothing was counted, or the detector is dead.
    """

    sinogram: Array
    weights: Array
    starved: Array


@kind
class Radon(NamedTuple):
    """The line integrals of an image along the rays of a scan, as an operator [CT4].

    geometry: of the scan. Image (H, W), a mm; data (n, D), the sinogram. Both are real.
    """

    geometry: ScanGeometry


class SirtState(NamedTuple):
    """Where SIRT stands [CT11].

    image: x. value: ½‖y − Ax‖²_R there. residual: y − Ax. of_rays: R, of the data. of_pixels: C, of the image.
    """

    image: Array
    value: Array
    residual: Array
    of_rays: Array
    of_pixels: Array

"""Projection of an image along rays, and its adjoint: Joseph's method in one line for any ray [CT4].

Joseph 1982, doi:10.1109/TMI.1982.4307572.
"""

import numpy as np

from ..inverse.operators import OPERATORS, power_norm, schur_bound
from ..inverse.records import Calculus
from ..types import Array
from .checks import check_image, check_sinogram
from .geometry import rays
from .records import Radon, ScanGeometry


def project(image: np.ndarray, geometry: ScanGeometry) -> np.ndarray:
    """The line integral of an image along every ray: Σ_i A_i x_i [CT4].

    image: (H, W), a mm. Returns the sinogram (n, D), without unit.
    Raises ValueError for an image of another shape than the geometry's, and for complex numbers.
    """
    check_image(image, geometry)
    theta, offset = rays(geometry)
    sinogram = np.zeros(theta.shape)
    for ray in np.ndindex(theta.shape):
        sinogram[ray] = (_weights(geometry, theta[ray], offset[ray]) * image).sum()
    return sinogram


def project_back(sinogram: np.ndarray, geometry: ScanGeometry) -> np.ndarray:
    """The adjoint of `project`: every value of a sinogram, spread over its ray, Σ_ray A_ray g_ray [CT4].

    sinogram: (n, D). Returns (H, W). Not what an image is found by: see `backprojection`.
    Raises ValueError for a sinogram of another shape than the geometry's, and for complex numbers.
    """
    check_sinogram(sinogram, geometry)
    theta, offset = rays(geometry)
    image = np.zeros(geometry.image_shape)
    for ray in np.ndindex(theta.shape):
        image += _weights(geometry, theta[ray], offset[ray]) * sinogram[ray]
    return image


def _weights(geometry: ScanGeometry, theta: Array, offset: Array) -> np.ndarray:
    """A_i (H, W) of a ray in mm: (Δ/m) max(0, 1 − |X cos θ + Y sin θ − l|/(Δm)), m = max(|cos θ|, |sin θ|) [CT4].

    theta: θ in radians. offset: l in mm; a number each.
    """
    cosine, sine, spacing = np.cos(theta), np.sin(theta), geometry.pixel_spacing
    m = max(abs(cosine), abs(sine))
    distance = np.abs(geometry.columns * cosine + geometry.rows[:, None] * sine - offset)
    return spacing / m * np.maximum(0, 1 - distance / (spacing * m))


OPERATORS[Radon] = Calculus(
    forward=lambda operator, image: project(image, operator.geometry),
    adjoint=lambda operator, data: project_back(data, operator.geometry),
    norm=lambda operator, image: min(power_norm(operator, image), schur_bound(operator, image)),
)

"""Phantoms of ellipses, whose images and sinograms are known exactly."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from deepmix.reference.tomography import geometry as geometries
from deepmix.reference.tomography import hounsfield
from deepmix.reference.tomography.records import ScanGeometry


class Ellipse(NamedTuple):
    """Adds a value to all that lies within it.

    x, y: its middle in mm. a, b: half its axes in mm. phi: how far they are turned, in radians, against the clock.
    value: what it adds, such as an attenuation a mm.
    """

    x: float
    y: float
    a: float
    b: float
    phi: float = 0.0
    value: float = 1.0


# The head of Shepp and Logan (IEEE Trans. Nucl. Sci. 21, 1974), with the values of Toft (The Radon transform, PhD
# thesis, DTU, 1996), whose contrast is larger; the square is 2 wide. x, y, a, b, turned by so many degrees, value.
SHEPP_LOGAN = (
    (0.00, 0.0000, 0.6900, 0.920, 0, 1.0),
    (0.00, -0.0184, 0.6624, 0.874, 0, -0.8),
    (0.22, 0.0000, 0.1100, 0.310, -18, -0.2),
    (-0.22, 0.0000, 0.1600, 0.410, 18, -0.2),
    (0.00, 0.3500, 0.2100, 0.250, 0, 0.1),
    (0.00, 0.1000, 0.0460, 0.046, 0, 0.1),
    (0.00, -0.1000, 0.0460, 0.046, 0, 0.1),
    (-0.08, -0.6050, 0.0460, 0.023, 0, 0.1),
    (0.00, -0.6060, 0.0230, 0.023, 0, 0.1),
    (0.06, -0.6050, 0.0230, 0.046, 0, 0.1),
)

# A body of water and what lies in it, apart from each other, from the middle and from the rim.
WATER = Ellipse(x=0, y=0, a=120, b=90)
SOFT_TISSUES = (
    ("lung", Ellipse(x=-60, y=15, a=20, b=28, phi=0.2)),
    ("lung", Ellipse(x=60, y=15, a=20, b=28, phi=-0.2)),
    ("fat", Ellipse(x=0, y=48, a=30, b=12)),
    ("muscle", Ellipse(x=-36, y=-42, a=18, b=12, phi=0.5)),
    ("muscle", Ellipse(x=36, y=-42, a=18, b=12, phi=-0.5)),
)
BONES = (
    Ellipse(x=0, y=-50, a=14, b=12),
    Ellipse(x=-78, y=-24, a=6, b=9),
    Ellipse(x=78, y=-24, a=6, b=9),
)
SIDE = 256.0  # of the square that holds the body, in mm


def shepp_logan(side: float = 2.0, value: float = 1.0) -> tuple[Ellipse, ...]:
    """The Shepp–Logan phantom with Toft's contrast. side: of its square, in mm. value: of the skull."""
    scale = side / 2
    return tuple(
        Ellipse(x=scale * x, y=scale * y, a=scale * a, b=scale * b, phi=np.deg2rad(turned), value=value * share)
        for x, y, a, b, turned, share in SHEPP_LOGAN
    )


def body(bone: float) -> dict[str, tuple[Ellipse, ...]]:
    """The body by what attenuates, "water" and "bone": how dense each is, as a part of its own density.

    Every tissue has the middle of its Hounsfield units [CT10]; all but bone is water of another density.
    bone: how many times as much as water bone attenuates, in the radiation that the Hounsfield units are of.
    """
    soft = [each._replace(value=_of_water(tissue) - WATER.value) for tissue, each in SOFT_TISSUES]
    without_water = [each._replace(value=-WATER.value) for each in BONES]
    dense = [each._replace(value=_of_water("cancellous bone") / bone) for each in BONES]
    return {"water": (WATER, *soft, *without_water), "bone": tuple(dense)}


def _of_water(tissue: str) -> float:
    """The attenuation of a tissue, as a multiple of water's."""
    return float(hounsfield.from_hounsfield(np.array(hounsfield.TISSUES[tissue]), 1.0).mean())


def image_of(ellipses: Iterable[Ellipse], geometry: ScanGeometry, samples: int = 4) -> np.ndarray:
    """(H, W): the mean over samples × samples points of each pixel; with one, the value at its centre."""
    offsets = ((np.arange(samples) + 0.5) / samples - 0.5) * geometry.pixel_spacing
    image = np.zeros(geometry.image_shape)
    for ellipse in ellipses:
        for x in offsets:
            for y in offsets:
                finer = geometry._replace(columns=geometry.columns + x, rows=geometry.rows + y)
                image += ellipse.value * (level_of(ellipse, finer) < 1)
    return image / samples**2


def sinogram_of(ellipses: Iterable[Ellipse], geometry: ScanGeometry) -> np.ndarray:
    """(n, D): the line integral along each ray, parallel or of a fan, in closed form [CT4].

    Of an ellipse 2abv √(s²−r²) / s², with s² = a² cos²(θ−φ) + b² sin²(θ−φ), r = l − x cos θ − y sin θ.
    """
    theta, offset = geometries.rays(geometry)
    total = np.zeros(theta.shape)
    for each in ellipses:
        squared = (each.a * np.cos(theta - each.phi)) ** 2 + (each.b * np.sin(theta - each.phi)) ** 2
        r = offset - each.x * np.cos(theta) - each.y * np.sin(theta)
        total += 2 * each.a * each.b * each.value * np.sqrt(np.maximum(squared - r**2, 0)) / squared
    return total


def level_of(ellipse: Ellipse, geometry: ScanGeometry) -> np.ndarray:
    """(H, W): the radius of each pixel's centre in the ellipse, 1 on its border."""
    x, y = geometry.columns - ellipse.x, geometry.rows[:, None] - ellipse.y
    cosine, sine = np.cos(ellipse.phi), np.sin(ellipse.phi)
    return np.hypot((x * cosine + y * sine) / ellipse.a, (y * cosine - x * sine) / ellipse.b)

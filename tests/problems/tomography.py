"""Scans, and ellipses with their exact sinograms."""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from deepmix.conformance.cases.tomography._scans import Scan, draw_scan
from deepmix.conformance.drawing import frozen
from deepmix.reference.tomography import geometry as geometries
from deepmix.reference.tomography.records import ScanGeometry
from tests.problems.drawn import generators

SHAPES = ((5, 6, 4, 9), (6, 6, 5, 8))  # H, W, n, D: even and odd


class Ellipse(NamedTuple):
    """Of the value v, half as long as a and b along axes turned by φ, about the point (x, y); lengths in mm."""

    x: float = 3.0
    y: float = -2.0
    a: float = 14.0
    b: float = 8.0
    phi: float = 0.4
    value: float = 0.5


@st.composite
def scans(draw, divergent: bool | None = None, shape: tuple[int, int, int, int] | None = None) -> Scan:
    """A geometry, an image and a sinogram. What is not given is drawn."""
    kind = draw(st.booleans()) if divergent is None else divergent
    fineness = draw(st.sampled_from((0.6, 1.0, 2.3)))
    return draw_scan(draw(generators), shape or draw(st.sampled_from(SHAPES)), kind, fineness)


def turn(n: int, part: float = 1.0) -> np.ndarray:
    """n even angles of a part of a turn, without its end."""
    return np.linspace(0, 2 * np.pi * part, n, endpoint=False)


def sinogram_of(ellipse: Ellipse, geometry: ScanGeometry) -> np.ndarray:
    """Exactly: 2abv √(s²−r²) / s², with s² = a² cos²(θ−φ) + b² sin²(θ−φ), r = l − x cos θ − y sin θ; (n, D)."""
    theta, offset = geometries.rays(geometry)
    squared = (ellipse.a * np.cos(theta - ellipse.phi)) ** 2 + (ellipse.b * np.sin(theta - ellipse.phi)) ** 2
    r = offset - ellipse.x * np.cos(theta) - ellipse.y * np.sin(theta)
    return 2 * ellipse.a * ellipse.b * ellipse.value * np.sqrt(np.maximum(squared - r**2, 0)) / squared


def level_of(ellipse: Ellipse, geometry: ScanGeometry) -> np.ndarray:
    """(H, W): the radius of each pixel's centre in the ellipse, 1 on its border."""
    x, y = geometry.columns - ellipse.x, geometry.rows[:, None] - ellipse.y
    cosine, sine = np.cos(ellipse.phi), np.sin(ellipse.phi)
    return np.hypot((x * cosine + y * sine) / ellipse.a, (y * cosine - x * sine) / ellipse.b)


class Beam(NamedTuple):
    """Two materials on the way: lengths (2, 3, 4) in mm, attenuation (2, E) falling with the energy, a mm."""

    lengths: np.ndarray
    attenuation: np.ndarray
    spectrum: np.ndarray
    energies: np.ndarray


@st.composite
def beams(draw, n_energies: int = 6) -> Beam:
    """Of energies from 20 to 120 keV."""
    rng = draw(generators)
    energies = np.linspace(20.0, 120, n_energies)
    powers = rng.uniform(0.3, 1.2, (2, 1))
    return Beam(
        lengths=frozen(rng.uniform(0, 100, (2, 3, 4))),
        attenuation=frozen(0.02 * (60 / energies) ** powers),
        spectrum=frozen(rng.uniform(1, 5, n_energies)),
        energies=frozen(energies),
    )

"""Scans, an ellipse in them, and beams through two materials."""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from deepmix.conformance.cases.tomography._scans import Scan, draw_scan
from deepmix.conformance.drawing import frozen
from deepmix.datasets.phantoms_exact import Ellipse
from tests.problems.drawn import generators

ELLIPSE = Ellipse(x=3, y=-2, a=14, b=8, phi=0.4, value=0.5)
SHAPES = ((5, 6, 4, 9), (6, 6, 5, 8))  # H, W, n, D: even and odd


@st.composite
def scans(draw, divergent: bool | None = None, shape: tuple[int, int, int, int] | None = None) -> Scan:
    """A geometry, an image and a sinogram. What is not given is drawn."""
    kind = draw(st.booleans()) if divergent is None else divergent
    fineness = draw(st.sampled_from((0.6, 1.0, 2.3)))
    return draw_scan(draw(generators), shape or draw(st.sampled_from(SHAPES)), kind, fineness)


def turn(n: int, part: float = 1.0) -> np.ndarray:
    """n even angles of a part of a turn, without its end."""
    return np.linspace(0, 2 * np.pi * part, n, endpoint=False)


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

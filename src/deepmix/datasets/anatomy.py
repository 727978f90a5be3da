"""The anatomy of the phantoms: which tissue is where in a short-axis slice of the heart."""

from typing import NamedTuple

import numpy as np

TISSUES = ("blood", "myocardium", "oedema", "scar")  # of the left ventricle: 1 … 4
# What surrounds it: the blood of the right one, lung, muscle and liver, fat.
_RIGHT_BLOOD, _LUNG, _MUSCLE, _FAT = 5, 6, 7, 8


class Cut(NamedTuple):
    """How large the parts of a ventricle are in a slice, as a share of what they are at the base.

    wall, cavity: of the radii. lesion: of the angle that oedema and scar take, and of how deep the scar is.
    """

    wall: float = 1.0
    cavity: float = 1.0
    lesion: float = 1.0


def anatomy(size: int, rng: np.random.Generator, cut: Cut) -> np.ndarray:
    """(size, size) int: the tissue of each pixel; anterior is up, the right ventricle on the left.

    size: pixels per side. cut: of the left ventricle; the surroundings are the same in every slice.
    """
    down, right = (np.indices((size, size)) + 0.5) / size - 0.5
    tissues = np.full((size, size), _LUNG)
    chest = _inside(down, right, (0.05, -0.12), (0.62, 0.46), rng)
    tissues[~chest & (right < 0.12)] = _FAT
    tissues[_inside(down, right, (0.62, -0.2), (0.32, 0.5), rng)] = _MUSCLE  # the liver
    tissues[_inside(down, right, (0.0, -0.03), (0.29, 0.35), rng)] = _FAT  # round the heart
    tissues[_inside(down, right, (0.0, -0.1), (0.24, 0.245), rng)] = _MUSCLE  # the free wall
    tissues[_inside(down, right, (0.0, -0.1), (0.225, 0.23), rng)] = _RIGHT_BLOOD

    # Within the wall: the angle from its centre, and the depth from 0 at the cavity to 1 outside.
    y, x = down, right - 0.07
    angle, radius = np.arctan2(y, x), np.hypot(y, x)
    outer = cut.wall * 0.235 * _wobble(angle, 0.06, rng)
    inner = cut.cavity * 0.13 * _wobble(angle, 0.12, rng)
    depth = (radius - inner) / (outer - inner)
    middle = rng.uniform(-np.pi, np.pi)
    away = np.abs(np.angle(np.exp(1j * (angle - middle))))
    half_width = cut.lesion * rng.uniform(1.1, 1.4)
    oedema = away < half_width * _wobble(depth, 0.05, rng)
    reach = (
        cut.lesion * 0.7 * np.sqrt(np.clip(1 - (away / (0.75 * half_width)) ** 2, 0, None))
    )  # deepest in the middle
    scar = depth < reach * _wobble(4 * angle, 0.08, rng)
    wall = (depth >= 0) & (depth < 1)
    tissues[depth < 0] = 1
    tissues[wall] = 2
    tissues[wall & oedema] = 3
    tissues[wall & oedema & scar] = 4
    return tissues


def _inside(
    down: np.ndarray,
    right: np.ndarray,
    centre: tuple[float, float],
    radii: tuple[float, float],
    rng: np.random.Generator,
) -> np.ndarray:
    """The inside of a wobbling ellipse; centre and radii are (down, right)."""
    y, x = (down - centre[0]) / radii[0], (right - centre[1]) / radii[1]
    return np.hypot(y, x) < _wobble(np.arctan2(y, x), 0.02, rng)


def _wobble(angle: np.ndarray, amount: float, rng: np.random.Generator) -> np.ndarray:
    """1 plus a few low Fourier modes of an angle with random weights of that size and random phases."""
    modes = np.array([2, 3, 5])
    weights, phases = amount * rng.standard_normal(3) / modes, rng.uniform(0, 2 * np.pi, 3)
    return 1 + sum(w * np.cos(n * angle + phase) for n, w, phase in zip(modes, weights, phases, strict=True))

"""Small scans: geometries of every kind, images and sinograms, drawn by name."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from deepmix.conformance.drawing import frozen
from deepmix.conformance.examples import Shapes
from deepmix.reference.tomography.records import ScanGeometry

from ..case import generator

N_ENERGIES = 100  # of an exported spectrum


class Scan(NamedTuple):
    """A geometry, with an image (H, W) and a sinogram (n, D) that have nothing to do with one another."""

    geometry: ScanGeometry
    image: np.ndarray
    sinogram: np.ndarray


def draw_scan(
    rng: np.random.Generator,
    shape: tuple[int, int, int, int] = (5, 6, 4, 9),
    divergent: bool = False,
    fineness: float = 1.0,
    angles: np.ndarray | None = None,
) -> Scan:
    """Of the shape (H, W, n, D). fineness: how many detectors there are to a pixel; angles: drawn if not given."""
    height, width, n, d = shape
    pixel = rng.uniform(0.5, 2)
    step = pixel / fineness
    radius = np.hypot(height, width) * pixel
    geometry = ScanGeometry(
        angles=frozen(rng.uniform(-np.pi, 2 * np.pi, n) if angles is None else angles),
        detectors=frozen((np.arange(d) - (d - 1) / 2 + rng.uniform(-1, 1)) * step),
        columns=frozen((np.arange(width) - (width - 1) / 2) * pixel),
        rows=frozen(((height - 1) / 2 - np.arange(height)) * pixel),
        divergence=float(1 / (radius * rng.uniform(1, 3))) if divergent else 0.0,
    )
    return Scan(
        geometry=geometry,
        image=frozen(rng.uniform(0, 1, (height, width))),
        sinogram=frozen(rng.uniform(0, 1, (n, d))),
    )


def named_scans() -> dict[str, Scan]:
    """Scans that differ in everything that counts."""
    turn = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    kinds: dict[str, dict[str, Any]] = {
        "parallel": {},
        "fan": {"divergent": True},
        "fine_detectors": {"fineness": 2.7, "shape": (4, 4, 3, 17)},
        "fan_of_fine_detectors": {"fineness": 2.7, "divergent": True, "shape": (4, 4, 3, 17)},
        "coarse_detectors": {"fineness": 0.4, "shape": (6, 5, 3, 4)},
        "right_angles_and_diagonals": {"angles": np.arange(8) * np.pi / 4, "shape": (5, 4, 8, 8)},
        "half_a_turn": {"angles": turn[:6] + 0.1, "shape": (6, 6, 6, 9)},
        "fan_of_a_turn": {"angles": turn, "divergent": True, "shape": (6, 6, 12, 9)},
        "limited_angle": {"angles": np.linspace(0.2, 1.1, 6), "shape": (6, 6, 6, 9)},
        "limited_fan": {"angles": np.linspace(0.2, 1.1, 6), "divergent": True, "shape": (6, 6, 6, 9)},
    }
    return {name: draw_scan(generator(f"scan {name}"), **kind) for name, kind in kinds.items()}


def example(shapes: Shapes) -> dict[str, Any]:
    """A scan of the image of an export: as many views as pixels a side, and half as many detectors again."""
    n, d = shapes.side, shapes.side * 3 // 2
    geometry = ScanGeometry(
        angles=shapes.array(n),
        detectors=shapes.array(d),
        columns=shapes.array(n),
        rows=shapes.array(n),
        divergence=0.0,
    )
    return {
        "geometry": geometry,
        "image": shapes.mask,
        "sinogram": shapes.array(n, d),
        "angles": shapes.array(n),
        "counts": shapes.array(n, d),
        "flat": shapes.array(d),
        "dark": shapes.array(d),
        "lengths": shapes.array(2, n, d),
        "attenuation": shapes.array(2, N_ENERGIES),
        "spectrum": shapes.array(N_ENERGIES),
        "energies": shapes.array(N_ENERGIES),
    }


def taking(*names: str) -> Callable[[Shapes], dict[str, Any]]:
    """Those arguments of the example."""
    return lambda shapes: {name: example(shapes)[name] for name in names}

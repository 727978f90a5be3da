"""Operators, images and data of inverse problems drawn from a generator: well-conditioned, read-only."""

from collections.abc import Callable

import numpy as np

from deepmix.reference.inverse.records import (
    Blur,
    Fourier,
    Gradient,
    Identity,
    Inpaint,
    Matrix,
    Operator,
    Synthesis,
    Wavelet,
)
from deepmix.reference.inverse.wavelets import daubechies

from .drawing import frozen

Shape = tuple[int, ...]


def draw_array(rng: np.random.Generator, shape: Shape, is_complex: bool = False) -> np.ndarray:
    """Standard normal numbers, or complex ones whose parts are."""
    real = rng.normal(size=shape)
    return frozen(real + 1j * rng.normal(size=shape) if is_complex else real)


def draw_mask(rng: np.random.Generator, shape: Shape) -> np.ndarray:
    """About two thirds 1, the rest 0; the centre 1, the first 0."""
    mask = (rng.random(shape) < 2 / 3).astype(float)
    mask.flat[0] = 0
    mask[tuple(n // 2 for n in shape)] = 1
    return frozen(mask)


def _matrix(rng: np.random.Generator, shape: Shape, is_complex: bool) -> Matrix:
    """Half as many rows again as pixels: the condition number is below 20."""
    n = int(np.prod(shape))
    return Matrix(rows=frozen(draw_array(rng, (n + n // 2 + 1, *shape), is_complex) / np.sqrt(n)))


def _blur(rng: np.random.Generator, shape: Shape, is_complex: bool) -> Blur:
    sides = (*(min(3, n) for n in shape[:-1]), min(2, shape[-1]))
    return Blur(kernel=draw_array(rng, sides, is_complex))


# Each kind, of a shape; complex numbers only where the record may hold them.
DRAWN: dict[str, Callable[[np.random.Generator, Shape, bool], Operator]] = {
    "Matrix": _matrix,
    "Fourier": lambda rng, shape, is_complex: Fourier(mask=draw_mask(rng, shape)),
    "Blur": _blur,
    "Inpaint": lambda rng, shape, is_complex: Inpaint(mask=draw_mask(rng, shape)),
    "Identity": lambda rng, shape, is_complex: Identity(),
    "Wavelet": lambda rng, shape, is_complex: Wavelet(scaling=frozen(daubechies(2, 1))),
    "Synthesis": lambda rng, shape, is_complex: Synthesis(atoms=draw_array(rng, (shape[-1], 4), is_complex)),
    "Gradient": lambda rng, shape, is_complex: Gradient(),
}


def shapes_of(kind: str) -> dict[str, Shape]:
    """Shapes of images that a kind takes: of even sides, and of odd ones where it can."""
    return {"even": (4, 6), "odd": (2, 4) if kind == "Wavelet" else (5, 3)}


def draw_operator(rng: np.random.Generator, kind: str, shape: Shape, is_complex: bool = False) -> Operator:
    """An operator of a kind on images of a shape."""
    return DRAWN[kind](rng, shape, is_complex)

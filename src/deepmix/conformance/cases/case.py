"""What a case is, and the random numbers that it is made of."""

import zlib
from typing import Any, NamedTuple

import numpy as np

from deepmix.conformance.tolerances import eps_of


class Case(NamedTuple):
    """Arguments of a function, by name. rejected: the function must refuse them."""

    function: str
    name: str
    arguments: dict[str, Any]
    rejected: bool = False


def generator(name: str) -> np.random.Generator:
    """The random numbers of a name."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def draw_normal(name: str, *shapes: tuple[int, ...]) -> list[np.ndarray]:
    """Arrays of standard normal numbers, what the name says of them."""
    rng = generator(name)
    return [rng.normal(size=shape) for shape in shapes]


def nearly_singular(dtype: str) -> float:
    """A condition number that leaves six digits of float64, four of float32."""
    return max(1e-6 / eps_of(dtype), 1e3)

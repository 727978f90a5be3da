"""The records of networks."""

from typing import NamedTuple


class UNetConfig(NamedTuple):
    """Size of the network [U], [NN2].

    depth: number of poolings L, at most. filters: of the first level. negative_slope: of LeakyReLU.
    spacing: distance of the pixels along each axis, two of them or three; their ratios count.
    size: pixels along each axis; None: so many that no axis gets too short for any pooling.
    """

    depth: int = 4
    filters: int = 32
    negative_slope: float = 0.01
    spacing: tuple[float, ...] = (1.0, 1.0)
    size: tuple[int, ...] | None = None


class Levels(NamedTuple):
    """What a network does along each axis, from the top down [NN2].

    kernels: sides of the convolutions of each level, 1 or 3; the last is the bottom's.
    factors: of each pooling and of the upsampling back, 1 or 2.
    multiples: all factors of an axis together; sizes must be multiples of them.
    """

    kernels: tuple[tuple[int, ...], ...]
    factors: tuple[tuple[int, ...], ...]
    multiples: tuple[int, ...]

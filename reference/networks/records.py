"""The records of networks."""

from typing import NamedTuple


class UNetConfig(NamedTuple):
    """Size of the network [U]: number of poolings L, filters of the first level, negative slope of LeakyReLU."""

    depth: int = 4
    filters: int = 32
    negative_slope: float = 0.01

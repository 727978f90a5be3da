"""The records of networks."""

from typing import NamedTuple


class UNetConfig(NamedTuple):
    """Size of the network [U]: poolings L, filters at the top, slope of LeakyReLU."""

    depth: int = 4
    filters: int = 32
    negative_slope: float = 0.01

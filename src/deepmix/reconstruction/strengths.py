"""The strength of a regulariser from the noise, by the discrepancy principle [IP16], in few reconstructions."""

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

FIRST = 0.1  # a part of `scales`: strong, for strong ones need the fewest steps, and weaker ones go on from there
FACTOR = 4.0  # from one trial to the next, until the noise lies between two
NEAR = 1.2  # the strength is found to within this factor
LEAST, MOST = 1e-9, 1e4


class Attempt(NamedTuple):
    """What a strength led to. deviation: ‖W^½(Ax−y)‖/√m. found: what else came out."""

    strength: float
    deviation: float
    found: Any


def largest(reconstruct: Callable[[float, Attempt | None], Attempt], sigma: float) -> Attempt:
    """The trial of the largest strength whose deviation is at most σ; deviations grow with the strength.

    reconstruct: of a strength, going on from another trial. Raises ValueError if no strength reaches σ.
    """
    low = high = reconstruct(FIRST, None)
    while low.deviation > sigma:
        if low.strength <= LEAST:
            raise ValueError(
                f"no strength explains the data to within the noise: {low.deviation / sigma:.3g} σ are left. "
                "Is it larger than said, the geometry not that of the scan, a pixel too large? Or give a strength"
            )
        high, low = low, reconstruct(low.strength / FACTOR, low)
    while high.deviation <= sigma:
        if high.strength >= MOST:
            warnings.warn(
                f"an image without structure explains the data: {high.deviation / sigma:.3g} σ are left. Is the "
                "noise less than said? Counts must be photons",
                stacklevel=5,
            )
            return high
        low, high = high, reconstruct(high.strength * FACTOR, high)
    while high.strength > NEAR * low.strength:
        middle = reconstruct((low.strength * high.strength) ** 0.5, high)
        low, high = (middle, high) if middle.deviation <= sigma else (low, middle)
    return low

"""How far a network is from where its gradient jumps: a number next to 0 below LeakyReLU, a tie below max-pooling.

There float32 may take the other side, which no tolerance covers: the whole share of that pixel is off.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import numpy as np

from deepmix.reference.networks import layers
from tests.tolerances import EPS32

CLEAR = 64 * EPS32  # as far as float32 may move a number of order 1 in a few layers, see "layer"


@contextmanager
def watched() -> Iterator[list[float]]:
    """Collects the distances from all kinks that networks of the reference come across meanwhile."""
    found: list[float] = []
    leaky_relu, max_pool = layers.leaky_relu, layers.max_pool

    def relu(x: np.ndarray, *options: float) -> tuple:
        found.append(np.abs(x).min())
        return leaky_relu(x, *options)

    def pool(x: np.ndarray, factor: tuple[int, ...]) -> tuple:
        places = [
            tuple(slice(start, None, step) for start, step in zip(starts, factor, strict=True))
            for starts in np.ndindex(*factor)
        ]
        second, first = np.sort([x[:, *place] for place in places], axis=0)[-2:]
        found.append((first - second).min())
        return max_pool(x, factor)

    with patch.object(layers, "leaky_relu", relu), patch.object(layers, "max_pool", pool):
        yield found

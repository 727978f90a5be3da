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

    def pool(x: np.ndarray) -> tuple:
        channels, height, width = x.shape
        windows = x.reshape(channels, height // 2, 2, width // 2, 2).swapaxes(2, 3)
        second, first = np.sort(windows.reshape(-1, 4), axis=1)[:, 2:].T
        found.append((first - second).min())
        return max_pool(x)

    with patch.object(layers, "leaky_relu", relu), patch.object(layers, "max_pool", pool):
        yield found

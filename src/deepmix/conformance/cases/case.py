"""What a case is, and the pixels that most cases start from."""

import zlib
from typing import Any, NamedTuple

import numpy as np

from deepmix.conformance.drawing import draw_mixture, draw_pixels, draw_weights
from deepmix.conformance.tolerances import eps_of
from deepmix.reference.mixtures import gaussian
from deepmix.reference.mixtures.records import Mixture


class Case(NamedTuple):
    """Arguments of a function, by name. rejected: the function must refuse them."""

    function: str
    name: str
    arguments: dict[str, Any]
    rejected: bool = False


class Pixels(NamedTuple):
    """Pixels (M, N) of a mixture, a mixture not far from it, weights (N,) and the floor (M,)."""

    pixels: np.ndarray
    mixture: Mixture
    weights: np.ndarray
    floor: np.ndarray


def generator(name: str) -> np.random.Generator:
    """The random numbers of a name."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def draw(
    name: str,
    kind: str = "diag",
    *,
    m: int = 2,
    k: int = 3,
    n: int = 24,
    weights: str = "ones",
    condition: float = 10.0,
    far: float = 0.0,
) -> Pixels:
    """What the name says of random numbers. far: the distance of the pixels from where the mixture is.

    kind: covariance type. weights: kind of weights, see `draw_weights`. condition: of the covariances.
    """
    rng = generator(name)
    truth = draw_mixture(rng, m, k, condition, 3.0, kind)
    pixels = draw_pixels(rng, truth, n, kind) + far
    mixture = truth._replace(means=truth.means + rng.normal(0, 0.3, (k, m)))
    w = draw_weights(rng, (n,), weights)
    return Pixels(pixels, mixture, w, gaussian.variance_floor(pixels, w))


def nearly_singular(dtype: str) -> float:
    """A condition number that leaves six digits of float64, four of float32."""
    return max(1e-6 / eps_of(dtype), 1e3)

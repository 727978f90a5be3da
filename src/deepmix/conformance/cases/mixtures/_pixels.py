"""What the cases of mixtures share: pixels of a mixture, and how close responsibilities must come."""

from typing import Any, NamedTuple

import numpy as np

from deepmix.conformance.drawing import draw_mixture, draw_pixels, draw_responsibilities, draw_weights
from deepmix.conformance.tolerances import backward, probability
from deepmix.reference.mixtures import gaussian
from deepmix.reference.mixtures.records import Mixture

from ..case import generator

FAR = 80.0  # standard deviations: log-densities of about −10⁴
E_STEP = ("responsibilities", "log_likelihood")
POSTERIOR = {"responsibilities": backward(probability("responsibilities"))}


class Pixels(NamedTuple):
    """Pixels (M, N) of a mixture, a mixture not far from it, weights (N,) and the floor (M,)."""

    pixels: np.ndarray
    mixture: Mixture
    weights: np.ndarray
    floor: np.ndarray


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
    return Pixels(pixels=pixels, mixture=mixture, weights=w, floor=gaussian.variance_floor(pixels, w))


def draw_fuzzy(name: str, **options: Any) -> tuple[Pixels, np.ndarray]:
    """Twelve pixels of what the name says of random numbers, and memberships (K, 12). options: of `draw`."""
    given = draw(f"fuzzy {name}", n=12, **options)
    k = len(given.mixture.means)
    return given, draw_responsibilities(generator(f"memberships {name}"), k, 12)


def still() -> Pixels:
    """One class of the mean 0 and the variance 1, as its pixels −1 and 1 have them: nothing rounds or changes."""
    mixture = Mixture(proportions=np.ones(1), means=np.zeros((1, 1)), covariances=np.ones((1, 1)))
    pixels = np.array([[-1.0, 1.0] * 4])
    return Pixels(pixels=pixels, mixture=mixture, weights=np.ones(8), floor=np.zeros(1))

"""Images with tiny networks, and batches of them, for the algorithms of `deep_mixtures`."""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from deepmix.conformance.drawing import draw_image, draw_mixture, draw_parameters, draw_weights, frozen
from deepmix.reference.deep_mixtures.records import Batch
from deepmix.reference.mixtures import gaussian
from deepmix.reference.mixtures.records import Mixture
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.types import Tree
from tests.problems.drawn import generators, weight_kinds
from tests.problems.mixtures import conditions
from tests.problems.networks import configs

VOLUME_SHAPE = (2, 3, 8, 8, 2)  # M, K, H, W, D
IMAGE_SHAPES = ((1, 2, 8, 8), (2, 3, 8, 12))  # M, K, H, W

image_shapes = st.sampled_from(IMAGE_SHAPES)


class DeepProblem(NamedTuple):
    """What `deep_mixtures.one_image.loss` takes. weights: (*spatial), some 0. previous: a mixture with π (K,)."""

    image: np.ndarray
    weights: np.ndarray
    floor: np.ndarray
    previous: Mixture
    config: UNetConfig
    parameters: Tree
    covariance_type: str


def arguments(problem: DeepProblem, parameters: Tree | None = None) -> tuple:
    """What `loss` and `loss_and_gradient` take before the model."""
    parameters = problem.parameters if parameters is None else parameters
    return parameters, problem.image, problem.previous, problem.weights, problem.floor


def draw_deep_problem(
    rng: np.random.Generator,
    shape: tuple[int, ...],
    config: UNetConfig,
    covariance_type: str,
    weights: str = "reals",
    condition: float = 4.0,
) -> DeepProblem:
    """An image (M, K, *size: shape), a network and a mixture of the step before, near some of the pixels."""
    m, k, *size = shape
    image, drawn = draw_image(rng, m, k, *size), draw_weights(rng, tuple(size), weights)
    flat = image.reshape(m, -1)
    start = draw_mixture(rng, m, k, condition, 1.0, covariance_type)
    chosen = flat[:, np.linspace(0, flat.shape[1] - 1, k).astype(int)].T
    previous = start._replace(means=frozen(start.means + chosen))
    floor = frozen(gaussian.variance_floor(flat, drawn.ravel()))
    parameters = draw_parameters(rng, m, k, config)
    return DeepProblem(
        image=image,
        weights=drawn,
        floor=floor,
        previous=previous,
        config=config,
        parameters=parameters,
        covariance_type=covariance_type,
    )


def draw_batch(
    rng: np.random.Generator,
    shape: tuple[int, ...],
    shares: tuple[float, ...] = (1.0, 1.0),
    known: float = 0.5,
) -> Batch:
    """Images (M, K, *size: shape) with weights, one a share; the truth of about `known` of their pixels."""
    m, k, *size = shape
    images = np.stack([draw_image(rng, m, k, *size) for _ in shares])
    weights = np.stack([draw_weights(rng, tuple(size), "reals") for _ in shares])
    truth = np.moveaxis(np.eye(k)[rng.integers(0, k, weights.shape)], -1, 1)
    truth = truth * (rng.random((len(shares), 1, *size)) < known)
    return Batch(
        images=frozen(images), weights=frozen(weights), shares=frozen(np.array(shares)), truth=frozen(truth)
    )


@st.composite
def images(draw, shape: tuple[int, ...] | None = None) -> tuple[np.ndarray, np.ndarray]:
    """An image (M, *size) of K bands and weights (*size)."""
    m, k, *size = shape or draw(image_shapes)
    rng = draw(generators)
    return draw_image(rng, m, k, *size), draw_weights(rng, tuple(size), draw(weight_kinds))


@st.composite
def deep_problems(
    draw,
    covariance_type: str,
    weights: str | None = None,
    shape: tuple[int, ...] | None = None,
    config: UNetConfig | None = None,
) -> DeepProblem:
    """An image, a tiny network and a mixture of the step before. What is not given is drawn."""
    shape, config = shape or draw(image_shapes), config or draw(configs)
    kind = weights or draw(weight_kinds)
    return draw_deep_problem(draw(generators), shape, config, covariance_type, kind, draw(conditions))

"""What the cases of deep mixtures share: small networks, images and batches."""

from typing import Any, NamedTuple

import numpy as np

from deepmix.conformance.drawing import draw_image, draw_mixture, draw_parameters, draw_truth, draw_weights
from deepmix.conformance.examples import Shapes
from deepmix.reference.deep_mixtures.records import Batch
from deepmix.reference.mixtures import gaussian
from deepmix.reference.mixtures.records import Mixture
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.types import Tree

from ..case import generator

LOSSES = {"deepsvg": "nll_v", "deepg": "nll"}  # the objective of each of the paper's methods
CONFIG = UNetConfig(depth=1, filters=2)
SMALL = UNetConfig(depth=0, filters=1)  # where the network has no say
SIZE = (8, 8)
THICK = UNetConfig(depth=1, filters=2, spacing=(1.0, 1.0, 3.0))  # of volumes
VOLUME = (4, 4, 3)
K = 3


class DeepProblem(NamedTuple):
    """Arguments of `deep_mixtures.one_image.loss` without the model."""

    parameters: Tree
    image: np.ndarray
    previous: Mixture
    weights: np.ndarray
    floor: np.ndarray


def problem(
    name: str,
    kind: str = "diag",
    *,
    m: int = 2,
    k: int = 3,
    config: UNetConfig = CONFIG,
    weights: str = "ones",
    size: tuple[int, ...] = SIZE,
) -> DeepProblem:
    """What the name says of random numbers. kind: covariance type; weights: see `draw_weights`."""
    rng = generator(name)
    image, w = draw_image(rng, m, k, *size), draw_weights(rng, size, weights)
    previous = draw_mixture(rng, m, k, 4.0, 2.0, kind)
    floor = gaussian.variance_floor(image.reshape(m, -1), w.ravel())
    parameters = draw_parameters(rng, m, k, config)
    # classes that differ: else their densities are alike, and deepG's gradient is all cancellation
    parameters["head"]["kernel"] = 4 * parameters["head"]["kernel"]
    return DeepProblem(parameters=parameters, image=image, previous=previous, weights=w, floor=floor)


def draw_batch(
    name: str,
    known: float = 0.0,
    shares: tuple[float, ...] = (1.0, 1.0),
    weights: str = "reals",
    config: UNetConfig = CONFIG,
    size: tuple[int, ...] = SIZE,
) -> tuple[Any, Batch]:
    """Parameters and a batch. known: part of the pixels whose truth is known; none of the first image."""
    options: dict[str, Any] = {"weights": weights, "config": config, "size": size}
    drawn = [problem(f"{name} {number}", **options) for number in range(len(shares))]
    images, w = np.stack([each.image for each in drawn]), np.stack([each.weights for each in drawn])
    truth = draw_truth(generator(name), w.shape, K, known, n_axes=len(size))
    truth[0] = 0
    return drawn[0].parameters, Batch(
        images=images, weights=w, shares=np.array(shares), truth=truth if known else None
    )


def example_batch(shapes: Shapes, n_images: int = 4) -> Batch:
    """A mini-batch to export with, as large as published."""
    weights = shapes.array(n_images, shapes.side, shapes.side)
    images, truth = (shapes.image(channels, n_images) for channels in (shapes.m, shapes.k))
    return Batch(images=images, weights=weights, shares=shapes.array(n_images), truth=truth)

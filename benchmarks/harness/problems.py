"""The data of the benchmarks, the same in every run."""

from typing import NamedTuple

import numpy as np

from deepmix.datasets.phantoms import TISSUES, left_ventricle
from deepmix.reference.mixtures import svgmm
from deepmix.reference.mixtures.records import Mixture
from deepmix.reference.networks.parameters import unet_parameters
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.types import Tree

CLASSES, CHANNELS = 4, 3


class Blobs(NamedTuple):
    """pixels (M, N) and a start near the classes that they were drawn from."""

    pixels: np.ndarray
    start: Mixture


def blobs(n: int, dtype: str, covariance_type: str = "diag", seed: int = 0) -> Blobs:
    """Four overlapping Gaussian classes in three channels."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 3, (CLASSES, CHANNELS))
    pixels = centres.T[:, rng.integers(0, CLASSES, n)] + rng.standard_normal((CHANNELS, n))
    variances = np.full((CLASSES, CHANNELS), 2.0)
    covariances = variances if covariance_type == "diag" else variances[:, :, None] * np.eye(CHANNELS)
    start = Mixture(proportions=np.full(CLASSES, 1 / CLASSES), means=centres + 0.5, covariances=covariances)
    return Blobs(pixels.astype(dtype), cast(start, dtype))


def per_pixel(problem: Blobs) -> Mixture:
    """The start of Algorithm 2 for the same pixels."""
    return cast(svgmm.begin(problem.pixels, problem.start), problem.pixels.dtype)


def phantom(size: int, dtype: str, seed: int = 0) -> np.ndarray:
    """The ventricle of `deepmix demo` (3, size, size), standardised."""
    image = left_ventricle(size, seed=seed).image
    image -= image.mean(axis=(1, 2), keepdims=True)
    return (image / image.std(axis=(1, 2), keepdims=True)).astype(dtype)


def network(config: UNetConfig, seed: int = 0) -> Tree:
    """Parameters of a network for the phantom."""
    return unet_parameters(CHANNELS, len(TISSUES), config, seed=seed)


def cast(mixture: Mixture, dtype: str | np.dtype) -> Mixture:
    """The mixture in a dtype."""
    return Mixture._make(np.asarray(array, dtype) for array in mixture)

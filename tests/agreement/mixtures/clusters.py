"""Pixels of a few clusters, and their fits by `gmm` and `svgmm`, for all ways to execute them."""

import numpy as np

from deepmix import reference
from deepmix.reference.mixtures import initialization
from deepmix.reference.mixtures.records import Mixture
from tests.tolerances import STEP, assert_agree


def clusters(n_pixels: int, seed: int = 0, n_channels: int = 2, n_classes: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 4, (n_channels, n_classes))
    return centres[:, rng.integers(0, n_classes, n_pixels)] + rng.normal(size=(n_channels, n_pixels))


def start_of(pixels: np.ndarray, method: str, kind: str) -> Mixture:
    start = initialization.from_means(pixels, pixels[:, :3].T, covariance_type=kind)
    return start if method == "gmm" else reference.mixtures.svgmm.begin(pixels, start, kind)


def fitted(package, method: str, *arguments, **options):
    return getattr(package.mixtures, method).fit(*arguments, **options)


def assert_same(actual, expected, tol: float = STEP, dtype: type = np.float64) -> None:
    assert actual.status is expected.status
    assert np.array_equal(np.asarray(actual.labels), np.asarray(expected.labels))
    assert_agree(actual._replace(labels=0), expected._replace(labels=0), tol, dtype)

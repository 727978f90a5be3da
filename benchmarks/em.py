"""EM for the GMM, per iteration: both backends and scikit-learn, from the same start."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from deepmix import accelerated, reference
from deepmix.reference import initialization

from .timing import Row, compare

CLASSES, CHANNELS = 4, 3


def run(quick: bool) -> list[Row]:
    """Diagonal covariances, float32 (the reference: float64), K = 4, M = 3."""
    rows = []
    for n in (5_000,) if quick else (5_000, 100_000, 1_000_000):
        rows += _of_size(n, iterations=5 if quick else 20, repeats=3 if quick else 5)
    return rows


def _of_size(n: int, iterations: int, repeats: int) -> list[Row]:
    rng = np.random.default_rng(0)
    centres = rng.normal(0, 3, (CHANNELS, CLASSES))
    pixels = (centres[:, rng.integers(0, CLASSES, n)] + rng.normal(size=(CHANNELS, n))).astype(np.float32)
    start = initialization.random_responsibilities(pixels, CLASSES, seed=0)
    options = {"tol": -np.inf, "max_iter": iterations}

    def peer() -> np.ndarray:
        model = GaussianMixture(
            CLASSES, covariance_type="diag", tol=0, reg_covar=0, max_iter=iterations,
            weights_init=start.proportions, means_init=start.means, precisions_init=1 / start.covariances,
        )  # fmt: skip
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return model.fit(pixels.T).means_

    calls = {
        "reference": lambda: reference.gmm.fit(pixels, start, **options).mixture.means,
        "accelerated": lambda: accelerated.gmm.fit(pixels, start, **options).mixture.means,
        "scikit-learn": peer,
    }
    return compare(f"GMM-EM iteration, N = {n}", calls, tolerance=1e-3, repeats=repeats, per=iterations)

"""EM as loops of a given number of iterations, for `timing.compare_loops`."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from deepmix.reference.mixtures.records import AnyMixture, Mixture

from ..peers import sklearn_gmm
from .problems import CHANNELS, Blobs
from .setting import Setting

Loop = Callable[[int], Any]


def of_gmm(backend: ModuleType, problem: Blobs, covariance_type: str = "diag", **execution: Any) -> Loop:
    """`mixtures.gmm.fit` for a number of iterations, without tolerance or floor. execution: such as mesh."""
    return _of(
        backend.mixtures.gmm.fit, problem.pixels, problem.start, covariance_type=covariance_type, **execution
    )


def of_family(
    backend: ModuleType, pixels: np.ndarray, start: AnyMixture, family: str, covariance_type: str = "diag"
) -> Loop:
    """`mixtures.gmm.fit` of a family in the same way."""
    options = {"covariance_type": covariance_type, "family": family, "floor": np.zeros(len(pixels), pixels.dtype)}
    return lambda n: backend.mixtures.gmm.fit(pixels, start, tol=-np.inf, max_iter=n, **options).mixture


def of_stream(backend: ModuleType, problem: Blobs) -> Loop:
    """`mixtures.gmm.fit_stream` in the same way."""
    return _of(backend.mixtures.gmm.fit_stream, problem.pixels, problem.start)


def of_svgmm(backend: ModuleType, pixels: np.ndarray, start: Mixture) -> Loop:
    """`mixtures.svgmm.fit` in the same way."""
    return _of(backend.mixtures.svgmm.fit, pixels, start)


def of_fcm(backend: ModuleType, pixels: np.ndarray, start: np.ndarray) -> Loop:
    """`mixtures.fcm.fit` for a number of rounds; the result is the centres."""
    return lambda n: backend.mixtures.fcm.fit(pixels, start, tol=-1.0, max_iter=n).centres


def of_sklearn(problem: Blobs, covariance_type: str = "diag") -> Loop:
    """scikit-learn's fit in the same way."""
    samples = np.ascontiguousarray(problem.pixels.T)
    return lambda n: sklearn_gmm.fit(samples, problem.start, covariance_type, n)


def turns(n: int, setting: Setting) -> int:
    """The number of iterations on n pixels that takes about as long for every n; at least 3."""
    return max(3, (300_000 if setting.quick else 3_000_000) // n)


def _of(fit: Callable[..., Any], pixels: np.ndarray, start: Mixture, **options: Any) -> Loop:
    floor = np.zeros(CHANNELS, pixels.dtype)
    return lambda n: fit(pixels, start, tol=-np.inf, max_iter=n, floor=floor, **options).mixture

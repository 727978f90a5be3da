"""What all estimators on samples share: checks of the input, restarts, the attributes of a fit, labels."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager
from types import ModuleType
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from deepmix.backends import BACKENDS, opened
from deepmix.reference.checks import check_choice, check_unmasked, plain
from deepmix.segmentation.methods import METHODS

from .restarts import best_of, check_least, keep_end, seeds


class SampleEstimator(ABC, BaseEstimator):
    """Fits samples (n_samples, n_features) from several starts and keeps the best.

    A subclass has the parameters n_init, random_state, warm_start, backend and device, and says where a fit
    starts and how it runs. The backends see samples as pixels (M, N), features as channels.
    """

    _method = METHODS["gmm"]  # or one that measures the same

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Fit to samples X (n_samples, n_features) with weights (n_samples,), 1 if not given; returns itself.

        With backend="accelerated", float32 samples are computed in float32; all others in float64. y is ignored.
        Raises ValueError for bad input or parameters, and for masked arrays: leave such samples out, or give them
        the weight 0. Raises ImportError if the backend is not installed.
        """
        self._fit(X, sample_weight)
        return self

    def fit_predict(self, X: Any, y: Any = None, sample_weight: Any = None) -> np.ndarray:
        """Fit as `fit` does; returns the labels 0 … K−1 of the samples (n_samples,)."""
        return np.asarray(self._fit(X, sample_weight).labels)

    def predict(self, X: Any) -> np.ndarray:
        """The likeliest class 0 … K−1 of each sample (n_samples,)."""
        return self.predict_proba(X).argmax(axis=1)

    @abstractmethod
    def predict_proba(self, X: Any) -> np.ndarray:
        """How much each sample belongs to each class (n_samples, K)."""

    @abstractmethod
    def _check_parameters(self) -> None:
        """Raise ValueError for parameters that are not allowed."""

    @abstractmethod
    def _start(self, twin: ModuleType, pixels: np.ndarray, weights: np.ndarray, seed: int) -> Any:
        """Where a fit begins, drawn with a seed."""

    @abstractmethod
    def _last(self, twin: ModuleType, pixels: np.ndarray) -> Any:
        """Where the last fit ended, to go on from there with these pixels."""

    @abstractmethod
    def _run(self, twin: ModuleType, pixels: np.ndarray, weights: np.ndarray, start: Any) -> Any:
        """The fit from one start."""

    @abstractmethod
    def _keep(self, best: Any, weights: np.ndarray) -> None:
        """Set the attributes that only this estimator has."""

    def _fit(self, X: Any, sample_weight: Any) -> Any:
        check_choice("backend", self.backend, BACKENDS)
        check_least(self, n_init=1)
        self._check_parameters()
        pixels = self._pixels(X, fitting=True)
        weights = np.ones(pixels.shape[1]) if sample_weight is None else np.array(plain(sample_weight), float)
        if not weights.any():
            raise ValueError("sample_weight is zero for all samples")
        with self._backend(pixels.dtype) as twin:
            starts = self._starts(twin, pixels, weights)
            best = best_of(self._run(twin, pixels, weights, start) for start in starts)
        self._keep(best, weights)
        keep_end(self, best, self._method.measure, self._method.settles)
        return best

    def _starts(self, twin: ModuleType, pixels: np.ndarray, weights: np.ndarray) -> Iterator[Any]:
        if self.warm_start and hasattr(self, "converged_"):
            yield self._last(twin, pixels)
            return
        for seed in seeds(self.random_state, self.n_init):
            yield self._start(twin, pixels, weights, seed)

    def _pixels(self, X: Any, *, fitting: bool = False) -> np.ndarray:
        """Samples as pixels (M, N), checked; those of a new fit set the number of features."""
        if not fitting:
            check_is_fitted(self)
        dtypes = [np.float64] if self.backend == "reference" else [np.float64, np.float32]
        check_unmasked(X)
        samples = validate_data(self, X, reset=fitting, dtype=dtypes, ensure_min_samples=2 if fitting else 1)
        return np.ascontiguousarray(samples.T)  # what runs along the pixels runs along memory

    def _backend(self, dtype: np.dtype) -> AbstractContextManager[ModuleType]:
        return opened(self.backend, str(dtype), self.device)

"""What mixtures that describe new samples can do beside: draw samples, and be compared by AIC and BIC."""

from abc import abstractmethod
from types import ModuleType
from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from deepmix.reference.mixtures.records import AnyMixture
from deepmix.segmentation import selection

from .gaussian import GaussianEstimator


class GenerativeEstimator(GaussianEstimator):
    """A mixture with proportions that are the same for all samples."""

    def sample(self, n_samples: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Draw samples X (n_samples, M) and their classes (n_samples,), sorted by class.

        Raises ValueError for n_samples < 1.
        """
        check_is_fitted(self)
        if n_samples < 1:
            raise ValueError(f"n_samples must be at least 1, got {n_samples}")
        random = check_random_state(self.random_state)
        proportions = self.weights_.astype(float)
        counts = random.multinomial(n_samples, proportions / proportions.sum())
        drawn = [self._draw(random, k, count) for k, count in enumerate(counts)]
        return np.concatenate(drawn), np.repeat(np.arange(len(counts)), counts)

    def aic(self, X: Any) -> float:
        """Akaike's information criterion of the fit on samples X; smaller is better."""
        return selection.aic(-self.score(X), len(X), self._n_parameters())

    def bic(self, X: Any) -> float:
        """Bayesian information criterion of the fit on samples X; smaller is better."""
        return selection.bic(-self.score(X), len(X), self._n_parameters())

    @abstractmethod
    def _draw(self, random: np.random.RandomState, k: int, count: int) -> np.ndarray:
        """Samples (count, M) of class k."""

    def _n_parameters(self) -> int:
        n_components, n_features = self.means_.shape
        return selection.n_parameters(n_components, n_features, self.covariance_type, self._family)

    def _last(self, twin: ModuleType, pixels: np.ndarray) -> AnyMixture:
        return self._mixture()

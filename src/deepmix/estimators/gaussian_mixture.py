"""Algorithm 1 as an estimator."""

from types import ModuleType
from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from deepmix.reference.mixtures import gaussian
from deepmix.reference.mixtures.records import Fit, Mixture
from deepmix.segmentation import selection

from .gaussian import GaussianEstimator


class GaussianMixture(GaussianEstimator):
    """Gaussian mixture by EM (Algorithm 1), with the names of `sklearn.mixture.GaussianMixture`.

    The differences: covariances are diagonal by default; the variances get the floor of [G3] unless `reg_covar`
    gives another; if `means_init` is given, classes start from the pixels nearest to each mean; and `lower_bound_`
    belongs to the parameters returned, not to those before the last step.

    n_components: K. covariance_type: diag, spherical, tied or full. tol: a fit ends when the mean log-likelihood
    rises by less. reg_covar: added to the variances. max_iter: the largest number of M-steps. n_init: number of
    starts; the best fit is kept. init_params: "kmeans" (k-means++) or "random" (random responsibilities).
    weights_init (K,), means_init (K, M), precisions_init: start; what is not given comes from init_params.
    random_state: of the starts and of `sample`. warm_start: `fit` goes on from the last fit.
    backend: accelerated or reference. device: of the accelerated backend, such as "gpu:1".

    After `fit`: weights_ (K,), means_ (K, M), covariances_ and precisions_ (by type: diag (K, M), spherical
    (K,), tied (M, M), full (K, M, M)), converged_, n_iter_ (M-steps), lower_bound_ (mean log-likelihood, −NLL),
    lower_bounds_ (n_iter_ + 1 of them, that of the start first), n_features_in_, feature_names_in_.
    """

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
        matrices = gaussian.covariance_matrices(self.covariances_, self.covariance_type, *self.means_.shape)
        each = zip(self.means_, matrices, counts, strict=True)
        drawn = [random.multivariate_normal(*of_class) for of_class in each]
        return np.concatenate(drawn), np.repeat(np.arange(len(counts)), counts)

    def aic(self, X: Any) -> float:
        """Akaike's information criterion of the fit on samples X; smaller is better."""
        return selection.aic(-self.score(X), len(X), self._n_parameters())

    def bic(self, X: Any) -> float:
        """Bayesian information criterion of the fit on samples X; smaller is better."""
        return selection.bic(-self.score(X), len(X), self._n_parameters())

    def _n_parameters(self) -> int:
        n_components, n_features = self.means_.shape
        return selection.n_parameters(n_components, n_features, self.covariance_type)

    def _last(self, twin: ModuleType, pixels: np.ndarray) -> Mixture:
        return self._mixture()

    def _run(self, twin: ModuleType, pixels: np.ndarray, weights: np.ndarray, start: Mixture) -> Fit:
        return twin.mixtures.gmm.fit(
            pixels,
            start,
            weights,
            covariance_type=self.covariance_type,
            tol=self.tol,
            max_iter=self.max_iter,
            floor=self._floor(pixels),
        )

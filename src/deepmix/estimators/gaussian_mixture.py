"""Algorithm 1 as an estimator."""

from types import ModuleType

import numpy as np

from deepmix.reference.mixtures import gaussian
from deepmix.reference.mixtures.records import Fit, Mixture

from .generative import GenerativeEstimator


class GaussianMixture(GenerativeEstimator):
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

    def _draw(self, random: np.random.RandomState, k: int, count: int) -> np.ndarray:
        matrices = gaussian.covariance_matrices(self.covariances_, self.covariance_type, *self.means_.shape)
        return random.multivariate_normal(self.means_[k], matrices[k], count)

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

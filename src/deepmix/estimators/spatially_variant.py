"""Algorithm 2 as an estimator."""

from types import ModuleType

import numpy as np

from deepmix.reference.mixtures.records import Fit, Mixture

from .gaussian import GaussianEstimator


class SpatiallyVariantGaussianMixture(GaussianEstimator):
    """Gaussian mixture in which every sample has its own proportions, by EM (Algorithm 2).

    The parameters are those of `GaussianMixture`, which is fitted first, from the same start.

    After `fit` there are the attributes of `GaussianMixture`, and proportions_ (n_samples, K), Π of the fitted
    samples; the labels of `fit_predict` are the largest of these, and weights_ (K,) is their mean. converged_,
    n_iter_, lower_bound_ and lower_bounds_ belong to the fit with Π [SV1]. `predict`, `predict_proba`,
    `score_samples` and `score` treat all samples as new ones, with the proportions `weights_`. With warm_start,
    `fit` must get the same samples again.
    """

    def _last(self, twin: ModuleType, pixels: np.ndarray) -> Mixture:
        return self._mixture()._replace(proportions=self.proportions_.T)

    def _run(self, twin: ModuleType, pixels: np.ndarray, weights: np.ndarray, start: Mixture) -> Fit:
        kind = self.covariance_type
        options = {
            "covariance_type": kind,
            "tol": self.tol,
            "max_iter": self.max_iter,
            "floor": self._floor(pixels),
        }
        if start.proportions.ndim == 1:
            fitted = twin.mixtures.gmm.fit(pixels, start, weights, **options)
            start = twin.mixtures.svgmm.begin(pixels, fitted.mixture, kind)
        return twin.mixtures.svgmm.fit(pixels, start, weights, **options)

    def _keep(self, best: Fit, weights: np.ndarray) -> None:
        super()._keep(best, weights)
        self.proportions_ = np.array(best.mixture.proportions).T

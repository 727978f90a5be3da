"""What the estimators of mixtures share: parameters, starts, attributes, posteriors of new samples."""

from types import ModuleType
from typing import Any

import numpy as np
from sklearn.base import DensityMixin

from deepmix.backends import over_pixels
from deepmix.reference.checks import check_choice
from deepmix.reference.mixtures import gaussian
from deepmix.reference.mixtures.checks import check_covariance_type, check_support
from deepmix.reference.mixtures.records import AnyMixture, Fit, Mixture
from deepmix.segmentation.covariances import holds_matrices

from .restarts import check_least, keep_likelihood
from .samples import SampleEstimator


class GaussianEstimator(DensityMixin, SampleEstimator):
    """K distributions; new samples get posteriors under those of the fit."""

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: str = "diag",
        tol: float = 1e-3,
        reg_covar: float | None = None,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: str = "kmeans",
        weights_init: Any = None,
        means_init: Any = None,
        precisions_init: Any = None,
        random_state: Any = None,
        warm_start: bool = False,
        backend: str = "accelerated",
        device: str | None = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weights_init = weights_init
        self.means_init = means_init
        self.precisions_init = precisions_init
        self.random_state = random_state
        self.warm_start = warm_start
        self.backend = backend
        self.device = device

    def predict_proba(self, X: Any) -> np.ndarray:
        """Posteriors of the classes (n_samples, K) [EM1]."""
        return self._e_step(X)[0].T

    def score_samples(self, X: Any) -> np.ndarray:
        """Log-likelihood of each sample (n_samples,)."""
        return self._e_step(X)[1]

    def score(self, X: Any, y: Any = None) -> float:
        """Mean log-likelihood of the samples, −NLL [EM2]; y is ignored."""
        return float(self.score_samples(X).mean())

    def _e_step(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """γ (K, N) and the log-likelihoods (N,)."""
        pixels = self._pixels(X)
        pixels = check_support(pixels, np.ones(pixels.shape[1]), self._family)
        mixture = self._mixture()
        mixture = type(mixture)(*(array.astype(pixels.dtype) for array in mixture))
        kind = {"covariance_type": self.covariance_type, "family": self._family}
        with self._backend(pixels.dtype) as twin:
            e_step = over_pixels(twin, twin.mixtures.gmm.e_step, *kind)
            posteriors, log_likelihood = e_step(pixels, mixture, **kind)
        return np.asarray(posteriors), np.asarray(log_likelihood)

    @property
    def _family(self) -> str:
        """Of the classes, a key of `mixtures.families.FAMILIES`."""
        return "gaussian"

    def _mixture(self) -> AnyMixture:
        return Mixture(proportions=self.weights_, means=self.means_, covariances=self.covariances_)

    def _check_parameters(self) -> None:
        check_covariance_type(self.covariance_type)
        check_choice("init_params", self.init_params, ("kmeans", "random"))
        check_least(
            self, n_components=1, tol=0, max_iter=1, **({} if self.reg_covar is None else {"reg_covar": 0})
        )

    def _floor(self, pixels: np.ndarray) -> np.ndarray | None:
        """What is added to the variances; None for [G3]."""
        return None if self.reg_covar is None else np.full(len(pixels), self.reg_covar, pixels.dtype)

    def _start(self, twin: ModuleType, pixels: np.ndarray, weights: np.ndarray, seed: int) -> Mixture:
        """A Gaussian mixture from the initialisers, with the parameters that the user gave in place of its own."""
        initialization = twin.mixtures.initialization
        kind, given = self.covariance_type, self.means_init
        if given is not None:
            means = np.asarray(given, dtype=float)
            if len(means) != self.n_components:
                raise ValueError(f"means_init has {len(means)} rows, n_components is {self.n_components}")
            start = initialization.from_means(pixels, means, weights, covariance_type=kind)
        else:
            draw = {"kmeans": initialization.kmeans, "random": initialization.random_responsibilities}
            drawn = draw[self.init_params]
            start = drawn(pixels, self.n_components, weights, seed=seed, covariance_type=kind)
        if self.weights_init is not None:
            start = start._replace(proportions=_proportions(self.weights_init))
        if self.precisions_init is not None:
            start = start._replace(covariances=_covariances(self.precisions_init, start, kind))
        return start

    def _keep(self, best: Fit, weights: np.ndarray) -> None:
        proportions, means, covariances = (np.array(array) for array in best.mixture)
        self.weights_ = proportions if proportions.ndim == 1 else proportions @ weights / weights.sum()
        self.means_, self.covariances_ = means, covariances
        self.precisions_ = inverse(covariances, self.covariance_type)
        keep_likelihood(self, best)


def inverse(covariances: np.ndarray, covariance_type: str) -> np.ndarray:
    """Precisions from covariances, or covariances from precisions, in the same shape."""
    return np.linalg.inv(covariances) if holds_matrices(covariance_type) else 1 / covariances


def _proportions(given: Any) -> np.ndarray:
    proportions = np.asarray(given, dtype=float)
    if not (proportions >= 0).all() or not np.isclose(proportions.sum(), 1):
        raise ValueError(f"weights_init must be proportions that sum to 1, got {given}")
    return proportions


def _covariances(given: Any, start: Mixture, covariance_type: str) -> np.ndarray:
    precisions = np.asarray(given, dtype=float)
    if precisions.shape != start.covariances.shape:
        raise ValueError(f"precisions_init have the shape {precisions.shape}, expected {start.covariances.shape}")
    matrices = gaussian.covariance_matrices(precisions, covariance_type, *start.means.shape)
    if not np.allclose(matrices, matrices.mT) or not (np.linalg.eigvalsh(matrices) > 0).all():
        raise ValueError("precisions_init must be symmetric and positive definite")
    return inverse(precisions, covariance_type)

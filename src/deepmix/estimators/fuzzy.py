"""Fuzzy C-means as an estimator."""

from types import ModuleType
from typing import Any

import numpy as np
from sklearn.base import ClusterMixin
from sklearn.utils.validation import check_is_fitted

from deepmix.backends import over_pixels
from deepmix.reference.checks import check_choice
from deepmix.reference.mixtures import fcm
from deepmix.reference.mixtures.checks import check_fuzzifier
from deepmix.reference.mixtures.records import FuzzyFit
from deepmix.segmentation.methods import METHODS

from .restarts import check_least
from .samples import SampleEstimator


class FuzzyCMeans(ClusterMixin, SampleEstimator):
    """Fuzzy C-means [FC]: every sample belongs to every cluster, the more the nearer it is.

    n_clusters: K. fuzzifier: m > 1; near 1 it is K-means. tol: a fit ends when no membership changes by tol or
    more. max_iter: the largest number of rounds. n_init: number of starts; the fit with the least J is kept.
    init_params: "kmeans" (the centres of k-means++ and K-means) or "random" (random memberships).
    means_init (K, M): centres to start from instead. random_state: of the starts.
    warm_start: `fit` goes on from the centres of the last fit.
    backend: accelerated or reference. device: of the accelerated backend, such as "gpu:1".

    After `fit`: cluster_centers_ (K, M), memberships_ (n_samples, K), labels_ (n_samples,), objective_ (J),
    objectives_ (J after every round), partition_coefficient_, converged_, n_iter_, n_features_in_,
    feature_names_in_.
    """

    _method = METHODS["fcm"]

    def __init__(
        self,
        n_clusters: int = 2,
        *,
        fuzzifier: float = 2.0,
        tol: float = 5e-3,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: str = "kmeans",
        means_init: Any = None,
        random_state: Any = None,
        warm_start: bool = False,
        backend: str = "accelerated",
        device: str | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.fuzzifier = fuzzifier
        self.tol = tol
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.means_init = means_init
        self.random_state = random_state
        self.warm_start = warm_start
        self.backend = backend
        self.device = device

    def predict_proba(self, X: Any) -> np.ndarray:
        """Memberships of the clusters (n_samples, K) [FC2]."""
        pixels, centres = self._new(X)
        with self._backend(pixels.dtype) as twin:
            found = over_pixels(twin, twin.mixtures.fcm.memberships)(pixels, centres, self.fuzzifier)
        return np.asarray(found).T

    def score(self, X: Any, y: Any = None) -> float:
        """−J per sample, with the memberships of samples X; larger is better. y is ignored."""
        pixels, centres = self._new(X)
        u, ones = self.predict_proba(X).T, np.ones(pixels.shape[1])
        return -fcm.objective(pixels, u, centres, ones, self.fuzzifier) / pixels.shape[1]

    def _new(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        check_is_fitted(self)
        pixels = self._pixels(X)
        return pixels, self.cluster_centers_.astype(pixels.dtype)

    def _check_parameters(self) -> None:
        check_choice("init_params", self.init_params, ("kmeans", "random"))
        check_least(self, n_clusters=1, tol=0)
        check_fuzzifier(self.fuzzifier, self.max_iter)

    def _start(self, twin: ModuleType, pixels: np.ndarray, weights: np.ndarray, seed: int) -> Any:
        if self.means_init is not None:
            centres = np.asarray(self.means_init, dtype=float)
            if centres.shape != (self.n_clusters, len(pixels)):
                expected = (self.n_clusters, len(pixels))
                raise ValueError(f"means_init must have the shape {expected}, got {centres.shape}")
        elif self.init_params == "random":
            return twin.mixtures.initialization.random_memberships(self.n_clusters, pixels.shape[1], seed=seed)
        else:
            centres = twin.mixtures.initialization.kmeans(pixels, self.n_clusters, weights, seed=seed).means
        return over_pixels(twin, twin.mixtures.fcm.memberships)(pixels, centres, self.fuzzifier)

    def _last(self, twin: ModuleType, pixels: np.ndarray) -> np.ndarray:
        return over_pixels(twin, twin.mixtures.fcm.memberships)(pixels, self.cluster_centers_, self.fuzzifier)

    def _run(self, twin: ModuleType, pixels: np.ndarray, weights: np.ndarray, start: np.ndarray) -> FuzzyFit:
        options = {"fuzzifier": self.fuzzifier, "tol": self.tol, "max_iter": self.max_iter}
        return twin.mixtures.fcm.fit(pixels, start, weights, **options)

    def _keep(self, best: FuzzyFit, weights: np.ndarray) -> None:
        self.cluster_centers_, self.memberships_ = np.array(best.centres), np.array(best.memberships).T
        self.labels_ = np.array(best.labels)
        self.objective_, self.objectives_ = float(best.value), np.asarray(best.history).tolist()
        self.partition_coefficient_ = float(best.partition_coefficient)
        self.n_iter_ = len(self.objectives_)

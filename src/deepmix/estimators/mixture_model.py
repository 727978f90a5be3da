"""Mixtures of any family as an estimator [NG]."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from deepmix.reference.checks import check_choice
from deepmix.reference.mixtures import gaussian
from deepmix.reference.mixtures.checks import check_family, check_support
from deepmix.reference.mixtures.records import AnyMixture, Fit
from deepmix.segmentation import densities
from deepmix.segmentation.distributions import DISTRIBUTIONS, DistributionSettings

from .generative import GenerativeEstimator
from .restarts import keep_likelihood


class MixtureModel(GenerativeEstimator):
    """Mixture by EM whose classes are Student, Rician, gamma, log-normal, Poisson or Gaussian distributions.

    distribution: "student" (Gaussians with heavy tails), "rician", "gamma", "lognormal" (for positive samples),
    "poisson" (for counts) or "gaussian". degrees: of student: "shared" by all classes, "each" or a number.
    noise: of rician: "shared" by all classes, or "each". background: of rician: the class of the least mean of
    the first feature has no signal. looks: of gamma: its shape, if it is known.
    covariance_type: of gaussian, student and lognormal; features of the others are independent ("diag").
    reg_covar: as of `GaussianMixture`; lognormal adds it to the variances of the logarithms, rician to σ², gamma
    and poisson have none. The other parameters are those of `GaussianMixture`.

    After `fit`: weights_ (K,); means_ (K, M), the expected values; covariances_ (of student Σ); parameters_, what
    the distribution has beside, by name (degrees; signals, noise, signal_to_noise; shapes, rates; …); mixture_,
    the record of the backends; converged_, n_iter_, lower_bound_, lower_bounds_, n_features_in_,
    feature_names_in_.
    """

    def __init__(
        self,
        n_components: int = 1,
        *,
        distribution: str = "student",
        degrees: float | str = "shared",
        noise: str = "shared",
        background: bool = False,
        looks: float | None = None,
        covariance_type: str = "diag",
        tol: float = 1e-3,
        reg_covar: float | None = None,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: str = "kmeans",
        means_init: Any = None,
        random_state: Any = None,
        warm_start: bool = False,
        backend: str = "accelerated",
        device: str | None = None,
    ) -> None:
        super().__init__(
            n_components,
            covariance_type=covariance_type,
            tol=tol,
            reg_covar=reg_covar,
            max_iter=max_iter,
            n_init=n_init,
            init_params=init_params,
            means_init=means_init,
            random_state=random_state,
            warm_start=warm_start,
            backend=backend,
            device=device,
        )
        self.distribution = distribution
        self.degrees = degrees
        self.noise = noise
        self.background = background
        self.looks = looks

    @property
    def _settings(self) -> DistributionSettings:
        return DistributionSettings(
            distribution=self.distribution,
            degrees=self.degrees,
            noise=self.noise,
            background=self.background,
            looks=self.looks,
        )

    @property
    def _family(self) -> str:
        return self._settings.family

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_choice("distribution", self.distribution, DISTRIBUTIONS)
        self._settings.check()
        check_family(self._family, self.covariance_type)
        if self.reg_covar is not None and self.distribution in ("gamma", "poisson"):
            raise ValueError(f"reg_covar is for covariances, which {self.distribution} has none of; leave it out")
        if self.means_init is not None:
            self._settings.check_means(self.means_init)

    def _mixture(self) -> AnyMixture:
        return self.mixture_

    def _start(self, twin: ModuleType, pixels: np.ndarray, weights: np.ndarray, seed: int) -> AnyMixture:
        pixels = check_support(pixels, weights, self._family)
        start = super()._start(twin, pixels, weights, seed)
        return densities.begin(pixels, start, self._settings, self.covariance_type, twin, weights)

    def _run(self, twin: ModuleType, pixels: np.ndarray, weights: np.ndarray, start: AnyMixture) -> Fit:
        return twin.mixtures.gmm.fit(
            pixels,
            start,
            weights,
            covariance_type=self.covariance_type,
            family=self._family,
            tol=self.tol,
            max_iter=self.max_iter,
            floor=self._floor(pixels),
        )

    def _keep(self, best: Fit, weights: np.ndarray) -> None:
        self.mixture_ = type(best.mixture)(*map(np.array, best.mixture))
        unit, dtype = np.ones(self.n_features_in_), self.mixture_.proportions.dtype
        found = densities.classes(self.mixture_, 0 * unit, unit, self.covariance_type)
        self.weights_ = self.mixture_.proportions
        self.means_, self.covariances_ = found.means.astype(dtype), found.covariances.astype(dtype)
        self.parameters_ = {name: each.astype(dtype) for name, each in found.parameters.items()}
        keep_likelihood(self, best)

    def _draw(self, random: np.random.RandomState, k: int, count: int) -> np.ndarray:
        return _DRAW[self.distribution](
            random, self.mixture_, k, (count, self.n_features_in_), self.covariance_type
        )


def _matrix(mixture: Any, k: int, kind: str) -> np.ndarray:
    return gaussian.covariance_matrices(mixture.covariances, kind, *mixture.means.shape)[k]


def _normal(random: np.random.RandomState, mixture: Any, k: int, shape: tuple[int, int], kind: str) -> np.ndarray:
    return random.multivariate_normal(mixture.means[k], _matrix(mixture, k, kind), shape[0])


def _student(random: np.random.RandomState, mixture: Any, k: int, shape: tuple[int, int], kind: str) -> np.ndarray:
    """A Gaussian of covariance Σ/u, u ~ gamma(ν/2, ν/2) [NG3]."""
    half = mixture.degrees[k] / 2
    u = random.gamma(half, 1 / half, (shape[0], 1))
    return mixture.means[k] + (_normal(random, mixture, k, shape, kind) - mixture.means[k]) / np.sqrt(u)


def _rician(random: np.random.RandomState, mixture: Any, k: int, shape: tuple[int, int], kind: str) -> np.ndarray:
    """The magnitude of a complex signal with noise in both parts [NG4]."""
    noise = np.sqrt(mixture.variances[k])
    return np.hypot(mixture.signals[k] + noise * random.normal(size=shape), noise * random.normal(size=shape))


_DRAW: dict[str, Callable[..., np.ndarray]] = {
    "gaussian": _normal,
    "student": _student,
    "rician": _rician,
    "gamma": lambda random, mixture, k, shape, kind: random.gamma(mixture.shapes[k], 1 / mixture.rates[k], shape),
    "lognormal": lambda *given: np.exp(_normal(*given)),
    "poisson": lambda random, mixture, k, shape, kind: random.poisson(mixture.rates[k], shape).astype(float),
}

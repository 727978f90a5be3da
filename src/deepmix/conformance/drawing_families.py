"""Mixtures of any family and pixels of them, drawn from a generator: well-conditioned and read-only."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from deepmix.reference.mixtures import gaussian
from deepmix.reference.mixtures.forms import FORMS
from deepmix.reference.mixtures.records import Gamma, LogNormal, Mixture, Poisson, Rician, Student

from .drawing import draw_mixture, frozen

CONDITION, SPREAD = 4.0, 2.0  # of covariances, and the standard deviation of means
LOGARITHMS = 0.3  # how much less those of log-normal pixels spread


class Drawing(NamedTuple):
    """How the mixtures of one record are drawn.

    mixture: from a generator, π (K,), M and the covariance type: the record.
    pixels: from a generator, the mixture, labels (N,) and the covariance type: (M, N).
    shared: the parameter that some families hold equal in all classes.
    """

    mixture: Callable[[np.random.Generator, np.ndarray, int, str], Any]
    pixels: Callable[[np.random.Generator, Any, np.ndarray, str], np.ndarray]
    shared: str = ""


def draw_of_family(rng: np.random.Generator, family: str, m: int, k: int, covariance_type: str = "diag") -> Any:
    """A mixture of K classes over M channels, with π (K,)."""
    drawing = DRAWINGS[FORMS[family].record]
    mixture = drawing.mixture(rng, rng.dirichlet(np.full(k, 3.0)), m, covariance_type)
    if family in ONE_FOR_ALL:
        of_each = getattr(mixture, drawing.shared)
        mixture = mixture._replace(**{drawing.shared: np.repeat(of_each[:1], k, axis=0)})
    return mixture._make(map(frozen, mixture))


def draw_values(
    rng: np.random.Generator, family: str, mixture: Any, n: int, covariance_type: str = "diag"
) -> np.ndarray:
    """(M, N) pixels of a mixture of a family; every class has its share."""
    labels = rng.permutation(np.arange(n) % len(mixture[1]))
    return frozen(DRAWINGS[FORMS[family].record].pixels(rng, mixture, labels, covariance_type))


def _gaussian(rng: np.random.Generator, proportions: np.ndarray, m: int, kind: str) -> Mixture:
    drawn = draw_mixture(rng, m, len(proportions), CONDITION, SPREAD, kind)
    return drawn._replace(proportions=proportions)


def _gaussian_pixels(rng: np.random.Generator, mixture: Any, labels: np.ndarray, kind: str) -> np.ndarray:
    return mixture.means[labels].T + _noise(rng, mixture, labels, kind)


def _noise(rng: np.random.Generator, mixture: Any, labels: np.ndarray, kind: str) -> np.ndarray:
    """(M, N) Gaussian numbers of the covariances of the labels."""
    matrices = gaussian.covariance_matrices(mixture.covariances, kind, *mixture.means.shape)
    normal = rng.normal(size=(len(labels), mixture.means.shape[1]))
    return np.einsum("nij,nj->in", np.linalg.cholesky(matrices)[labels], normal)


def _student(rng: np.random.Generator, proportions: np.ndarray, m: int, kind: str) -> Student:
    degrees = rng.uniform(2, 20, len(proportions))
    return Student(**_gaussian(rng, proportions, m, kind)._asdict(), degrees=degrees)


def _student_pixels(rng: np.random.Generator, mixture: Student, labels: np.ndarray, kind: str) -> np.ndarray:
    degrees = mixture.degrees[labels]
    return mixture.means[labels].T + _noise(rng, mixture, labels, kind) / np.sqrt(rng.chisquare(degrees) / degrees)


def _rician(rng: np.random.Generator, proportions: np.ndarray, m: int, kind: str) -> Rician:
    shape = len(proportions), m
    return Rician(
        proportions=proportions, signals=rng.uniform(0.3, 6, shape), variances=rng.uniform(0.3, 1.5, shape)
    )


def _rician_pixels(rng: np.random.Generator, mixture: Rician, labels: np.ndarray, kind: str) -> np.ndarray:
    deviations = np.sqrt(mixture.variances[labels].T)
    real, imaginary = deviations * rng.normal(size=(2, *deviations.shape))
    return np.hypot(mixture.signals[labels].T + real, imaginary)


def _gamma(rng: np.random.Generator, proportions: np.ndarray, m: int, kind: str) -> Gamma:
    shapes = np.exp(rng.uniform(0, 3, (len(proportions), m)))
    return Gamma(proportions=proportions, shapes=shapes, rates=shapes / rng.uniform(0.5, 5, shapes.shape))


def _gamma_pixels(rng: np.random.Generator, mixture: Gamma, labels: np.ndarray, kind: str) -> np.ndarray:
    return rng.gamma(mixture.shapes[labels].T, 1 / mixture.rates[labels].T)


def _lognormal(rng: np.random.Generator, proportions: np.ndarray, m: int, kind: str) -> LogNormal:
    drawn = _gaussian(rng, proportions, m, kind)
    return LogNormal(
        proportions=proportions, means=drawn.means * LOGARITHMS, covariances=drawn.covariances * LOGARITHMS**2
    )


def _lognormal_pixels(rng: np.random.Generator, mixture: LogNormal, labels: np.ndarray, kind: str) -> np.ndarray:
    return np.exp(_gaussian_pixels(rng, mixture, labels, kind))


def _poisson(rng: np.random.Generator, proportions: np.ndarray, m: int, kind: str) -> Poisson:
    return Poisson(proportions=proportions, rates=np.exp(rng.uniform(0, 4, (len(proportions), m))))


def _poisson_pixels(rng: np.random.Generator, mixture: Poisson, labels: np.ndarray, kind: str) -> np.ndarray:
    return rng.poisson(mixture.rates[labels].T).astype(float)


DRAWINGS = {
    Mixture: Drawing(mixture=_gaussian, pixels=_gaussian_pixels),
    Student: Drawing(mixture=_student, pixels=_student_pixels, shared="degrees"),
    Rician: Drawing(mixture=_rician, pixels=_rician_pixels, shared="variances"),
    Gamma: Drawing(mixture=_gamma, pixels=_gamma_pixels),
    LogNormal: Drawing(mixture=_lognormal, pixels=_lognormal_pixels),
    Poisson: Drawing(mixture=_poisson, pixels=_poisson_pixels),
}
ONE_FOR_ALL = ("student_shared", "rician")

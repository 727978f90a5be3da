"""The families of distributions that the classes of a mixture may have, and what EM needs to know of each [NG].

A mixture of any family is a record with π or Π first and the parameters of its classes after that, K first.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from . import gamma, gaussian, lognormal, poisson, rician, student
from .covariances import COVARIANCE_TYPES, COVARIANCES
from .records import Estimate, Gamma, LogNormal, Mixture, Moments, Poisson, Rician, Student

Found = Moments | Estimate  # both have counts and degenerate


class Family(NamedTuple):
    """The functions of one family; `mixture` stands for its record, covariance_type is the last argument of all.

    record: the class of its mixtures.
    shapes: of its parameters, from K and M.
    log_density: (K, N) from pixels (M, N) and a mixture.
    estimate: from pixels, responsibilities r (K, N), weights (N,), the floor (M,) and the mixture before: the
        mixture with new parameters and old π, and what was found.
    of_gaussians: a mixture with about the means and variances of a Gaussian one.
    blend: the mixture between the one before and a new one, from both and the rate ρ [VE3]; for other families
        than the Gaussian ρ is 0 or 1.
    log_density_pullback: from pixels, a mixture and c (K, N), the gradients of Σ c log p at its parameters.
    estimate_pullback: from pixels, r, weights, floor, what was found, the mixture before and gradients at the new
        parameters: the gradient at r.
    coordinates: of pixels, in which the floor of [G3] is a share of the variance: x itself, or log x.
    support: where the density lives: "real", "positive" (x > 0) or "counts" (x ≥ 0).
    covariance_types: those it knows.
    """

    record: Any
    shapes: Callable[[int, int, str], tuple[tuple[int, ...], ...]]
    log_density: Callable[[np.ndarray, Any, str], np.ndarray]
    estimate: Callable[..., tuple[Any, Found]]
    of_gaussians: Callable[[Mixture, str], Any]
    blend: Callable[[Any, Any, float, str], Any]
    log_density_pullback: Callable[[np.ndarray, Any, np.ndarray, str], tuple[np.ndarray, ...]]
    estimate_pullback: Callable[..., np.ndarray]
    coordinates: Callable[[np.ndarray], np.ndarray] = lambda pixels: pixels
    support: str = "real"
    covariance_types: tuple[str, ...] = ("diag",)


def begin(
    pixels: np.ndarray,
    gaussians: Mixture,
    weights: np.ndarray,
    covariance_type: str = "diag",
    family: str = "gaussian",
) -> Any:
    """The start of a family: one M-step with the posteriors of a fitted Gaussian mixture [EM1], [EM3].

    pixels: (M, N). gaussians: with π (K,). weights: (N,). Returns a mixture of the family, with the π of the
    Gaussian one.
    """
    kind = FAMILIES[family]
    log_densities = gaussian.log_density(pixels, gaussians.means, gaussians.covariances, covariance_type)
    r, _ = gaussian.posterior(gaussian.safe_log(gaussians.proportions)[:, None], log_densities)
    first = kind.of_gaussians(gaussians, covariance_type)
    following, _ = kind.estimate(pixels, r, weights, floor(pixels, weights, family), first, covariance_type)
    return following


def floor(pixels: np.ndarray, weights: np.ndarray, family: str = "gaussian") -> np.ndarray:
    """The floor of [G3] of a family, in its coordinates. pixels: (M, N). weights: (N,). Returns (M,)."""
    return gaussian.variance_floor(FAMILIES[family].coordinates(pixels), weights)


def n_components(mixture: Any) -> int:
    """K of a mixture of any family [EM1]."""
    return len(mixture[1])


def _two(k: int, m: int, covariance_type: str) -> tuple[tuple[int, ...], ...]:
    return (k, m), (k, m)


def _with_covariances(k: int, m: int, covariance_type: str) -> tuple[tuple[int, ...], ...]:
    return (k, m), COVARIANCES[covariance_type].shape(k, m)


def _gaussian_estimate(
    pixels: np.ndarray, r: np.ndarray, weights: np.ndarray, floor: np.ndarray, previous: Mixture, kind: str
) -> tuple[Mixture, Moments]:
    found = gaussian.moments(pixels, r, weights, floor, previous, kind)
    return previous._replace(means=found.means, covariances=found.covariances), found


def _gaussian_estimate_pullback(
    pixels: np.ndarray,
    r: np.ndarray,
    weights: np.ndarray,
    floor: np.ndarray,
    found: Moments,
    previous: Mixture,
    cotangents: tuple[np.ndarray, np.ndarray],
    kind: str,
) -> np.ndarray:
    return gaussian.moments_pullback(pixels, weights, floor, found, *cotangents, kind)


def _by_statistics(module: ModuleType, **words: str) -> Callable[..., tuple[Any, Estimate]]:
    """The M-step of a family as its sums and the estimate from them."""

    def estimate(
        pixels: np.ndarray, r: np.ndarray, weights: np.ndarray, floor: np.ndarray, previous: Any, kind: str
    ) -> tuple[Any, Estimate]:
        found = module.estimate(
            module.statistics(pixels, r, weights, previous, kind), floor, previous, kind, **words
        )
        return found.mixture, found

    return estimate


def _lognormal_estimate(*given: Any) -> tuple[LogNormal, Estimate]:
    found = lognormal.estimate(*given)
    return found.mixture, found


def _of(module: ModuleType, record: type, pullback_words: dict[str, str], **about: Any) -> Family:
    """A family whose functions are those of a module."""
    return Family(
        record=record,
        of_gaussians=_named(module, "of_gaussians"),
        blend=lambda previous, found, rate, kind: found if rate > 0 else previous,
        log_density=_named(module, "log_density"),
        log_density_pullback=_named(module, "log_density_pullback"),
        estimate_pullback=_named(module, "estimate_pullback", **pullback_words),
        **about,
    )


def _named(module: ModuleType, name: str, **words: str) -> Callable[..., Any]:
    """A function of a module, looked up at each call: the module may be a copy whose functions round."""
    return lambda *given: getattr(module, name)(*given, **words)


def _student(degrees: str) -> Family:
    return _of(
        student,
        Student,
        {},
        shapes=lambda k, m, kind: (*_with_covariances(k, m, kind), (k,)),
        estimate=_by_statistics(student, degrees=degrees),
        covariance_types=COVARIANCE_TYPES,
    )


def _rician(noise: str) -> Family:
    estimate = _by_statistics(rician, noise=noise)
    return _of(rician, Rician, {"noise": noise}, shapes=_two, estimate=estimate, support="positive")


def _gamma(shapes: str) -> Family:
    estimate = _by_statistics(gamma, shapes=shapes)
    return _of(gamma, Gamma, {"shapes": shapes}, shapes=_two, estimate=estimate, support="positive")


FAMILIES = {
    "gaussian": Family(
        record=Mixture,
        shapes=_with_covariances,
        log_density=lambda pixels, mixture, kind: gaussian.log_density(
            pixels, mixture.means, mixture.covariances, kind
        ),
        estimate=_gaussian_estimate,
        of_gaussians=lambda mixture, kind: mixture,
        blend=gaussian.blend,
        log_density_pullback=gaussian.log_density_pullback,
        estimate_pullback=_gaussian_estimate_pullback,
        covariance_types=COVARIANCE_TYPES,
    ),
    "student": _student("each"),
    "student_shared": _student("shared"),
    "student_fixed": _student("fixed"),
    "rician": _rician("shared"),
    "rician_each": _rician("each"),
    "gamma": _gamma("each"),
    "gamma_fixed": _gamma("fixed"),
    "lognormal": _of(
        lognormal,
        LogNormal,
        {},
        shapes=_with_covariances,
        estimate=_lognormal_estimate,
        coordinates=np.log,
        support="positive",
        covariance_types=COVARIANCE_TYPES,
    ),
    "poisson": _of(
        poisson,
        Poisson,
        {},
        shapes=lambda k, m, kind: ((k, m),),
        estimate=_by_statistics(poisson),
        support="counts",
    ),
}

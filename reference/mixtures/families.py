"""The families of distributions that the classes of a mixture may have, and their functions [NG].

A mixture of any family is a record with π or Π first and the parameters of its classes after that, K first.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from . import gamma, gaussian, lognormal, poisson, rician, student
from .records import Estimate, LogNormal, Mixture, Moments

Found = Moments | Estimate  # both have counts and degenerate


class Family(NamedTuple):
    """The functions of one family, whose records `forms` describes; their last argument is covariance_type.

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
    """

    log_density: Callable[[np.ndarray, Any, str], np.ndarray]
    estimate: Callable[..., tuple[Any, Found]]
    of_gaussians: Callable[[Mixture, str], Any]
    blend: Callable[[Any, Any, float, str], Any]
    log_density_pullback: Callable[[np.ndarray, Any, np.ndarray, str], tuple[np.ndarray, ...]]
    estimate_pullback: Callable[..., np.ndarray]
    coordinates: Callable[[np.ndarray], np.ndarray] = lambda pixels: pixels


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


def _lognormal_estimate(*given: Any) -> tuple[LogNormal, Estimate]:
    found = lognormal.estimate(*given)
    return found.mixture, found


def _of(module: ModuleType, words: dict[str, str], words_of_pullback: dict[str, str]) -> Family:
    """A family whose functions are those of a module. words: of its M-step, and of the pullback."""

    def estimate(
        pixels: np.ndarray, r: np.ndarray, weights: np.ndarray, floor: np.ndarray, previous: Any, kind: str
    ) -> tuple[Any, Estimate]:
        sums = module.statistics(pixels, r, weights, previous, kind)
        found = module.estimate(sums, floor, previous, kind, **words)
        return found.mixture, found

    return Family(
        log_density=_named(module, "log_density"),
        estimate=estimate,
        of_gaussians=_named(module, "of_gaussians"),
        blend=_one_of_both,
        log_density_pullback=_named(module, "log_density_pullback"),
        estimate_pullback=_named(module, "estimate_pullback", **words_of_pullback),
    )


def _named(module: ModuleType, name: str, **words: str) -> Callable[..., Any]:
    """A function of a module, looked up at each call: the module may be a copy whose functions round."""
    return lambda *given: getattr(module, name)(*given, **words)


def _one_of_both(previous: Any, found: Any, rate: float, kind: str) -> Any:
    return found if rate > 0 else previous


def _student(degrees: str) -> Family:
    return _of(student, {"degrees": degrees}, {})


def _rician(noise: str) -> Family:
    return _of(rician, {"noise": noise}, {"noise": noise})


def _gamma(shapes: str) -> Family:
    return _of(gamma, {"shapes": shapes}, {"shapes": shapes})


_GAUSSIAN = Family(
    log_density=lambda pixels, mixture, kind: gaussian.log_density(
        pixels, mixture.means, mixture.covariances, kind
    ),
    estimate=_gaussian_estimate,
    of_gaussians=lambda mixture, kind: mixture,
    blend=gaussian.blend,
    log_density_pullback=gaussian.log_density_pullback,
    estimate_pullback=_gaussian_estimate_pullback,
)
FAMILIES = {
    "gaussian": _GAUSSIAN,
    "student": _student("each"),
    "student_shared": _student("shared"),
    "student_fixed": _student("fixed"),
    "rician": _rician("shared"),
    "rician_each": _rician("each"),
    "gamma": _gamma("each"),
    "gamma_fixed": _gamma("fixed"),
    "lognormal": Family(
        log_density=lognormal.log_density,
        estimate=_lognormal_estimate,
        of_gaussians=lognormal.of_gaussians,
        blend=_one_of_both,
        log_density_pullback=lognormal.log_density_pullback,
        estimate_pullback=lognormal.estimate_pullback,
        coordinates=np.log,
    ),
    "poisson": _of(poisson, {}, {}),
}

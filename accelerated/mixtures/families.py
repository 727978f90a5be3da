"""The families of distributions [NG]; see `reference.mixtures.families`."""

from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from deepmix.reference.mixtures.families import Found
from deepmix.reference.mixtures.records import AnyMixture, Estimate, Mixture, Moments

from . import gamma, gaussian, lognormal, poisson, rician, student
from ._powers import Powers, powers
from .covariances import COVARIANCES

FAR = 100.0  # variances: the squared distance a class may move in one pass, which costs at most seven bits


class Kind(NamedTuple):
    """Which densities a mixture has, in words."""

    covariance_type: str
    family: str


class CompiledFamily(NamedTuple):
    """The functions of one family, of compiled programs; covariance_type is the last argument of all.

    log_density, blend, coordinates, of_gaussians: as of `reference.mixtures.families.Family`.
    estimate: as of that one, and differentiable.
    centres: what sums over pixels are taken about (K, M), from a mixture.
    statistics: the sums of pixels (M, N) of the shares w r (K, N), from the mixture before and the centres (K, M).
    found: from such sums, the centres, the floor (M,) and the mixture before: the mixture with new parameters
        and old π, what was found, and whether a class is too far from its centre for the sums.
    """

    log_density: Callable[[jax.Array, Any, str], jax.Array]
    estimate: Callable[..., tuple[Any, Found]]
    of_gaussians: Callable[[Mixture, str], Any]
    blend: Callable[[Any, Any, jax.Array | float, str], Any]
    centres: Callable[[Any], jax.Array]
    statistics: Callable[[jax.Array, jax.Array, Any, jax.Array, str], Any]
    found: Callable[[Any, jax.Array, jax.Array, Any, str], tuple[Any, Found, jax.Array]]
    coordinates: Callable[[jax.Array], jax.Array] = lambda pixels: pixels


def begin(
    pixels: jax.Array,
    gaussians: Mixture,
    weights: jax.Array,
    covariance_type: str = "diag",
    family: str = "gaussian",
) -> AnyMixture:
    """See `reference.mixtures.families.begin` [EM1], [EM3]."""
    kind = FAMILIES[family]
    log_densities = gaussian.log_density(pixels, gaussians.means, gaussians.covariances, covariance_type)
    r, _ = gaussian.posterior(jnp.log(gaussians.proportions)[:, None], log_densities)
    first = kind.of_gaussians(gaussians, covariance_type)
    following, _ = kind.estimate(pixels, r, weights, floor(pixels, weights, family), first, covariance_type)
    return following


def floor(pixels: jax.Array, weights: jax.Array, family: str = "gaussian") -> jax.Array:
    """See `reference.mixtures.families.floor` [G3]."""
    return gaussian.variance_floor(FAMILIES[family].coordinates(pixels), weights)


def _log_density(pixels: jax.Array, mixture: Mixture, covariance_type: str) -> jax.Array:
    return gaussian.log_density(pixels, mixture.means, mixture.covariances, covariance_type)


def _estimate(
    pixels: jax.Array, r: jax.Array, weights: jax.Array, floor: jax.Array, previous: Mixture, kind: str
) -> tuple[Mixture, Moments]:
    found = gaussian.moments(pixels, r, weights, floor, previous, kind)
    return previous._replace(means=found.means, covariances=found.covariances), found


def _powers(pixels: jax.Array, share: jax.Array, previous: Mixture, centres: jax.Array, kind: str) -> Powers:
    return powers(pixels, share, centres, kind)


def _found(
    sums: Powers, centres: jax.Array, floor: jax.Array, previous: Mixture, covariance_type: str
) -> tuple[Mixture, Moments, jax.Array]:
    """[G2], [G3] from the sums about the centres."""
    total, first, second = sums
    empty = gaussian.degenerate(total)
    counts = jnp.where(empty, 1, total)
    shift = jnp.where(empty[:, None], 0, first / counts[:, None])
    means = jnp.where(empty[:, None], previous.means, centres + shift)
    apart = COVARIANCES[covariance_type].outer(shift)
    scatter = second / counts.reshape(-1, *[1] * (apart.ndim - 1)) - apart
    covariances = gaussian.covariances(total, scatter, floor, previous, covariance_type)
    far = _far(shift, means, covariances, empty, covariance_type)
    found = Moments(counts=total, means=means, covariances=covariances, degenerate=empty)
    return previous._replace(means=means, covariances=covariances), found, far


def _far(
    shift: jax.Array, means: jax.Array, covariances: jax.Array, empty: jax.Array, covariance_type: str
) -> jax.Array:
    distance = gaussian.squared_distance(shift, means, covariances, covariance_type)
    return ~(empty | (distance <= FAR)).all()


def _of(
    module: ModuleType, centres: Callable[[Any], jax.Array], far: Callable[..., jax.Array], **words: str
) -> CompiledFamily:
    """A family whose sums, and the estimate from them, are those of a module.

    far: from a mixture, the centres, the empty classes and the covariance type: whether digits have cancelled.
    """

    def found(
        sums: Any, about: jax.Array, floor: jax.Array, previous: Any, kind: str
    ) -> tuple[Any, Estimate, jax.Array]:
        result = module.estimate(sums, floor, previous, kind, **words, centres=about)
        return result.mixture, result, far(result.mixture, about, result.degenerate, kind)

    def estimate(
        pixels: jax.Array, r: jax.Array, weights: jax.Array, floor: jax.Array, previous: Any, kind: str
    ) -> tuple[Any, Estimate]:
        result = module.estimate(
            module.statistics(pixels, r, weights, previous, kind), floor, previous, kind, **words
        )
        return result.mixture, result

    return CompiledFamily(
        log_density=module.log_density,
        estimate=estimate,
        of_gaussians=module.of_gaussians,
        blend=_one_of_both,
        centres=centres,
        statistics=module.about,
        found=found,
    )


def _one_of_both(previous: Any, found: Any, rate: jax.Array | float, kind: str) -> Any:
    return jax.tree.map(partial(jnp.where, rate > 0), found, previous)


def _never(mixture: Any, centres: jax.Array, empty: jax.Array, kind: str) -> jax.Array:
    return jnp.array(False)


def _student_far(mixture: Any, centres: jax.Array, empty: jax.Array, kind: str) -> jax.Array:
    return _far(mixture.means - centres, mixture.means, mixture.covariances, empty, kind)


def _rician_far(mixture: Any, centres: jax.Array, empty: jax.Array, kind: str) -> jax.Array:
    return _far(mixture.signals - centres, mixture.signals, mixture.variances, empty, kind)


def _gaussian_of_logs(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of pixels, at their logarithms."""
    return lambda pixels, *rest: function(jnp.log(pixels), *rest)


def _lognormal_estimate(*given: Any) -> tuple[Any, Estimate]:
    found = lognormal.estimate(*given)
    return found.mixture, found


_GAUSSIAN = CompiledFamily(
    log_density=_log_density,
    estimate=_estimate,
    of_gaussians=lambda mixture, kind: mixture,
    blend=gaussian.blend,
    centres=lambda mixture: mixture.means,
    statistics=_powers,
    found=_found,
)
_student = partial(_of, student, lambda mixture: mixture.means, _student_far)
_rician = partial(_of, rician, lambda mixture: mixture.signals, _rician_far)
_gamma = partial(_of, gamma, lambda mixture: mixture.shapes / mixture.rates, _never)
FAMILIES = {
    "gaussian": _GAUSSIAN,
    "student": _student(degrees="each"),
    "student_shared": _student(degrees="shared"),
    "student_fixed": _student(degrees="fixed"),
    "rician": _rician(noise="shared"),
    "rician_each": _rician(noise="each"),
    "gamma": _gamma(shapes="each"),
    "gamma_fixed": _gamma(shapes="fixed"),
    "lognormal": _GAUSSIAN._replace(
        log_density=lognormal.log_density,
        estimate=_lognormal_estimate,
        of_gaussians=lognormal.of_gaussians,
        blend=_one_of_both,
        statistics=_gaussian_of_logs(_powers),
        coordinates=jnp.log,
    ),
    "poisson": _of(poisson, lambda mixture: mixture.rates, _never),
}

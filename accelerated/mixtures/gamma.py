"""Gamma distributions [NG6]; see `reference.mixtures.gamma`."""

import jax
import jax.numpy as jnp

from deepmix.reference.mixtures.gamma import GREATEST, GammaSums
from deepmix.reference.mixtures.records import Estimate, Gamma, Mixture

from ..execution import rows
from . import digamma, gaussian
from ._log_ratio import log_less_linear
from ._stirling import stirling
from .covariances import COVARIANCES


def log_density(pixels: jax.Array, mixture: Gamma, covariance_type: str = "diag") -> jax.Array:
    """See `reference.mixtures.gamma.log_density` [NG6]; about the mean a/b, as the terms cancel for large a."""
    logs = [jnp.log(channel) for channel in pixels]
    means = mixture.shapes / mixture.rates

    def of_class(shapes: jax.Array, means: jax.Array, constants: jax.Array) -> jax.Array:
        terms = []
        for x, log, a, mean, constant in zip(pixels, logs, shapes, means, constants, strict=True):
            relative = (x - mean) * (1 / mean)
            terms.append(constant + a * log_less_linear(relative, log - jnp.log(mean)) - log)
        return sum(terms)

    return rows.in_turn(of_class, mixture.shapes, means, stirling(mixture.shapes))


def statistics(
    pixels: jax.Array,
    responsibilities: jax.Array,
    weights: jax.Array,
    previous: Gamma,
    covariance_type: str = "diag",
) -> GammaSums:
    """See `reference.mixtures.gamma.statistics` [NG6]."""
    means = previous.shapes / previous.rates
    return about(pixels, weights * responsibilities, previous, means, covariance_type)


def about(
    pixels: jax.Array, share: jax.Array, previous: Gamma, centres: jax.Array, covariance_type: str
) -> GammaSums:
    """The sums in units of centres c (K, M) in place of a/b. share: w r (K, N)."""
    logs = [jnp.log(channel) for channel in pixels]

    def of_class(share: jax.Array, centres: jax.Array) -> tuple[jax.Array, jax.Array]:
        first, lost = [], []
        for x, log, centre in zip(pixels, logs, centres, strict=True):
            relative = (x - centre) * (1 / centre)
            first.append((share * relative).sum())
            lost.append((share * log_less_linear(relative, log - jnp.log(centre))).sum())
        return jnp.stack(first), -jnp.stack(lost)

    first, excess = rows.in_turn(of_class, share, centres)
    return GammaSums(counts=share.sum(axis=-1), first=first, excess=excess)


def estimate(
    statistics: GammaSums,
    floor: jax.Array,
    previous: Gamma,
    covariance_type: str = "diag",
    shapes: str = "each",
    *,
    centres: jax.Array | None = None,
) -> Estimate:
    """See `reference.mixtures.gamma.estimate` [NG6]. centres: (K, M) the unit of the sums, if not a/b before."""
    counts, first, excess = statistics
    begin = previous.shapes / previous.rates if centres is None else centres
    empty = gaussian.degenerate(counts)[:, None]
    n = jnp.where(empty, 1, counts[:, None])
    first, excess = jnp.where(empty, 0, first), jnp.where(empty, 1, excess)
    s = jnp.log1p(first / n) - (first - excess) / n  # log x̄ − mean log x
    a = jnp.where(empty, previous.shapes, SHAPES[shapes](s, previous.shapes))
    rates = jnp.where(empty, previous.rates, a / (begin * (1 + first / n)))
    return Estimate(counts=counts, mixture=previous._replace(shapes=a, rates=rates), degenerate=empty[:, 0])


SHAPES = {"each": lambda s, previous: digamma.inverse(s, GREATEST), "fixed": lambda s, previous: previous}


def of_gaussians(mixture: Mixture, covariance_type: str = "diag") -> Gamma:
    """See `reference.mixtures.gamma.of_gaussians` [NG6]."""
    means = jnp.asarray(mixture.means)
    variances = COVARIANCES[covariance_type].variances(mixture.covariances, means)
    shapes = jnp.minimum(means**2 / variances, GREATEST)
    return Gamma(proportions=mixture.proportions, shapes=shapes, rates=shapes / means)

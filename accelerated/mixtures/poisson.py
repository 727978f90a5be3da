"""Poisson distributions [NG8]; see `reference.mixtures.poisson`."""

from functools import reduce

import jax
import jax.numpy as jnp

from deepmix.reference.mixtures.poisson import LEAST, PoissonSums
from deepmix.reference.mixtures.records import Estimate, Mixture, Poisson

from ..execution import rows
from . import gaussian
from ._log_ratio import log_less_linear
from ._stirling import stirling


def log_density(pixels: jax.Array, mixture: Poisson, covariance_type: str = "diag") -> jax.Array:
    """See `reference.mixtures.poisson.log_density` [NG8]; about λ = x, as the terms cancel for large counts."""
    positive = [jnp.where(channel > 0, channel, 1) for channel in pixels]
    logs = [jnp.log(x) for x in positive]
    inverse = [1 / x for x in positive]
    alone = [stirling(x) - log for x, log in zip(positive, logs, strict=True)]

    def of_class(rates: jax.Array) -> jax.Array:
        terms = []
        for channel, x, log, by, known, rate in zip(pixels, positive, logs, inverse, alone, rates, strict=True):
            lost = log_less_linear((rate - x) * by, jnp.log(rate) - log)
            terms.append(jnp.where(channel > 0, x * lost + known, -rate))
        return reduce(jnp.add, terms)

    return rows.in_turn(of_class, mixture.rates)


def statistics(
    pixels: jax.Array,
    responsibilities: jax.Array,
    weights: jax.Array,
    previous: Poisson,
    covariance_type: str = "diag",
) -> PoissonSums:
    """See `reference.mixtures.poisson.statistics` [NG8]."""
    return about(pixels, weights * responsibilities, previous, previous.rates, covariance_type)


def about(
    pixels: jax.Array, share: jax.Array, previous: Poisson, centres: jax.Array, covariance_type: str
) -> PoissonSums:
    """The sums, which have no centres. share: w r (K, N)."""
    first = jnp.stack([(share * channel).sum(axis=-1) for channel in pixels], axis=1)
    return PoissonSums(counts=share.sum(axis=-1), first=first)


def estimate(
    statistics: PoissonSums,
    floor: jax.Array,
    previous: Poisson,
    covariance_type: str = "diag",
    *,
    centres: jax.Array | None = None,
) -> Estimate:
    """See `reference.mixtures.poisson.estimate` [NG8]. centres: no matter."""
    counts, first = statistics
    empty = gaussian.degenerate(counts)
    means = jnp.maximum(first / jnp.where(empty, 1, counts)[:, None], LEAST)
    rates = jnp.where(empty[:, None], previous.rates, means)
    return Estimate(counts=counts, mixture=previous._replace(rates=rates), degenerate=empty)


def of_gaussians(mixture: Mixture, covariance_type: str = "diag") -> Poisson:
    """See `reference.mixtures.poisson.of_gaussians` [NG8]."""
    return Poisson(proportions=mixture.proportions, rates=jnp.maximum(mixture.means, LEAST))

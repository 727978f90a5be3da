"""Log-normal distributions [NG7]; see `reference.mixtures.lognormal`."""

import jax
import jax.numpy as jnp

from deepmix.reference.mixtures.records import Estimate, LogNormal, Mixture

from . import gaussian
from .covariances import COVARIANCES


def log_density(pixels: jax.Array, mixture: LogNormal, covariance_type: str = "diag") -> jax.Array:
    """See `reference.mixtures.lognormal.log_density` [NG7]."""
    logs = jnp.log(pixels)
    return gaussian.log_density(logs, mixture.means, mixture.covariances, covariance_type) - logs.sum(axis=0)


def estimate(
    pixels: jax.Array,
    responsibilities: jax.Array,
    weights: jax.Array,
    floor: jax.Array,
    previous: LogNormal,
    covariance_type: str = "diag",
) -> Estimate:
    """See `reference.mixtures.lognormal.estimate` [NG7]."""
    found = gaussian.moments(jnp.log(pixels), responsibilities, weights, floor, previous, covariance_type)
    mixture = previous._replace(means=found.means, covariances=found.covariances)
    return Estimate(counts=found.counts, mixture=mixture, degenerate=found.degenerate)


def of_gaussians(mixture: Mixture, covariance_type: str = "diag") -> LogNormal:
    """See `reference.mixtures.lognormal.of_gaussians` [NG7]."""
    means, kind = jnp.asarray(mixture.means), COVARIANCES[covariance_type]
    spread = jnp.log1p(kind.variances(mixture.covariances, means) / means**2)
    scatter = spread if kind.outer(means).ndim == 2 else spread[:, :, None] * jnp.eye(means.shape[1])
    return LogNormal(
        proportions=mixture.proportions,
        means=jnp.log(means) - spread / 2,
        covariances=kind.estimate(scatter, jnp.ones(len(means)), jnp.zeros(means.shape[1])),
    )

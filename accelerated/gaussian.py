"""Gaussian densities and weighted moments [G]; see `reference.gaussian`.

Matrix products are pinned to full precision. A class is one row of arrays laid out (K, M, N), which
the compiler fuses into its reductions over N.
"""

import jax
import jax.numpy as jnp
from jax.scipy.linalg import solve_triangular

from deepmix.reference.types import Mixture, Moments

HIGHEST = jax.lax.Precision.HIGHEST  # TF32 would cost three digits


def log_density(
    pixels: jax.Array, means: jax.Array, covariances: jax.Array, covariance_type: str = "diag"
) -> jax.Array:
    """See `reference.gaussian.log_density` [G1]. Full and tied: by the inverse of the Cholesky factor."""
    n_channels = len(pixels)
    deviation = pixels - means[:, :, None]
    if covariance_type in ("diag", "spherical"):
        variances = jnp.broadcast_to(covariances.reshape(len(means), -1), means.shape)
        log_det = jnp.log(variances).sum(axis=1)
        squared = (deviation**2 / variances[:, :, None]).sum(axis=1)
    else:
        factor = jnp.linalg.cholesky(covariances)
        log_det = 2 * jnp.log(jnp.diagonal(factor, axis1=-2, axis2=-1)).sum(axis=-1)
        identity = jnp.broadcast_to(jnp.eye(n_channels, dtype=factor.dtype), factor.shape)
        whitening = solve_triangular(factor, identity, lower=True)
        squared = (jnp.matmul(whitening, deviation, precision=HIGHEST) ** 2).sum(axis=1)
    return -0.5 * (n_channels * jnp.log(2 * jnp.pi) + jnp.reshape(log_det, (-1, 1)) + squared)


def posterior(log_proportions: jax.Array, log_densities: jax.Array) -> tuple[jax.Array, jax.Array]:
    """See `reference.gaussian.posterior` [EM1], [SV2]."""
    log_joint = log_proportions + log_densities
    log_likelihood = jax.nn.logsumexp(log_joint, axis=0)
    return jnp.exp(log_joint - log_likelihood), log_likelihood


def moments(
    pixels: jax.Array,
    responsibilities: jax.Array,
    weights: jax.Array,
    floor: jax.Array,
    previous: Mixture,
    covariance_type: str = "diag",
) -> Moments:
    """See `reference.gaussian.moments` [G2], [G3]. Differentiable; empty classes pass no gradient."""
    counts = jnp.matmul(responsibilities, weights, precision=HIGHEST)
    degenerate = counts < 10 * jnp.finfo(counts.dtype).tiny
    share = weights * responsibilities / jnp.where(degenerate, 1, counts)[:, None]
    means = jnp.matmul(share, pixels.T, precision=HIGHEST)
    means = jnp.where(degenerate[:, None], previous.means, means)
    deviation = pixels - means[:, :, None]
    if covariance_type in ("diag", "spherical"):
        covariances = (share[:, None, :] * deviation**2).sum(axis=-1) + floor
        if covariance_type == "spherical":
            covariances = covariances.mean(axis=1)
    else:
        scatter = jnp.einsum("kin,kjn->kij", share[:, None, :] * deviation, deviation, precision=HIGHEST)
        if covariance_type == "tied":
            occupied = jnp.where(degenerate, 0, counts)
            tied = (occupied[:, None, None] * scatter).sum(axis=0) / occupied.sum()
            return Moments(counts, means, tied + jnp.diag(floor), degenerate)
        covariances = scatter + jnp.diag(floor)
    kept = degenerate.reshape(-1, *[1] * (covariances.ndim - 1))
    return Moments(counts, means, jnp.where(kept, previous.covariances, covariances), degenerate)


def global_mixture(
    pixels: jax.Array, weights: jax.Array, floor: jax.Array, n_components: int, covariance_type: str = "diag"
) -> Mixture:
    """See `reference.gaussian.global_mixture` [G3]."""
    everything = jnp.ones((n_components, pixels.shape[1]), pixels.dtype)
    zero = jnp.zeros_like(floor)
    nothing = Mixture(zero, zero, zero[0])  # no class is empty: nothing to keep
    found = moments(pixels, everything, weights, floor, nothing, covariance_type)
    return Mixture(jnp.full_like(floor, 1 / n_components, shape=n_components), found.means, found.covariances)


def variance_floor(pixels: jax.Array, weights: jax.Array) -> jax.Array:
    """See `reference.gaussian.variance_floor` [G3]."""
    inside = weights > 0
    lowest = jnp.where(inside, pixels, jnp.inf).min(axis=1)
    highest = jnp.where(inside, pixels, -jnp.inf).max(axis=1)
    mean = jnp.matmul(pixels, weights, precision=HIGHEST) / weights.sum()
    variance = jnp.matmul((pixels - mean[:, None]) ** 2, weights, precision=HIGHEST) / weights.sum()
    return jnp.where(lowest == highest, 1e-12, 1e-6 * variance).astype(pixels.dtype)

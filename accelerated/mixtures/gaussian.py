"""Gaussian densities and weighted moments [G]; see `reference.mixtures.gaussian`.

Arrays along the pixels are computed class by class, as rows (N,); see `execution.rows`. Matrix products have full
precision.
"""

import jax
import jax.numpy as jnp

from deepmix.reference.mixtures.records import AnyMixture, Mixture, Moments

from ..execution import rows
from ..execution.precision import HIGHEST
from .covariances import COVARIANCES


def log_density(
    pixels: jax.Array, means: jax.Array, covariances: jax.Array, covariance_type: str = "diag"
) -> jax.Array:
    """See `reference.mixtures.gaussian.log_density` [G1]. Full and tied: by the inverse of the Cholesky factor."""
    kind = COVARIANCES[covariance_type]
    whitening, log_det = kind.whitening(means, covariances)
    constant = -0.5 * (len(pixels) * jnp.log(2 * jnp.pi) + log_det)
    written_out = len(kind.pairs(len(pixels))) <= rows.OPERATIONS

    def of_class(constant: jax.Array, mean: jax.Array, whitening: jax.Array) -> jax.Array:
        along = rows.apart(pixels, written_out), rows.apart(mean[:, None], written_out)
        return constant - 0.5 * kind.squared_norm(whitening, jax.tree.map(jnp.subtract, *along))

    return rows.each(of_class, constant, means, whitening)


def posterior(log_proportions: jax.Array, log_densities: jax.Array) -> tuple[jax.Array, jax.Array]:
    """See `reference.mixtures.gaussian.posterior` [EM1], [SV2]."""
    log_joint = jax.tree.map(jnp.add, rows.apart(log_proportions), rows.apart(log_densities))
    top = jax.lax.stop_gradient(rows.highest(log_joint))
    top = jnp.where(jnp.isfinite(top), top, 0)  # all −∞: no class has any density there
    joint = jax.tree.map(lambda row: jnp.exp(row - top), log_joint)  # relative to the likeliest class
    total = rows.total(joint)
    return rows.together(jax.tree.map(lambda row: row / total, joint)), top + jnp.log(total)


def moments(
    pixels: jax.Array,
    responsibilities: jax.Array,
    weights: jax.Array,
    floor: jax.Array,
    previous: AnyMixture,
    covariance_type: str = "diag",
) -> Moments:
    """See `reference.mixtures.gaussian.moments` [G2], [G3]. Differentiable; empty classes pass no gradient."""
    counts = jnp.matmul(responsibilities, weights, precision=HIGHEST)
    empty = degenerate(counts)
    share = weights * responsibilities / jnp.where(empty, 1, counts)[:, None]
    means = jnp.matmul(share, pixels.T, precision=HIGHEST)
    means = jnp.where(empty[:, None], previous.means, means)
    deviation = pixels - means[:, :, None]
    scatter = COVARIANCES[covariance_type].scatter(share, deviation)
    return Moments(
        counts=counts,
        means=means,
        covariances=covariances(counts, scatter, floor, previous, covariance_type),
        degenerate=empty,
    )


def covariances(
    counts: jax.Array, scatter: jax.Array, floor: jax.Array, previous: AnyMixture, covariance_type: str
) -> jax.Array:
    """Σ by covariance type from the counts (K,) and the scatter about the class means [G2], [G3].

    scatter: (K, M, M), or its diagonal (K, M) for diag and spherical.
    """
    kind, empty = COVARIANCES[covariance_type], degenerate(counts)
    found = kind.estimate(scatter, jnp.where(empty, 0, counts), floor)
    if kind.pools:
        return found
    return jnp.where(empty.reshape(-1, *[1] * (found.ndim - 1)), previous.covariances, found)


def degenerate(counts: jax.Array) -> jax.Array:
    """Which classes are too empty to have moments [G3], from the counts (K,)."""
    return counts < 10 * jnp.finfo(counts.dtype).tiny


def squared_distance(
    deviation: jax.Array, means: jax.Array, covariances: jax.Array, covariance_type: str
) -> jax.Array:
    """dᵀ Σ⁻¹ d of one deviation per class, (K, M) in and (K,) out; NaN where Σ is not positive definite."""
    kind = COVARIANCES[covariance_type]
    whitening, _ = kind.whitening(means, covariances)
    written_out = len(kind.pairs(means.shape[1])) <= rows.OPERATIONS
    return rows.each(lambda w, d: kind.squared_norm(w, rows.apart(d, written_out)), whitening, deviation)


def blend(previous: Mixture, found: Mixture, rate: jax.Array | float, covariance_type: str = "diag") -> Mixture:
    """See `reference.mixtures.gaussian.blend` [VE3]."""
    old, new = (1 - rate) * previous.proportions, rate * found.proportions
    proportions = old + new
    share = jnp.where(proportions > 0, new / jnp.where(proportions > 0, proportions, 1), 0)
    shift = found.means - previous.means
    means = previous.means + share[:, None] * shift
    kind = COVARIANCES[covariance_type]
    between = kind.outer(shift)
    between = (share * (1 - share)).reshape(-1, *[1] * (between.ndim - 1)) * between
    blended = kind.blend(previous.covariances, found.covariances, rate, share, proportions, between)
    return Mixture(proportions=proportions, means=means, covariances=blended)


def global_mixture(
    pixels: jax.Array, weights: jax.Array, floor: jax.Array, n_components: int, covariance_type: str = "diag"
) -> Mixture:
    """See `reference.mixtures.gaussian.global_mixture` [G3]."""
    everything = jnp.ones((1, pixels.shape[1]), pixels.dtype)  # of one class: all classes are alike
    zero = jnp.zeros_like(floor)
    nothing = Mixture(proportions=zero, means=zero, covariances=zero[0])  # no class is empty: nothing to keep
    found = moments(pixels, everything, weights, floor, nothing, covariance_type)

    def of_each(of_one: jax.Array) -> jax.Array:
        return jnp.repeat(of_one, n_components, axis=0)

    return Mixture(
        proportions=jnp.full_like(floor, 1 / n_components, shape=n_components),
        means=of_each(found.means),
        covariances=found.covariances if COVARIANCES[covariance_type].pools else of_each(found.covariances),
    )


def variance_floor(pixels: jax.Array, weights: jax.Array) -> jax.Array:
    """See `reference.mixtures.gaussian.variance_floor` [G3]."""
    inside = weights > 0
    lowest = jnp.where(inside, pixels, jnp.inf).min(axis=1)
    highest = jnp.where(inside, pixels, -jnp.inf).max(axis=1)
    mean = jnp.matmul(pixels, weights, precision=HIGHEST) / weights.sum()
    variance = jnp.matmul((pixels - mean[:, None]) ** 2, weights, precision=HIGHEST) / weights.sum()
    return jnp.where(lowest == highest, 1e-12, 1e-6 * variance).astype(pixels.dtype)

"""Regularisers [R] as scalars of (Π, mixture, image, mask); see `reference.deep_mixtures.regularizers`."""

import jax
import jax.numpy as jnp

from deepmix.reference.deep_mixtures.records import Batch, DeepModel
from deepmix.reference.mixtures.records import Mixture

from ..execution.precision import HIGHEST
from ..mixtures import gaussian


def total(
    proportions: jax.Array,
    image: jax.Array,
    previous: Mixture,
    weights: jax.Array,
    floor: jax.Array,
    model: DeepModel = DeepModel(),
) -> jax.Array | float:
    """See `reference.deep_mixtures.regularizers.total` [R]."""
    if not model.regularizers:
        return 0.0
    pixels, columns, w = (maps.reshape(-1, weights.size) for maps in (image, proportions, weights))
    found = gaussian.moments(pixels, columns, w[0], floor, previous, model.covariance_type)
    mean = jnp.matmul(columns, w[0], precision=HIGHEST) / w.sum()
    mixture = Mixture(proportions=mean, means=found.means, covariances=found.covariances)
    return sum(
        strength * regularizer(proportions, mixture, image, weights)
        for regularizer, strength in model.regularizers
    )


def mean_prior(
    proportions: jax.Array, mixture: Mixture, image: jax.Array, mask: jax.Array, means: jax.Array
) -> jax.Array:
    """See `reference.deep_mixtures.regularizers.mean_prior` [R1]."""
    return ((mixture.means - jnp.asarray(means, mixture.means.dtype)) ** 2).sum()


def mean_prior_of_batch(proportions: jax.Array, mixtures: Mixture, batch: Batch, means: jax.Array) -> jax.Array:
    """See `reference.deep_mixtures.regularizers.mean_prior_of_batch` [R1]."""
    shares = batch.shares / batch.shares.sum()
    mean = jnp.tensordot(shares, mixtures.means, 1, precision=HIGHEST)
    return ((mean - jnp.asarray(means, mean.dtype)) ** 2).sum()


def total_variation(proportions: jax.Array, mixture: Mixture, image: jax.Array, mask: jax.Array) -> jax.Array:
    """See `reference.deep_mixtures.regularizers.total_variation` [R2]."""
    inside = mask > 0
    down = _absolute(jnp.diff(proportions, axis=1)) * (inside[1:] & inside[:-1])
    across = _absolute(jnp.diff(proportions, axis=2)) * (inside[:, 1:] & inside[:, :-1])
    return (down.sum() + across.sum()) / mask.sum()


def _absolute(x: jax.Array) -> jax.Array:
    """|x| with |·|′(0) = 0 [R2], where `jnp.abs` has 1."""
    return x * jax.lax.stop_gradient(jnp.sign(x))

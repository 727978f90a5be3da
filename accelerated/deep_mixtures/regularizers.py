"""Regularisers [R] as scalars of (Π, mixture, image, mask); see `reference.deep_mixtures.regularizers`."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from deepmix.reference.deep_mixtures.records import Batch, DeepModel
from deepmix.reference.mixtures.records import AnyMixture, Mixture

from ..execution.precision import HIGHEST
from ..mixtures import hmrf
from ._prior import mixture_of


def total(
    proportions: jax.Array,
    image: jax.Array,
    previous: AnyMixture,
    weights: jax.Array,
    floor: jax.Array,
    model: DeepModel = DeepModel(),
) -> jax.Array | float:
    """See `reference.deep_mixtures.regularizers.total` [R]."""
    if not model.regularizers:
        return 0.0
    mixture = mixture_of(proportions, image, previous, weights, floor, model.covariance_type, model.family)
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


def total_variation(
    proportions: jax.Array,
    mixture: AnyMixture,
    image: jax.Array,
    mask: jax.Array,
    spacing: Sequence[float] | None = None,
) -> jax.Array:
    """See `reference.deep_mixtures.regularizers.total_variation` [R2], [NN3]."""
    inside = mask > 0
    steps = []
    for axis in range(mask.ndim):
        pairs = jnp.moveaxis(inside, axis, 0)
        pairs = jnp.moveaxis(pairs[1:] & pairs[:-1], 0, axis)
        steps.append((_absolute(jnp.diff(proportions, axis=axis + 1)) * pairs).sum())
    if spacing is None:
        return sum(steps[1:], steps[0]) / mask.sum()
    s = jnp.asarray(spacing, dtype=proportions.dtype)
    return jnp.vdot(s.min() / s, jnp.stack(steps), precision=HIGHEST) / mask.sum()


def entropy(proportions: jax.Array, mixture: AnyMixture, image: jax.Array, mask: jax.Array) -> jax.Array:
    """See `reference.deep_mixtures.regularizers.entropy` [R3]."""
    logs = jnp.log(jnp.where(proportions > 0, proportions, 1))
    return -(mask * (proportions * logs)).sum() / mask.sum()


def volumes(
    proportions: jax.Array, mixture: AnyMixture, image: jax.Array, mask: jax.Array, volumes: jax.Array
) -> jax.Array:
    """See `reference.deep_mixtures.regularizers.volumes` [R4]."""
    v = jnp.asarray(volumes, proportions.dtype)
    wanted, found = (jnp.where(v > 0, each, 1) for each in (v, mixture.proportions))
    return (v * jnp.log(wanted / found)).sum()


def hidden_markov(proportions: jax.Array, mixture: AnyMixture, image: jax.Array, mask: jax.Array) -> jax.Array:
    """See `reference.deep_mixtures.regularizers.hidden_markov` [R5]."""
    weighted = mask * proportions
    return -0.5 * (weighted * hmrf.neighbour_sum(weighted)).sum() / mask.sum()


def _absolute(x: jax.Array) -> jax.Array:
    """|x| with |·|′(0) = 0 [R2], where `jnp.abs` has 1."""
    return x * jax.lax.stop_gradient(jnp.sign(x))

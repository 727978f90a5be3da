"""Evaluation of label maps [EV]; see `reference.metrics`."""

import jax
import jax.numpy as jnp
import optax


def dice(prediction: jax.Array, truth: jax.Array, empty: float = jnp.nan) -> jax.Array:
    """See `reference.metrics.dice` [EV1]."""
    total = prediction.sum() + truth.sum()
    return jnp.where(total > 0, 2 * (prediction & truth).sum() / jnp.maximum(total, 1), empty)


def dice_matrix(labels: jax.Array, truth: jax.Array, n_components: int, n_classes: int) -> jax.Array:
    """See `reference.metrics.dice_matrix`."""
    predicted = labels == jnp.arange(1, n_components + 1).reshape(-1, *[1] * labels.ndim)
    true = truth == jnp.arange(1, n_classes + 1).reshape(-1, *[1] * truth.ndim)
    return jax.vmap(lambda p: jax.vmap(lambda t: dice(p, t))(true))(predicted)


def match_classes(labels: jax.Array, truth: jax.Array, n_components: int, n_classes: int) -> jax.Array:
    """See `reference.metrics.match_classes` [EV2]."""
    scores = jnp.nan_to_num(dice_matrix(labels, truth, n_components, n_classes), nan=0.0)
    rows, columns = optax.assignment.hungarian_algorithm(-scores)
    return jnp.zeros(n_components, int).at[rows].set(columns + 1)

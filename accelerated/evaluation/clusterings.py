"""Agreement of two label maps [EV4], [EV5]; see `reference.evaluation.clusterings`."""

import jax
import jax.numpy as jnp
from jax.scipy.special import entr


def contingency_table(labels: jax.Array, truth: jax.Array, n_components: int, n_classes: int) -> jax.Array:
    """See `reference.evaluation.clusterings.contingency_table` [EV4]."""
    pairs = labels * (n_classes + 1) + truth
    counts = jnp.bincount(pairs.ravel(), length=(n_components + 1) * (n_classes + 1))
    return counts.reshape(n_components + 1, n_classes + 1)[:, 1:]


def adjusted_rand_index(table: jax.Array, empty: float = jnp.nan) -> jax.Array:
    """See `reference.evaluation.clusterings.adjusted_rand_index` [EV4]. Pairs are floats, against overflow."""
    together, of_all = _pairs(table).sum(), _pairs(table.sum())
    of_labels, of_truth = (_pairs(table.sum(axis=axis)).sum() for axis in (1, 0))
    by_chance = of_labels * (of_truth / jnp.maximum(of_all, 1))
    excess = (of_labels + of_truth) / 2 - by_chance
    same = (together == of_labels) & (together == of_truth)
    index = jnp.where(same, 1, (together - by_chance) / jnp.where(same, 1, excess))
    return jnp.where(table.any(), index, empty)


def normalized_mutual_information(table: jax.Array, empty: float = jnp.nan) -> jax.Array:
    """See `reference.evaluation.clusterings.normalized_mutual_information` [EV5]."""
    n = jnp.maximum(table.sum(), 1)
    joint, of_labels, of_truth = (
        entr(counts / n).sum() for counts in (table, table.sum(axis=1), table.sum(axis=0))
    )
    both = of_labels + of_truth
    information = jnp.where(both > 0, jnp.maximum(2 - 2 * joint / jnp.where(both > 0, both, 1), 0), 1)
    return jnp.where(table.any(), information, empty)


def _pairs(counts: jax.Array) -> jax.Array:
    counts = counts.astype(float)
    return counts * (counts - 1) / 2

"""Evaluation by overlap [EV]; see `reference.evaluation.overlap`. Counts are int32, exact below 2³¹ pixels."""

import jax
import jax.numpy as jnp
import optax

from deepmix.reference.evaluation.overlap import SAME

from ..execution.arrays import inside


def dice(prediction: jax.Array, truth: jax.Array, empty: float = jnp.nan) -> jax.Array:
    """See `reference.evaluation.overlap.dice` [EV1]."""
    tp, fp, fn, _ = _counts(prediction, truth)
    return _ratio(2 * tp, 2 * tp + fp + fn, empty)


def iou(prediction: jax.Array, truth: jax.Array, empty: float = jnp.nan) -> jax.Array:
    """See `reference.evaluation.overlap.iou` [EV3]."""
    tp, fp, fn, _ = _counts(prediction, truth)
    return _ratio(tp, tp + fp + fn, empty)


def sensitivity(prediction: jax.Array, truth: jax.Array, empty: float = jnp.nan) -> jax.Array:
    """See `reference.evaluation.overlap.sensitivity` [EV3]."""
    tp, _, fn, _ = _counts(prediction, truth)
    return _ratio(tp, tp + fn, empty)


def specificity(prediction: jax.Array, truth: jax.Array, empty: float = jnp.nan) -> jax.Array:
    """See `reference.evaluation.overlap.specificity` [EV3]."""
    _, fp, _, tn = _counts(prediction, truth)
    return _ratio(tn, tn + fp, empty)


def precision(prediction: jax.Array, truth: jax.Array, empty: float = jnp.nan) -> jax.Array:
    """See `reference.evaluation.overlap.precision` [EV3]."""
    tp, fp, _, _ = _counts(prediction, truth)
    return _ratio(tp, tp + fp, empty)


def f_beta(prediction: jax.Array, truth: jax.Array, beta: float = 1.0, empty: float = jnp.nan) -> jax.Array:
    """See `reference.evaluation.overlap.f_beta` [EV3]."""
    tp, fp, fn, _ = _counts(prediction, truth)
    return _ratio((1 + beta**2) * tp, (1 + beta**2) * tp + beta**2 * fn + fp, empty)


def volumetric_similarity(prediction: jax.Array, truth: jax.Array, empty: float = jnp.nan) -> jax.Array:
    """See `reference.evaluation.overlap.volumetric_similarity` [EV3]."""
    one, other = (inside(each).sum() for each in (prediction, truth))
    return _ratio(2 * jnp.minimum(one, other), one + other, empty)


def dice_matrix(labels: jax.Array, truth: jax.Array, n_components: int, n_classes: int) -> jax.Array:
    """See `reference.evaluation.overlap.dice_matrix`."""
    predicted = labels == jnp.arange(1, n_components + 1).reshape(-1, *[1] * labels.ndim)
    true = truth == jnp.arange(1, n_classes + 1).reshape(-1, *[1] * truth.ndim)
    return jax.vmap(lambda p: jax.vmap(lambda t: dice(p, t))(true))(predicted)


def match_classes(labels: jax.Array, truth: jax.Array, n_components: int, n_classes: int) -> jax.Array:
    """See `reference.evaluation.overlap.match_classes` [EV2]."""
    scores = jnp.nan_to_num(dice_matrix(labels, truth, n_components, n_classes), nan=0.0)
    scores = jnp.pad(scores, ((0, 0), (0, n_components)))
    least, columns = _best(scores) - SAME, jnp.arange(n_classes + n_components)

    def settle(k: jax.Array, scores: jax.Array) -> jax.Array:
        def alone(column: jax.Array) -> jax.Array:
            return scores.at[k].set(jnp.where(columns == column, scores[k], -n_components - 1))

        return alone((jax.vmap(lambda column: _best(alone(column)))(columns) >= least).argmax())

    matched = jax.lax.fori_loop(0, n_components, settle, scores).argmax(axis=1) + 1
    return jnp.where(matched > n_classes, 0, matched)


def _best(scores: jax.Array) -> jax.Array:
    """See `reference.evaluation.overlap._best`."""
    return scores[optax.assignment.hungarian_algorithm(-scores)].sum()


def _counts(prediction: jax.Array, truth: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """True positives, false positives, false negatives, true negatives."""
    prediction, truth = inside(prediction), inside(truth)
    tp, predicted, true = (prediction & truth).sum(), prediction.sum(), truth.sum()
    return tp, predicted - tp, true - tp, truth.size - predicted - true + tp


def _ratio(part: jax.Array, whole: jax.Array, empty: float) -> jax.Array:
    return jnp.where(whole > 0, part / jnp.where(whole > 0, whole, 1), empty)

"""Segmentation losses where the truth is known [LO], [TR4]; see `reference.losses.segmentation`.

Each returns a scalar, which JAX differentiates; value and derivative are finite where those of the reference are.
`reduction` and `include_background` are static.
"""

from typing import Any

import jax
import jax.numpy as jnp

from deepmix.reference.checks import check_choice
from deepmix.reference.losses.checks import check_known

from ..evaluation.distances import squared_distance_transform


def cross_entropy(
    proportions: jax.Array,
    truth: jax.Array,
    mask: jax.Array,
    *,
    class_weights: jax.Array | None = None,
    reduction: str = "mean",
) -> jax.Array:
    """See `reference.losses.segmentation.cross_entropy` [LO1], [TR4]."""
    check_known(proportions, truth, mask, class_weights)
    dtype = jnp.result_type(proportions)
    proportions, truth, mask = _wide(proportions, truth, mask)
    floored = _floored(proportions, dtype)
    return -(_share(truth, mask, class_weights, reduction) * truth * jnp.log(floored)).sum()


def top_k_cross_entropy(
    proportions: jax.Array,
    truth: jax.Array,
    mask: jax.Array,
    *,
    threshold: float,
    class_weights: jax.Array | None = None,
    reduction: str = "mean",
) -> jax.Array:
    """See `reference.losses.segmentation.top_k_cross_entropy` [LO2]."""
    check_known(proportions, truth, mask, class_weights)
    hard = (proportions * truth).sum(axis=0) < threshold
    return cross_entropy(proportions, truth, mask * hard, class_weights=class_weights, reduction=reduction)


def focal(
    proportions: jax.Array,
    truth: jax.Array,
    mask: jax.Array,
    *,
    gamma: float = 2.0,
    class_weights: jax.Array | None = None,
    reduction: str = "mean",
) -> jax.Array:
    """See `reference.losses.segmentation.focal` [LO3]."""
    check_known(proportions, truth, mask, class_weights)
    dtype = jnp.result_type(proportions)
    proportions, truth, mask = _wide(proportions, truth, mask)
    right, wrong = _floored(proportions, dtype), _floored(1 - proportions, dtype)
    return -(_share(truth, mask, class_weights, reduction) * truth * wrong**gamma * jnp.log(right)).sum()


def tversky(
    proportions: jax.Array,
    truth: jax.Array,
    mask: jax.Array,
    *,
    alpha: float,
    beta: float,
    smooth: float = 0.0,
    include_background: bool = True,
    reduction: str = "mean",
) -> jax.Array:
    """See `reference.losses.segmentation.tversky` [LO4]."""
    check_known(proportions, truth, mask)
    both, predicted, true = _areas(*_wide(proportions, truth, mask))
    share = _average(_present(true, include_background), reduction)
    below = both + alpha * (predicted - both) + beta * (true - both) + smooth
    return (share * (1 - (both + smooth) / jnp.where(below > 0, below, 1))).sum()


def soft_dice(
    proportions: jax.Array,
    truth: jax.Array,
    mask: jax.Array,
    *,
    smooth: float = 0.0,
    include_background: bool = True,
    reduction: str = "mean",
) -> jax.Array:
    """See `reference.losses.segmentation.soft_dice` [LO5], [TR4]."""
    options: dict[str, Any] = {
        "smooth": smooth / 2,
        "include_background": include_background,
        "reduction": reduction,
    }
    return tversky(proportions, truth, mask, alpha=0.5, beta=0.5, **options)


def soft_iou(
    proportions: jax.Array,
    truth: jax.Array,
    mask: jax.Array,
    *,
    smooth: float = 0.0,
    include_background: bool = True,
    reduction: str = "mean",
) -> jax.Array:
    """See `reference.losses.segmentation.soft_iou` [LO5]."""
    options: dict[str, Any] = {"smooth": smooth, "include_background": include_background, "reduction": reduction}
    return tversky(proportions, truth, mask, alpha=1.0, beta=1.0, **options)


def generalised_dice(
    proportions: jax.Array, truth: jax.Array, mask: jax.Array, *, include_background: bool = True
) -> jax.Array:
    """See `reference.losses.segmentation.generalised_dice` [LO6]."""
    check_known(proportions, truth, mask)
    both, predicted, true = _areas(*_wide(proportions, truth, mask))
    present = _present(true, include_background)
    weights = present / jnp.where(present > 0, true, 1) ** 2
    any_present = present.max()
    below = jnp.where(any_present > 0, (weights * (predicted + true)).sum(), 1)
    return any_present * (1 - 2 * (weights * both).sum() / below)


def hausdorff(
    proportions: jax.Array, truth: jax.Array, mask: jax.Array, *, include_background: bool = True
) -> jax.Array:
    """See `reference.losses.segmentation.hausdorff` [LO7]."""
    check_known(proportions, truth, mask)
    proportions, truth, mask = _wide(proportions, truth, mask)
    counted = mask * truth.sum(axis=0)
    sets = (truth > 0, proportions >= 0.5)
    distances = sum(_to_the_border((counted > 0) & inside, proportions.dtype) for inside in sets)
    classes = _included(len(truth), include_background)
    total = classes.sum() * counted.sum()
    weights = _of_classes(classes, truth) * counted * distances / jnp.where(total > 0, total, 1)
    return (weights * (proportions - truth) ** 2).sum()


def _wide(*arrays: jax.Array) -> tuple[jax.Array, ...]:
    """The arrays in the dtype of the first, in float32 at least: sums over pixels overflow half precision."""
    dtype = jnp.promote_types(jnp.result_type(arrays[0]), jnp.float32)
    return tuple(jnp.asarray(array, dtype) for array in arrays)


def _share(truth: jax.Array, mask: jax.Array, class_weights: jax.Array | None, reduction: str) -> jax.Array:
    weighted = truth if class_weights is None else _of_classes(class_weights, truth) * truth
    return _average(mask * weighted.sum(axis=0), reduction)


def _average(weights: jax.Array, reduction: str) -> jax.Array:
    check_choice("reduction", reduction, ("mean", "sum"))
    total = weights.sum() if reduction == "mean" else 1
    return weights / jnp.where(total > 0, total, 1)


def _floored(proportions: jax.Array, dtype: jnp.dtype) -> jax.Array:
    """Below the smallest normal number, value and derivative are those at that number, as in the reference."""
    tiny = jnp.finfo(dtype).tiny
    return proportions + jax.lax.stop_gradient(jnp.maximum(proportions, tiny) - proportions)


def _areas(proportions: jax.Array, truth: jax.Array, mask: jax.Array) -> tuple[jax.Array, ...]:
    counted = mask * truth.sum(axis=0)
    axes = tuple(range(1, truth.ndim))
    return tuple((counted * maps).sum(axis=axes) for maps in (proportions * truth, proportions, truth))


def _present(true: jax.Array, include_background: bool) -> jax.Array:
    """1 for the classes (K,) that are in the truth, else 0."""
    return ((true > 0) & _included(len(true), include_background)).astype(true.dtype)


def _included(n_classes: int, include_background: bool) -> jax.Array:
    return jnp.arange(n_classes) >= (0 if include_background else 1)


def _of_classes(numbers: jax.Array, maps: jax.Array) -> jax.Array:
    """A number for each class (K,), in a shape that goes with maps (K, *spatial)."""
    return jnp.reshape(numbers, (-1, *[1] * (maps.ndim - 1)))


def _to_the_border(sets: jax.Array, dtype: jnp.dtype) -> jax.Array:
    transform = jax.vmap(lambda each: squared_distance_transform(each, jnp.ones(each.ndim, dtype)))
    squared = transform(sets) + transform(~sets)
    return jnp.where(jnp.isfinite(squared), squared, 0)

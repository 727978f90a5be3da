"""Segmentation losses where the truth is known [LO], [TR4]: each returns its value and its gradient at Π.

All take Π (K, *spatial), the truth T (K, *spatial), 1 for the true class of a pixel, all 0 where it is unknown,
and the mask w (*spatial), of two axes or three. Pixels of unknown truth do not count; if no pixel counts, value
and gradient are 0. Options: class_weights α (K,), all 1 if not given; reduction, "mean" or "sum", over pixels or
classes; include_background=False leaves class 0 out. All raise ValueError for other shapes and other reductions.
Everything is computed in float64.
"""

from typing import Any

import numpy as np

from ..checks import check_choice
from ..evaluation.distances import squared_distance_transform
from .checks import check_known

ValueAndGradient = tuple[float, np.ndarray]


def cross_entropy(
    proportions: np.ndarray,
    truth: np.ndarray,
    mask: np.ndarray,
    *,
    class_weights: np.ndarray | None = None,
    reduction: str = "mean",
) -> ValueAndGradient:
    """−Σ_x c Σ_k T_k log Π_k / Σ_x c, c = w Σ_k α_k T_k [LO1], [TR4]; "sum" does not divide.

    A proportion below the smallest normal number of its dtype is replaced by that number.
    """
    check_known(proportions, truth, mask, class_weights)
    dtype = proportions.dtype
    proportions, truth, mask = _wide(proportions, truth, mask)
    floored = _floored(proportions, dtype)
    share = _share(truth, mask, class_weights, reduction) * truth
    return -(share * np.log(floored)).sum(), -share / floored


def top_k_cross_entropy(
    proportions: np.ndarray,
    truth: np.ndarray,
    mask: np.ndarray,
    *,
    threshold: float,
    class_weights: np.ndarray | None = None,
    reduction: str = "mean",
) -> ValueAndGradient:
    """`cross_entropy` of the hard pixels alone, whose true class has a proportion below the threshold [LO2].

    Wu, Shen, van den Hengel 2016, arXiv 1605.06885. The gradient takes the choice of pixels as constant.
    """
    check_known(proportions, truth, mask, class_weights)
    hard = (proportions * truth).sum(axis=0) < threshold
    return cross_entropy(proportions, truth, mask * hard, class_weights=class_weights, reduction=reduction)


def focal(
    proportions: np.ndarray,
    truth: np.ndarray,
    mask: np.ndarray,
    *,
    gamma: float = 2.0,
    class_weights: np.ndarray | None = None,
    reduction: str = "mean",
) -> ValueAndGradient:
    """−Σ_x c Σ_k T_k (1 − Π_k)^γ log Π_k / Σ_x c, c as in `cross_entropy` [LO3].

    Lin et al. 2017, arXiv 1708.02002. Π and 1 − Π below the smallest normal number are replaced by that number.
    """
    check_known(proportions, truth, mask, class_weights)
    dtype = proportions.dtype
    proportions, truth, mask = _wide(proportions, truth, mask)
    right, wrong = _floored(proportions, dtype), _floored(1 - proportions, dtype)
    share = _share(truth, mask, class_weights, reduction) * truth
    slope = wrong**gamma / right - gamma * wrong ** (gamma - 1) * np.log(right)
    return -(share * wrong**gamma * np.log(right)).sum(), -share * slope


def tversky(
    proportions: np.ndarray,
    truth: np.ndarray,
    mask: np.ndarray,
    *,
    alpha: float,
    beta: float,
    smooth: float = 0.0,
    include_background: bool = True,
    reduction: str = "mean",
) -> ValueAndGradient:
    """The mean over the true classes of 1 − (TP + s) / (TP + α FP + β FN + s) [LO4].

    A class that is not in the truth is left out. Salehi, Erdogmus, Gholipour 2017, arXiv 1706.05721.
    alpha, beta: the weights of false positives and false negatives. smooth: s, in pixels.
    """
    check_known(proportions, truth, mask)
    proportions, truth, mask = _wide(proportions, truth, mask)
    counted, both, predicted, true = _areas(proportions, truth, mask)
    share = _average(_present(true, include_background), reduction)
    above = both + smooth
    below = both + alpha * (predicted - both) + beta * (true - both) + smooth
    below = np.where(below > 0, below, 1)
    slope = truth * below - above * ((1 - alpha - beta) * truth + alpha)
    return (share * (1 - above / below)).sum(), -share * counted * slope / below**2


def soft_dice(
    proportions: np.ndarray,
    truth: np.ndarray,
    mask: np.ndarray,
    *,
    smooth: float = 0.0,
    include_background: bool = True,
    reduction: str = "mean",
) -> ValueAndGradient:
    """The mean over the true classes of 1 − (2 TP + s) / (2 TP + FP + FN + s) [LO5], [TR4]: `tversky` at ½, ½."""
    options: dict[str, Any] = {
        "smooth": smooth / 2,
        "include_background": include_background,
        "reduction": reduction,
    }
    return tversky(proportions, truth, mask, alpha=0.5, beta=0.5, **options)


def soft_iou(
    proportions: np.ndarray,
    truth: np.ndarray,
    mask: np.ndarray,
    *,
    smooth: float = 0.0,
    include_background: bool = True,
    reduction: str = "mean",
) -> ValueAndGradient:
    """The mean over the true classes of 1 − (TP + s) / (TP + FP + FN + s) [LO5]: `tversky` at 1, 1."""
    options: dict[str, Any] = {"smooth": smooth, "include_background": include_background, "reduction": reduction}
    return tversky(proportions, truth, mask, alpha=1.0, beta=1.0, **options)


def generalised_dice(
    proportions: np.ndarray, truth: np.ndarray, mask: np.ndarray, *, include_background: bool = True
) -> ValueAndGradient:
    """1 − 2 Σ_k v_k TP_k / Σ_k v_k (2 TP + FP + FN)_k, v_k = 1 / (Σ_x c T_k)² [LO6].

    A class that is not in the truth has v_k = 0. Sudre et al. 2017, arXiv 1707.03237.
    """
    check_known(proportions, truth, mask)
    proportions, truth, mask = _wide(proportions, truth, mask)
    counted, both, predicted, true = _areas(proportions, truth, mask)
    present = _present(true, include_background)
    weights = present / np.where(present, true, 1) ** 2
    above, below = 2 * (weights * both).sum(), (weights * (predicted + true)).sum()
    below = below if present.any() else 1.0
    slope = weights * (2 * truth * below - above) / below**2
    return present.any() * (1 - above / below), -counted * slope


def hausdorff(
    proportions: np.ndarray, truth: np.ndarray, mask: np.ndarray, *, include_background: bool = True
) -> ValueAndGradient:
    """The mean over pixels and classes of (Π_k − T_k)² (d²(T_k) + d²(Π_k ≥ ½)) [LO7], in pixels squared.

    d(S): a pixel's distance to the nearest one on the other side of the border of S; 0 if S has no border. The
    gradient takes both distances as constant. Karimi, Salcudean 2019, arXiv 1904.10030.
    """
    check_known(proportions, truth, mask)
    proportions, truth, mask = _wide(proportions, truth, mask)
    counted = mask * truth.sum(axis=0)
    distances = _to_the_border((counted > 0) & (truth > 0)) + _to_the_border((counted > 0) & (proportions >= 0.5))
    classes = _included(truth, include_background)
    total = classes.sum() * counted.sum()
    weights = classes * counted * distances / np.where(total > 0, total, 1)
    error = proportions - truth
    return (weights * error**2).sum(), 2 * weights * error


def _wide(*arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    """The arrays in float64: sums over pixels overflow half precision."""
    return tuple(np.asarray(array, dtype=float) for array in arrays)


def _share(truth: np.ndarray, mask: np.ndarray, class_weights: np.ndarray | None, reduction: str) -> np.ndarray:
    """c / Σ c (*spatial), or c."""
    weighted = truth if class_weights is None else _of_classes(class_weights, truth) * truth
    return _average(mask * weighted.sum(axis=0), reduction)


def _average(weights: np.ndarray, reduction: str) -> np.ndarray:
    """The weights of a mean, or of a sum."""
    check_choice("reduction", reduction, ("mean", "sum"))
    total = weights.sum() if reduction == "mean" else 1
    return weights / np.where(total > 0, total, 1)


def _floored(proportions: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Proportions, at least the smallest normal number of a dtype, that of the input."""
    return np.maximum(proportions, np.finfo(dtype).tiny)


def _areas(proportions: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, ...]:
    """c (*spatial); TP, TP + FP and TP + FN (K, 1, …), each a sum over the pixels."""
    counted = mask * truth.sum(axis=0)
    each = (proportions * truth, proportions, truth)
    axes = tuple(range(1, truth.ndim))
    return counted, *((counted * maps).sum(axis=axes, keepdims=True) for maps in each)


def _present(true: np.ndarray, include_background: bool) -> np.ndarray:
    """Which classes (K, 1, …) are in the truth."""
    return (true > 0) & _included(true, include_background)


def _included(maps: np.ndarray, include_background: bool) -> np.ndarray:
    """(K, 1, …), all classes of the maps (K, *spatial) or all but class 0."""
    return _of_classes(np.arange(len(maps)) >= (0 if include_background else 1), maps)


def _of_classes(numbers: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """A number for each class (K,), in a shape that goes with maps (K, *spatial)."""
    return np.reshape(numbers, (-1, *[1] * (maps.ndim - 1)))


def _to_the_border(sets: np.ndarray) -> np.ndarray:
    """Squared distances (K, *spatial) to the other side of the border of each set [DT1]; 0 without a border."""
    squared = [squared_distance_transform(each) + squared_distance_transform(~each) for each in sets]
    return np.where(np.isfinite(squared), squared, 0)

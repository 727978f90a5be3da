"""What may be the cause of a difference: the mistake without which the numbers would be right."""

from collections.abc import Callable, Iterator
from itertools import permutations

import numpy as np

from .comparison import compare, widened

SLACK = 16  # times the tolerance: undoing the mistake rounds once more
MOST_AXES, MOST_ROWS = 4, 32  # beyond, looking takes long
HALF_LOG_TAU = np.log(2 * np.pi) / 2  # of the normal density, an axis

Hypothesis = tuple[str, np.ndarray]  # a mistake, and the output as it would be without it
Undoing = dict[str, Callable[[np.ndarray], np.ndarray]]

# What undoes a mistake, number by number.
UNDONE: Undoing = {
    "the sign is reversed": np.negative,
    "it is the logarithm": np.exp,
    "it is no logarithm yet": np.log,
    "it is the square root": np.square,
    "it is the square": np.sqrt,
    "it is the inverse": np.reciprocal,
    "it is 1 minus that": lambda x: 1 - x,
    "it is twice that": lambda x: x / 2,
    "it is half of that": lambda x: 2 * x,
}
# Likewise, of whole numbers, such as labels and flags: 0 and 1 are the logarithm, the square, … of one another.
UNCOUNTED: Undoing = {
    "it is counted from 1, not from 0": lambda x: x - 1,
    "it is counted from 0, not from 1": lambda x: x + 1,
    "it is 1 minus that": lambda x: 1 - x,
}
# Likewise, besides, of complex numbers.
UNTURNED: Undoing = {
    "it is the complex conjugate": np.conj,
    "it is i times that": lambda x: x / 1j,
}


def guess(actual: np.ndarray, expected: np.ndarray, bound: np.ndarray | None) -> str:
    """The mistake that explains an output which differs; "" if none of those known does."""
    if actual.dtype.kind not in "biufc":
        return ""
    eps = np.finfo(actual.dtype if actual.dtype.kind in "fc" else float).eps
    actual, expected = widened(actual), widened(expected)
    lost = eps * np.abs(actual[np.isfinite(actual)]).max(initial=0)  # small numbers, where a constant was added
    slack = SLACK * (lost + np.zeros(expected.shape) if bound is None else lost + bound)
    with np.errstate(all="ignore"):
        if actual.shape == expected.shape and compare("", actual, expected, slack).worst <= 1:
            return ""  # only inexact: with so much slack, most mistakes explain that
        found = (
            mistake
            for mistake, undone in _hypotheses(actual, expected)
            if undone.shape == expected.shape and compare("", undone, expected, slack).worst <= 1
        )
        return next(found, "")


def _hypotheses(actual: np.ndarray, expected: np.ndarray) -> Iterator[Hypothesis]:
    """None that any wrong output would fit: of whole numbers that are all alike, almost everything does."""
    varied, is_complex = np.unique(expected).size > 1, expected.dtype.kind == "c"
    whole = not is_complex and not (expected[np.isfinite(expected)] % 1).any()
    if actual.size == expected.size and varied:
        yield from _orders(actual, expected)
    if actual.shape == expected.shape and (varied or not whole):
        undoing = UNCOUNTED if whole else UNDONE | (UNTURNED if is_complex else {})
        yield from ((mistake, undo(actual)) for mistake, undo in undoing.items())
        if not whole and not is_complex:
            yield from _constants(actual, expected, varied)
        if expected.size > 2:
            yield from _rows(actual, expected)


def _orders(actual: np.ndarray, expected: np.ndarray) -> Iterator[Hypothesis]:
    """The right numbers at wrong places."""
    if 2 <= actual.ndim <= MOST_AXES:
        for axes in permutations(range(actual.ndim)):
            named = "it is transposed" if actual.ndim == 2 else f"its axes are transposed; {axes} puts them right"
            yield named, actual.transpose(axes)
    yield "the first index runs fastest, not the last", actual.ravel().reshape(expected.shape, order="F")
    yield "the numbers are right, but not the shape", actual.reshape(expected.shape)


def _constants(actual: np.ndarray, expected: np.ndarray, varied: bool) -> Iterator[Hypothesis]:
    """A constant added or multiplied: of numbers that are all alike only one that is known."""
    difference, ratio = (_median(each) for each in (actual - expected, actual / expected))
    if times := round(difference / HALF_LOG_TAU):
        yield f"{times} · ½ log 2π is added", actual - times * HALF_LOG_TAU
    if varied:
        yield f"the constant {difference:.6g} is added", actual - difference
        yield f"it is multiplied by {ratio:.6g}", actual / ratio


def _median(numbers: np.ndarray) -> float:
    """Of those that are finite; 0 if none is."""
    finite = numbers[np.isfinite(numbers)]
    return float(np.median(finite)) if finite.size else 0.0


def _rows(actual: np.ndarray, expected: np.ndarray) -> Iterator[Hypothesis]:
    """The right rows along an axis, such as classes, in another order."""
    for axis in range(actual.ndim):
        if 1 < actual.shape[axis] <= MOST_ROWS:
            rows, wanted = (np.moveaxis(each, axis, 0) for each in (actual, expected))
            distances = np.array([[np.abs(row - each).sum() for row in rows] for each in wanted])
            order = distances.argmin(axis=1)
            if len(set(order)) == len(order):
                yield (
                    f"axis {axis} is in another order: {', '.join(map(str, order))}",
                    np.take(actual, order, axis),
                )

"""An output beside what is expected of it."""

from typing import NamedTuple

import numpy as np


class Difference(NamedTuple):
    """The comparison of one output.

    worst: the largest error as a multiple of the tolerance. message: "" if it passes, else the first element that
    differs, or what is wrong with the shape. guess: what may be the cause, "" where the numbers do not show it.
    """

    output: str
    worst: float
    message: str = ""
    guess: str = ""

    @property
    def told(self) -> str:
        """The message, and the guess if there is one."""
        return f"{self.message}; perhaps {self.guess}" if self.guess else self.message


def widened(array: np.ndarray) -> np.ndarray:
    """Numbers of any kind in the precision in which they are compared, complex ones as such."""
    return array.astype(complex if array.dtype.kind == "c" else float)


def compare(name: str, actual: np.ndarray, expected: np.ndarray, bound: np.ndarray | None) -> Difference:
    """Compare an output with what is expected; bound: the tolerance, None for exactly."""
    if expected.shape == () and actual.size == 1:  # not every language has arrays without axes
        actual = actual.reshape(())
    if actual.shape != expected.shape:
        message = f"{name} has the shape {actual.shape}, expected {expected.shape}"
        return Difference(output=name, worst=np.inf, message=message)
    if actual.dtype.kind not in "biufc":
        message = f"{name} holds {actual.dtype}, expected numbers"
        return Difference(output=name, worst=np.inf, message=message)
    actual, values = widened(actual), widened(expected)
    bound = np.zeros(values.shape) if bound is None else bound
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        error = np.abs(actual - values)
        error = np.where((actual == values) | (np.isnan(actual) & np.isnan(values)), 0, error)
        error = np.where(np.isnan(error), np.inf, error)
        multiple = np.where(error == 0, 0, error / bound)
    worst = float(multiple.max(initial=0))
    if worst <= 1:
        return Difference(output=name, worst=worst)
    first = tuple(int(each) for each in np.argwhere(multiple > 1)[0])
    place = name + (str(list(first)) if first else "")
    allowed = f"±{bound[first]:.2g}" if bound[first] else "exactly"
    found, wanted = (f"{each[first]:.17g}" for each in (actual, values))
    differing = int((multiple > 1).sum())
    more = f" ({differing} elements differ)" if differing > 1 else ""
    message = f"{place} is {found}, expected {wanted} {allowed}{more}"
    return Difference(output=name, worst=worst, message=message)

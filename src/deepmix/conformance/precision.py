"""Whether results of a vector in float32 were computed in float32: nothing wrong if not, but to be known."""

import numpy as np

from .flat import Arrays
from .vectors import TOLERANCE, Vector

ENOUGH = 16  # numbers that rounding on the way should move; it does not miss so many by chance
MOVED = 4  # times eps: from such a change on


def remark(vector: Vector, found: Arrays) -> str:
    """What shows that outputs, all of which pass, were computed in float64; "" if nothing does."""
    if all(array.dtype not in (np.float32, np.complex64) for array in vector.inputs.values()):
        return ""
    if any(_has_more_digits(array) for array in found.values()):
        return "float32 was computed in float64, for the numbers have more digits than float32"
    sharp = np.concatenate([_is_sharp(vector, name, found[name]) for name in found])
    if sharp.size >= ENOUGH and sharp.all():
        return "float32 was computed in float64, for the errors are too small for float32"
    return ""


def _has_more_digits(array: np.ndarray) -> bool:
    if array.dtype.kind not in "fc":
        return False
    finite = _parts(array[np.isfinite(array)])
    with np.errstate(over="ignore"):
        return bool((finite != finite.astype(np.float32)).any())


def _is_sharp(vector: Vector, name: str, actual: np.ndarray) -> np.ndarray:
    """Of the numbers of an output that rounding on the way moves: whether each is the exact one, rounded once."""
    rule, expected = vector.description["outputs"][name]["tolerance"], vector.expected[name]
    if rule["rule"] != "backward":
        return np.zeros(0, bool)
    bound = vector.expected[TOLERANCE + name]
    with np.errstate(over="ignore"):
        rounded = expected.astype(np.complex64 if expected.dtype.kind == "c" else np.float32)
    moved = bound > rule["factor"] * (MOVED + 1) * rule["eps"] * np.abs(expected) + rule["tiny"]
    telling = moved & (rounded != expected)  # 0 and 1, where a probability ends, are met in any precision
    return np.asarray(actual.reshape(expected.shape)[telling] == rounded[telling])


def _parts(array: np.ndarray) -> np.ndarray:
    """The real and the imaginary parts of complex numbers; others as they are."""
    return np.stack([array.real, array.imag]) if array.dtype.kind == "c" else array

"""In what the iterative methods compute: weights of which the largest is 1, strengths as parts of λ's own size."""

from collections.abc import Callable
from types import ModuleType

import numpy as np

from deepmix.backends import compiled
from deepmix.reference.inverse.records import Operator

from .weighted import WeightedData


def of_largest_1(measured: WeightedData) -> tuple[WeightedData, float]:
    """The data with W / max W, in their precision, and max W; 1 where nothing was measured.

    Sums of squares then stay within single precision.
    """
    largest = float(measured.weights.max()) or 1.0
    weights = (measured.weights.astype(float) / largest).astype(np.real(measured.data).dtype)
    return measured._replace(weights=weights), largest


def size(backend: ModuleType, operator: Operator, image: np.ndarray) -> float:
    """‖A‖; 1 if the operator says nothing. image: of which only shape and dtype count."""
    return float(compiled(backend, backend.inverse.operators.norm)(operator, np.zeros_like(image))) or 1.0


def _misfit(backend: ModuleType, operator: Operator, pull: np.ndarray) -> float:
    """‖A‖²: how the misfit grows, for a regulariser that grows as the square of the image."""
    return size(backend, operator, pull) ** 2


def _pull(backend: ModuleType, operator: Operator, pull: np.ndarray) -> float:
    """max|A*Wy|: how the data pull, for a regulariser that grows as the image."""
    return float(np.abs(pull).max()) or 1.0


Scale = Callable[[ModuleType, Operator, np.ndarray], float]
# Of each regulariser, what λ is a part of, if max W is 1, from A*Wy: so a part depends neither on units nor on how
# large the data are. A difference of neighbours has the unit of the image: a pixel counts as the unit of length.
SCALES: dict[str, Scale] = {"tikhonov": _misfit, "tv": _pull}

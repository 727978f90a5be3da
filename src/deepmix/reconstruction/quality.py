"""What can be said of a reconstruction: what it does not explain, how exact the adjoint of its operator is."""

from types import ModuleType
from typing import Any

import numpy as np

from deepmix.reference.inverse.records import Operator

from .weighted import WeightedData


def share(part: np.ndarray, whole: np.ndarray) -> float:
    """‖part‖ / ‖whole‖."""
    size = _norm(whole)
    return _norm(part) / size if size else 0.0


def chi(measured: WeightedData, residual: np.ndarray) -> float:
    """‖W^½(Ax−y)‖/√m of the m data that count: about σ if the image explains all but the noise."""
    return _norm(np.sqrt(measured.weights) * residual) / max(int((measured.weights > 0).sum()), 1) ** 0.5


def adjoint_error(
    backend: ModuleType, operator: Operator, projected: np.ndarray, data: np.ndarray, image: np.ndarray
) -> float:
    """|⟨Ax, y⟩ − ⟨x, A*y⟩| / ‖Ax‖‖y‖ of the very operator, image and data."""
    back = np.asarray(backend.inverse.operators.adjoint(operator, data))
    size = _norm(projected) * _norm(data)
    error = abs(_inner(projected, data) - _inner(image, back))
    return float(error / size) if size else 0.0


def _inner(one: np.ndarray, other: np.ndarray) -> Any:
    """⟨u, v⟩ = Σ ū v in double precision."""
    return np.vdot(*(each.astype(np.result_type(each.dtype, np.float64)) for each in (one, other)))


def _norm(array: np.ndarray) -> float:
    return float(np.sqrt(_inner(array, array).real))

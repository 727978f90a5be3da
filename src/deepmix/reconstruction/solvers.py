"""The solvers of a backend as methods that go on in steps."""

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from deepmix.backends import compiled
from deepmix.reference.inverse.records import Gradient, Identity, Operator
from deepmix.reference.tomography.records import Radon, ScanGeometry

from . import scales
from .settings import ReconstructionSettings
from .stepwise import Stepwise
from .weighted import WeightedData


def sirt(
    backend: ModuleType,
    measured: WeightedData,
    operator: Operator,
    settings: ReconstructionSettings,
    strength: float,
) -> Stepwise:
    """SIRT [CT11]."""
    solver, geometry = backend.tomography.algebraic, scan_of(operator, settings)
    begin, step = compiled(backend, solver.begin), compiled(backend, solver.step, "nonnegative")

    def first(start: np.ndarray) -> Any:
        return begin(start, measured.data, geometry, measured.weights)

    return Stepwise(
        begin=first,
        again=lambda state: first(state.image),
        step=lambda state: step(state, measured.data, geometry, nonnegative=settings.nonnegative),
        max_iter=_limit(solver),
    )


def cgls(
    backend: ModuleType,
    measured: WeightedData,
    operator: Operator,
    settings: ReconstructionSettings,
    strength: float,
) -> Stepwise:
    """Least squares by conjugate gradients [IP12]; few steps smooth."""
    return _least_squares(backend, measured, operator, 0.0, Identity())


def tikhonov(
    backend: ModuleType,
    measured: WeightedData,
    operator: Operator,
    settings: ReconstructionSettings,
    strength: float,
) -> Stepwise:
    """½‖Ax−y‖²_W + ½λ‖∇x‖² [IP4]."""
    return _least_squares(backend, measured, operator, strength, Gradient())


def tv(
    backend: ModuleType,
    measured: WeightedData,
    operator: Operator,
    settings: ReconstructionSettings,
    strength: float,
) -> Stepwise:
    """½‖Ax−y‖²_W + λTV(x) by the primal–dual method [IP10]."""
    solver, data = backend.inverse.primal_dual, measured.data
    begin, step = compiled(backend, solver.begin), compiled(backend, solver.step, "nonnegative")
    gap = compiled(backend, backend.inverse.duality.gap, "nonnegative")
    size = scales.size(backend, operator, np.asarray(backend.inverse.operators.adjoint(operator, data)))
    unit = float(solver.unit(operator, data, measured.weights, strength, size))
    weights, part = (measured.weights / unit).astype(measured.weights.dtype), strength / unit

    def first(start: np.ndarray) -> Any:
        return begin(start, operator, data, weights, part)

    return Stepwise(
        begin=first,
        again=lambda state: state._replace(value=first(state.image).value),
        step=lambda state: step(state, operator, data, weights, part, size, nonnegative=settings.nonnegative),
        max_iter=_limit(solver),
        unit=unit,
        gap=lambda state: gap(state, operator, data, weights, part, size, nonnegative=settings.nonnegative),
    )


def _least_squares(
    backend: ModuleType, measured: WeightedData, operator: Operator, strength: float, regulariser: Operator
) -> Stepwise:
    solver, data, weights = backend.inverse.least_squares, measured.data, measured.weights
    begin, step = compiled(backend, solver.begin), compiled(backend, solver.step)

    def first(start: np.ndarray) -> Any:
        return begin(start, operator, data, weights, strength, regulariser, np.zeros_like(start))

    return Stepwise(
        begin=first,
        again=lambda state: first(state.image),
        step=lambda state: step(state, operator, weights, strength, regulariser),
        max_iter=_limit(solver),
    )


def scan_of(operator: Operator, settings: ReconstructionSettings) -> ScanGeometry:
    """The geometry of a scan. Raises ValueError for another operator."""
    if not isinstance(operator, Radon):
        kind = type(operator).__name__
        raise ValueError(f"{settings.method} is for scans; for the operator {kind}: cgls, tikhonov, tv")
    return operator.geometry


def _limit(solver: ModuleType) -> int:
    """The largest number of steps that a solver takes if it is not told."""
    return int(inspect.signature(solver.reconstruct).parameters["max_iter"].default)


SOLVERS: dict[str, Callable[[ModuleType, WeightedData, Operator, ReconstructionSettings, float], Stepwise]] = {
    "sirt": sirt,
    "cgls": cgls,
    "tikhonov": tikhonov,
    "tv": tv,
}

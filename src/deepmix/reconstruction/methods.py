"""Each method of `deepmix.reconstruct`, as a function of a backend."""

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from deepmix.backends import compiled
from deepmix.progress import OnProgress
from deepmix.reference.inverse.records import Gradient, Identity, Operator, Solution
from deepmix.reference.tomography.records import Radon, ScanGeometry
from deepmix.reference.types import Status

from . import gaps, stepwise
from .settings import ReconstructionSettings
from .stepwise import Stepwise
from .weighted import WeightedData

NOT_FINITE = (
    "The objective became infinite or NaN; the last finite image is returned. Check the scale of the data, or let "
    "backend=reference compute in float64."
)


class Reconstructed(NamedTuple):
    """What a method found. image: as the operator has it. facts: what the report says of the way to it."""

    image: np.ndarray
    facts: dict[str, Any]


def fbp(
    backend: ModuleType,
    measured: WeightedData,
    operator: Operator,
    settings: ReconstructionSettings,
    progress: OnProgress | None,
) -> Reconstructed:
    """Filtered back-projection [CT7], which does not weigh; it needs every view."""
    geometry = _scan(operator, settings)
    if missing := np.flatnonzero(~(measured.weights > 0).any(axis=1)).tolist():
        raise ValueError(
            f"nothing was measured in {len(missing)} views (counted from 0: {gaps.named(missing)}): "
            "leave them out, with their angles, or take another method than fbp"
        )
    given = measured.data, geometry, settings.window, settings.cutoff
    return Reconstructed(
        image=np.asarray(backend.tomography.backprojection.filtered_backprojection(*given)), facts={}
    )


def iterate(
    backend: ModuleType,
    measured: WeightedData,
    operator: Operator,
    settings: ReconstructionSettings,
    progress: OnProgress | None,
) -> Reconstructed:
    """A method of `ITERATIONS`, from the image of 0.

    λ is the setting's part of max|A*Wy|: so it does not depend on units or exposure.
    """
    pull = np.asarray(backend.inverse.operators.adjoint(operator, measured.weights * measured.data))
    strength = settings.strength * float(np.abs(pull).max()) or settings.strength
    solution = stepwise.run(
        ITERATIONS[settings.method](backend, measured, operator, settings, strength),
        np.zeros_like(pull),
        degenerate=not pull.any(),
        tol=settings.tol,
        max_iter=settings.max_iter,
        progress=progress,
    )
    return _found(solution, strength if settings.method in REGULARISED else None)


def sirt(
    backend: ModuleType,
    measured: WeightedData,
    operator: Operator,
    settings: ReconstructionSettings,
    strength: float,
) -> Stepwise:
    """SIRT [CT11]."""
    solver, geometry = backend.tomography.algebraic, _scan(operator, settings)
    begin, step = compiled(backend, solver.begin), compiled(backend, solver.step, "nonnegative")
    return Stepwise(
        begin=lambda start: begin(start, measured.data, geometry, measured.weights),
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
    solver, data, weights = backend.inverse.primal_dual, measured.data, measured.weights
    begin, step = compiled(backend, solver.begin), compiled(backend, solver.step, "nonnegative")
    blank = np.zeros_like(np.asarray(backend.inverse.operators.adjoint(operator, data)))
    size = float(compiled(backend, backend.inverse.operators.norm)(operator, blank)) or 1.0
    return Stepwise(
        begin=lambda start: begin(start, operator, data, weights, strength),
        step=lambda state: step(state, operator, data, weights, strength, size, nonnegative=settings.nonnegative),
        max_iter=_limit(solver),
    )


def _least_squares(
    backend: ModuleType, measured: WeightedData, operator: Operator, strength: float, regulariser: Operator
) -> Stepwise:
    solver, data, weights = backend.inverse.least_squares, measured.data, measured.weights
    begin, step = compiled(backend, solver.begin), compiled(backend, solver.step)
    return Stepwise(
        begin=lambda start: begin(start, operator, data, weights, strength, regulariser, np.zeros_like(start)),
        step=lambda state: step(state, operator, weights, strength, regulariser),
        max_iter=_limit(solver),
    )


def _limit(solver: ModuleType) -> int:
    """The largest number of steps that a solver takes if it is not told."""
    return int(inspect.signature(solver.reconstruct).parameters["max_iter"].default)


def _scan(operator: Operator, settings: ReconstructionSettings) -> ScanGeometry:
    """The geometry of a scan. Raises ValueError for another operator."""
    if not isinstance(operator, Radon):
        kind = type(operator).__name__
        raise ValueError(f"{settings.method} is for scans; for the operator {kind}: cgls, tikhonov, tv")
    return operator.geometry


def _found(solution: Solution, strength: float | None) -> Reconstructed:
    status = Status(solution.status)
    facts: dict[str, Any] = {
        "status": status,
        "iterations": int(solution.iterations),
        "objective": float(solution.value),
    }
    if status == Status.non_finite:
        facts["message"] = NOT_FINITE
    elif status != Status.converged:
        facts["message"] = status.message("objective", "image")
    facts |= {"history": np.asarray(solution.history, float)}
    return Reconstructed(
        image=np.asarray(solution.image), facts=facts | ({} if strength is None else {"lambda": strength})
    )


REGULARISED = ("tikhonov", "tv")
ITERATIONS: dict[str, Callable[[ModuleType, WeightedData, Operator, ReconstructionSettings, float], Stepwise]] = {
    "sirt": sirt,
    "cgls": cgls,
    "tikhonov": tikhonov,
    "tv": tv,
}
Method = Callable[[ModuleType, WeightedData, Operator, ReconstructionSettings, OnProgress | None], Reconstructed]
METHODS: dict[str, Method] = {"fbp": fbp} | dict.fromkeys(ITERATIONS, iterate)

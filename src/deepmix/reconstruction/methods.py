"""Each method of `deepmix.reconstruct`, as a function of a backend."""

from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from deepmix.reference.inverse.records import Gradient, Operator, Solution
from deepmix.reference.tomography.records import Radon, ScanGeometry
from deepmix.reference.types import Status

from .settings import ReconstructionSettings
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
    backend: ModuleType, measured: WeightedData, operator: Operator, settings: ReconstructionSettings
) -> Reconstructed:
    """Filtered back-projection [CT7]."""
    given = measured.data, _scan(operator, settings), settings.window, settings.cutoff
    return Reconstructed(
        image=np.asarray(backend.tomography.backprojection.filtered_backprojection(*given)), facts={}
    )


def sirt(
    backend: ModuleType, measured: WeightedData, operator: Operator, settings: ReconstructionSettings
) -> Reconstructed:
    """SIRT [CT11]."""
    solve = backend.tomography.algebraic.reconstruct
    given = measured.data, _scan(operator, settings), measured.weights
    return _found(solve(*given, nonnegative=settings.nonnegative, **_ends(settings)), settings)


def cgls(
    backend: ModuleType, measured: WeightedData, operator: Operator, settings: ReconstructionSettings
) -> Reconstructed:
    """Least squares by conjugate gradients [IP12]; few steps smooth."""
    given = operator, measured.data, 0.0, measured.weights
    return _found(backend.inverse.least_squares.reconstruct(*given, **_ends(settings)), settings)


def tikhonov(
    backend: ModuleType, measured: WeightedData, operator: Operator, settings: ReconstructionSettings
) -> Reconstructed:
    """½‖Ax−y‖²_W + ½λ‖∇x‖² [IP4]."""
    strength = _strength(backend, measured, operator, settings)
    given = operator, measured.data, strength, measured.weights
    solution = backend.inverse.least_squares.reconstruct(*given, regulariser=Gradient(), **_ends(settings))
    return _found(solution, settings, strength)


def tv(
    backend: ModuleType, measured: WeightedData, operator: Operator, settings: ReconstructionSettings
) -> Reconstructed:
    """½‖Ax−y‖²_W + λTV(x) by the primal–dual method [IP10]."""
    strength = _strength(backend, measured, operator, settings)
    given = operator, measured.data, strength, measured.weights
    solve = backend.inverse.primal_dual.reconstruct
    return _found(solve(*given, nonnegative=settings.nonnegative, **_ends(settings)), settings, strength)


def _scan(operator: Operator, settings: ReconstructionSettings) -> ScanGeometry:
    """The geometry of a scan. Raises ValueError for another operator."""
    if not isinstance(operator, Radon):
        kind = type(operator).__name__
        raise ValueError(f"{settings.method} is for scans; for the operator {kind}: cgls, tikhonov, tv")
    return operator.geometry


def _ends(settings: ReconstructionSettings) -> dict[str, Any]:
    """When a loop ends; without a limit, that of the solver."""
    limit = {} if settings.max_iter is None else {"max_iter": settings.max_iter}
    return {"tol": settings.tol} | limit


def _strength(
    backend: ModuleType, measured: WeightedData, operator: Operator, settings: ReconstructionSettings
) -> float:
    """λ, from the setting, which is a part of max|A*Wy|: so it does not depend on units or exposure."""
    back = backend.inverse.operators.adjoint(operator, measured.weights * measured.data)
    return settings.strength * float(np.abs(np.asarray(back)).max()) or settings.strength


def _found(solution: Solution, settings: ReconstructionSettings, strength: float | None = None) -> Reconstructed:
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


Method = Callable[[ModuleType, WeightedData, Operator, ReconstructionSettings], Reconstructed]
METHODS: dict[str, Method] = {"fbp": fbp, "sirt": sirt, "cgls": cgls, "tikhonov": tikhonov, "tv": tv}

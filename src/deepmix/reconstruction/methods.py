"""Each method of `deepmix reconstruct ct`, as a function of a backend."""

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from deepmix.reference.inverse.records import Gradient, Solution
from deepmix.reference.tomography.records import Projections, Radon, ScanGeometry
from deepmix.reference.types import Status

from .settings import ReconstructionSettings


class Reconstructed(NamedTuple):
    """What a method found. image: (H, W), a mm. facts: what the report says of the way to it."""

    image: np.ndarray
    facts: dict[str, Any]


def fbp(
    backend: ModuleType, measured: Projections, geometry: ScanGeometry, settings: ReconstructionSettings
) -> Reconstructed:
    """Filtered back-projection [CT7]."""
    given = measured.sinogram, geometry, settings.window, settings.cutoff
    return Reconstructed(
        image=np.asarray(backend.tomography.backprojection.filtered_backprojection(*given)), facts={}
    )


def sirt(
    backend: ModuleType, measured: Projections, geometry: ScanGeometry, settings: ReconstructionSettings
) -> Reconstructed:
    """SIRT [CT11]."""
    solve = backend.tomography.algebraic.reconstruct
    given = measured.sinogram, geometry, measured.weights
    return _found(solve(*given, nonnegative=settings.nonnegative, **_ends(settings)), settings)


def cgls(
    backend: ModuleType, measured: Projections, geometry: ScanGeometry, settings: ReconstructionSettings
) -> Reconstructed:
    """Least squares by conjugate gradients [IP12]; few steps smooth."""
    given = _operator(backend, geometry), measured.sinogram, 0.0, measured.weights
    return _found(backend.inverse.least_squares.reconstruct(*given, **_ends(settings)), settings)


def tikhonov(
    backend: ModuleType, measured: Projections, geometry: ScanGeometry, settings: ReconstructionSettings
) -> Reconstructed:
    """½‖Ax−y‖²_W + ½λ‖∇x‖² [IP4]."""
    strength = _strength(backend, measured, geometry, settings)
    given = _operator(backend, geometry), measured.sinogram, strength, measured.weights
    solution = backend.inverse.least_squares.reconstruct(*given, regulariser=Gradient(), **_ends(settings))
    return _found(solution, settings, strength)


def tv(
    backend: ModuleType, measured: Projections, geometry: ScanGeometry, settings: ReconstructionSettings
) -> Reconstructed:
    """½‖Ax−y‖²_W + λTV(x) by the primal–dual method [IP10]."""
    strength = _strength(backend, measured, geometry, settings)
    given = _operator(backend, geometry), measured.sinogram, strength, measured.weights
    solve = backend.inverse.primal_dual.reconstruct
    return _found(solve(*given, nonnegative=settings.nonnegative, **_ends(settings)), settings, strength)


def _operator(backend: ModuleType, geometry: ScanGeometry) -> Radon:
    """A; what it does, the backend's `tomography.radon` enters where the solvers look when it is imported."""
    importlib.import_module(f"{backend.__name__}.tomography.radon")
    return Radon(geometry=geometry)


def _ends(settings: ReconstructionSettings) -> dict[str, Any]:
    """When a loop ends; without a limit, that of the solver."""
    limit = {} if settings.max_iter is None else {"max_iter": settings.max_iter}
    return {"tol": settings.tol} | limit


def _strength(
    backend: ModuleType, measured: Projections, geometry: ScanGeometry, settings: ReconstructionSettings
) -> float:
    """λ, from the setting, which is a part of max|A*Wy|: so it does not depend on units or exposure."""
    back = backend.tomography.radon.project_back(measured.weights * measured.sinogram, geometry)
    return settings.strength * float(np.abs(np.asarray(back)).max()) or settings.strength


def _found(solution: Solution, settings: ReconstructionSettings, strength: float | None = None) -> Reconstructed:
    status = Status(solution.status)
    facts: dict[str, Any] = {
        "status": status,
        "iterations": int(solution.iterations),
        "objective": float(solution.value),
    }
    if status != Status.converged:
        facts["message"] = status.message("objective", "image")
    facts |= {"history": np.asarray(solution.history, float)}
    return Reconstructed(
        image=np.asarray(solution.image), facts=facts | ({} if strength is None else {"lambda": strength})
    )


Method = Callable[[ModuleType, Projections, ScanGeometry, ReconstructionSettings], Reconstructed]
METHODS: dict[str, Method] = {"fbp": fbp, "sirt": sirt, "cgls": cgls, "tikhonov": tikhonov, "tv": tv}

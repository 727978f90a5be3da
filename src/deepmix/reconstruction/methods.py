"""Each method of `deepmix.reconstruct`, as a function of a backend."""

import itertools
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from deepmix.progress import OnProgress
from deepmix.reference.inverse.checks import check_real
from deepmix.reference.inverse.records import Operator
from deepmix.reference.inverse.solutions import Ending
from deepmix.reference.types import Status

from . import gaps, quality, scales, stepwise, strengths
from .one_sided import evened_out
from .scales import SCALES
from .settings import ReconstructionSettings
from .solvers import SOLVERS, scan_of
from .stepwise import Stepwise
from .strengths import Attempt
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
    geometry = scan_of(operator, settings)
    if missing := np.flatnonzero(~(measured.weights > 0).any(axis=1)).tolist():
        raise ValueError(
            f"nothing was measured in {len(missing)} views (counted from 0: {gaps.named(missing)}): "
            "leave them out, with their angles, or take another method than fbp"
        )
    data, geometry = evened_out(measured.data, geometry)
    given = data, geometry, settings.window, settings.cutoff
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
    """A method of `SOLVERS`, from the image of 0.

    λ is the setting's part of what `SCALES` has. If the noise chooses it, every strength that is tried goes on
    from the one before.
    Raises ValueError for an unknown noise, and for complex images that are to be ≥ 0.
    """
    if settings.strength == "auto" and measured.sigma is None:
        raise ValueError(
            "strength auto needs the noise: give noise, the standard deviation of the line integrals, "
            "or counts with their flat field"
        )
    scaled, unit = scales.of_largest_1(measured)
    pull = np.asarray(backend.inverse.operators.adjoint(operator, scaled.weights * scaled.data))
    check_real(settings.nonnegative, pull)
    scale = SCALES[settings.method](backend, operator, pull) if settings.method in SCALES else 1.0
    number = itertools.count()

    def tried(strength: float, before: Attempt | None) -> Attempt:
        solver = SOLVERS[settings.method](backend, scaled, operator, settings, strength * scale)
        solver = solver._replace(unit=unit * solver.unit)
        start = solver.begin(np.zeros_like(pull)) if before is None else solver.again(before.found[1].state)
        ended = stepwise.run(
            solver, start, tol=settings.tol, max_iter=settings.max_iter, progress=progress, part=next(number)
        )
        residual = measured.data - np.asarray(backend.inverse.operators.forward(operator, ended.state.image))
        return Attempt(strength=strength, deviation=quality.chi(measured, residual), found=(solver, ended))

    if isinstance(settings.strength, str):
        best = strengths.largest(tried, measured.sigma or 1.0)
    else:
        best = tried(settings.strength, None)
    solver, ended = best.found
    facts = _told(ended, solver)
    if settings.method in SCALES:
        facts |= {"strength": best.strength, "lambda": best.strength * scale * unit}
    return Reconstructed(image=np.asarray(ended.state.image), facts=facts)


def _told(ended: Ending, solver: Stepwise) -> dict[str, Any]:
    status = Status(ended.status)
    facts: dict[str, Any] = {
        "status": status,
        "iterations": int(ended.iterations),
        "objective": solver.unit * float(ended.state.value),
    }
    if solver.gap is not None:
        facts["gap"] = solver.unit * float(solver.gap(ended.state))
    if status == Status.non_finite:
        facts["message"] = NOT_FINITE
    elif status != Status.converged:
        facts["message"] = status.message("objective", "image")
    return facts | {"history": ended.history}


Method = Callable[[ModuleType, WeightedData, Operator, ReconstructionSettings, OnProgress | None], Reconstructed]
METHODS: dict[str, Method] = {"fbp": fbp} | dict.fromkeys(SOLVERS, iterate)

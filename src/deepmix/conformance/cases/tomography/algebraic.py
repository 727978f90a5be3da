"""SIRT [CT11]: steps and short runs."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from deepmix.conformance.examples import Shapes
from deepmix.conformance.operation import Operation
from deepmix.reference.tomography import algebraic, radon
from deepmix.reference.tomography.records import SirtState

from ..case import Case, generator
from . import _scans

Arguments = dict[str, Any]
SHORT = {"tol": -1.0, "max_iter": 4}
PLACES = {"start": "(H, W)", "sinogram": "(n, D)", "weights": "(n, D)"}


def _begun(shapes: Shapes) -> Arguments:
    given = _scans.example(shapes)
    return {
        "start": given["image"],
        "sinogram": given["sinogram"],
        "geometry": given["geometry"],
        "weights": given["sinogram"],
    }


def _stepped(shapes: Shapes) -> Arguments:
    given = _begun(shapes)
    named = dict.fromkeys(("image", "of_pixels"), given["start"]) | {"value": shapes.array()}
    state = SirtState(residual=given["sinogram"], of_rays=given["sinogram"], **named)
    return {"state": state, "sinogram": given["sinogram"], "geometry": given["geometry"]}


OPERATIONS = (
    Operation(name="begin", equations=("CT11",), result=("state",), notes=PLACES, example=_begun),
    Operation(name="step", equations=("CT11",), result=("state",), notes={"sinogram": "(n, D)"}, example=_stepped),
    Operation(
        name="reconstruct",
        equations=("CT11",),
        result=("solution",),
        form="as_it_is",
        notes=PLACES,
        example=_begun,
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """Parallel rays and a fan; weights of 0; rays that miss the image, and pixels that no ray meets."""
    for name in ("half_a_turn", "fan_of_a_turn", "coarse_detectors"):
        posed, weights = _problem(name)
        start = _scans.named_scans()[name].image
        yield Case(function="begin", name=name, arguments={"start": start, "weights": weights} | posed)
        alike = {"start": start, "weights": np.ones_like(weights)}
        yield Case(function="begin", name=f"{name}_alike", arguments=alike | posed)
        state = algebraic.begin(start, posed["sinogram"], posed["geometry"], weights)
        yield Case(function="step", name=name, arguments={"state": state} | posed)
        options = {"relaxation": 1.7, "nonnegative": True}
        yield Case(function="step", name=f"{name}_relaxed", arguments={"state": state} | posed | options)
        yield Case(function="reconstruct", name=name, arguments=posed | SHORT)
    posed, weights = _problem("half_a_turn")
    negative = {"sinogram": posed["sinogram"] - 3.0}
    edges: dict[str, Arguments] = {
        "weighted": {"weights": weights} | SHORT,
        "not_negative": negative | {"nonnegative": True} | SHORT,
        "from_a_start": {"start": _scans.named_scans()["half_a_turn"].image, "relaxation": 0.5} | SHORT,
        "converged": {"tol": 1e9},
        "no_step": {"max_iter": 0},
        "nothing_measured": {"sinogram": 0 * posed["sinogram"], "max_iter": 3},
    }
    for name, change in edges.items():
        yield Case(function="reconstruct", name=name, arguments=posed | change)
    bad: dict[str, Arguments] = {
        "transposed": {"sinogram": posed["sinogram"].T},
        "nan": {"sinogram": np.full_like(posed["sinogram"], np.nan)},
        "relaxation_of_2": {"relaxation": 2.0},
        "negative_weights": {"weights": -weights - 1},
        "start_of_another_shape": {"start": np.zeros((2, 2))},
    }
    for name, change in bad.items():
        yield Case(function="reconstruct", name=f"rejects_{name}", arguments=posed | change, rejected=True)


def _problem(name: str) -> tuple[Arguments, np.ndarray]:
    """A noisy sinogram with its geometry, and weights, some of them 0."""
    geometry, image, _ = _scans.named_scans()[name]
    rng = generator(f"sirt {name}")
    data = radon.project(image, geometry) + 0.1 * rng.normal(size=geometry.sinogram_shape)
    weights = rng.uniform(0.2, 2, data.shape) * (rng.random(data.shape) < 0.8)
    return {"sinogram": data, "geometry": geometry}, weights

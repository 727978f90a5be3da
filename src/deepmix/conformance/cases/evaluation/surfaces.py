"""Surfaces and the distances between them [EV6]–[EV9]."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from deepmix.conformance.examples import Shapes
from deepmix.conformance.operation import Operation
from deepmix.conformance.tolerances import relative
from deepmix.reference.evaluation import surfaces

from ..case import Case, generator


def _distances(shapes: Shapes) -> dict[str, Any]:
    return dict.fromkeys(("there", "back"), shapes.mask)


OPERATIONS = (
    Operation(
        name="surface",
        equations=("EV6",),
        result=("surface",),
        notes={"surface": "(booleans)"},
        example=lambda shapes: {"mask": shapes.inside},
    ),
    Operation(
        name="surface_distances",
        equations=("EV6",),
        result=("there", "back"),
        rule=relative(8),
        notes={"back": "(as the masks; NaN beside the surface)"},
        example=lambda shapes: dict.fromkeys(("prediction", "truth"), shapes.inside),
    ),
    Operation(name="hausdorff", equations=("EV7",), result=("distance",), rule=relative(64), example=_distances),
    Operation(
        name="average_surface_distance",
        equations=("EV8",),
        result=("distance",),
        rule=relative(64),
        example=_distances,
    ),
    Operation(
        name="average_symmetric_surface_distance",
        equations=("EV8",),
        result=("distance",),
        rule=relative(64),
        example=_distances,
    ),
    Operation(
        name="surface_dice",
        equations=("EV9",),
        result=("dice",),
        rule=relative(4),
        example=lambda shapes: _distances(shapes) | {"tolerance": 1.0},
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """Surfaces of masks, distances between two, measures of the distances."""
    nothing, square, other, ring = np.zeros((4, 8, 7), bool)
    square[2:7, 1:6], other[3:6, 0:5], other[0, 6] = True, True, True
    ring[2:7, 1:6] = True
    ring[4, 3] = False
    full = np.ones((3, 4, 3), bool)
    volume = generator("surfaces").random((2, 3, 4, 3)) < 0.7
    for name, mask in {"hole": ring, "up_to_the_border": full, "empty": nothing, "volume": volume[0]}.items():
        yield Case(function="surface", name=name, arguments={"mask": mask})
    wide, thick = {"spacing": np.array([0.7, 2.5])}, {"spacing": np.array([0.5, 0.75, 3.0])}
    pairs = {
        "far_pixel": (other, square, wide),
        "far_pixel_of_the_truth": (square, other, wide),
        "equal": (square, square, {}),
        "hole": (ring, square, {}),
        "volume": (*volume, thick),
        "nothing_predicted": (nothing, square, {}),
        "nothing_true": (square, nothing, {}),
        "both_empty": (nothing, nothing, {}),
    }
    for name, (prediction, truth, spacing) in pairs.items():
        yield Case(
            function="surface_distances", name=name, arguments={"prediction": prediction, "truth": truth} | spacing
        )
        found = surfaces.surface_distances(prediction, truth, **spacing)
        known = ~np.isnan(found).all(axis=0)
        if known.any():
            yield from _of_distances(name, {"there": found[0][known], "back": found[1][known]})
    stored = np.full(4, 2 * float(np.float32(0.8)))  # two voxels, whose size a file holds in float32
    tie = {"there": stored, "back": stored, "tolerance": 1.6}
    yield Case(function="surface_dice", name="within_the_tolerance_but_for_rounding", arguments=tie)
    nowhere = np.full(3, np.nan)
    yield from _of_distances("both_empty", {"there": nowhere, "back": nowhere})
    yield from _of_distances("both_empty_with_a_value", {"there": nowhere, "back": nowhere, "empty": 0.5})


def _of_distances(name: str, given: dict[str, Any]) -> Iterator[Case]:
    yield Case(function="hausdorff", name=name, arguments=given)
    yield Case(function="hausdorff", name=f"{name}_95", arguments=given | {"percentile": 95.0})
    yield Case(function="average_surface_distance", name=name, arguments=given)
    yield Case(function="average_symmetric_surface_distance", name=name, arguments=given)
    yield Case(function="surface_dice", name=name, arguments=given | {"tolerance": 1.1})

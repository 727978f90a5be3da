"""Distances between the surfaces of two masks [EV7]–[EV9].

Height and width differ, and so does the spacing of each axis: what swaps two of them shows.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from deepmix.conformance.examples import Shapes
from deepmix.conformance.operation import Operation
from deepmix.conformance.tolerances import relative

from ..case import Case, generator


def _masks(shapes: Shapes) -> dict[str, Any]:
    return dict.fromkeys(("prediction", "truth"), shapes.inside)


OPERATIONS = (
    Operation(name="hausdorff", equations=("EV6", "EV7"), result=("distance",), rule=relative(64), example=_masks),
    Operation(
        name="average_surface_distance",
        equations=("EV6", "EV8"),
        result=("distance",),
        rule=relative(64),
        example=_masks,
    ),
    Operation(
        name="average_symmetric_surface_distance",
        equations=("EV6", "EV8"),
        result=("distance",),
        rule=relative(64),
        example=_masks,
    ),
    Operation(
        name="surface_dice",
        equations=("EV6", "EV9"),
        result=("dice",),
        rule=relative(4),
        example=lambda shapes: _masks(shapes) | {"tolerance": 1.0},
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """Images and volumes, with a spacing and without one, and sets that are empty."""
    nothing, prediction, truth = np.zeros((3, 5, 9), bool)
    prediction[1:4, 1:6], truth[0:4, 2:8] = True, True
    prediction[4, 8] = True  # far away: the percentiles differ
    one, other = generator("masks of a volume").random((2, 3, 4, 6)) < 0.6
    wide, thick = {"spacing": np.array([0.7, 2.5])}, {"spacing": np.array([3.0, 0.5, 0.75])}
    pairs: dict[str, tuple[np.ndarray, np.ndarray, dict[str, Any]]] = {
        "in_pixels": (prediction, truth, {}),
        "wide_pixels": (prediction, truth, wide),
        "the_other_way_round": (truth, prediction, wide),
        "volume": (one, other, {}),
        "volume_of_thick_slices": (one, other, thick),
        "equal": (truth, truth, wide),
        "nothing_predicted": (nothing, truth, wide),
        "nothing_true": (prediction, nothing, wide),
        "both_empty": (nothing, nothing, wide),
        "both_empty_with_a_value": (nothing, nothing, wide | {"empty": 0.5}),
    }
    for name, (given, true, options) in pairs.items():
        arguments = {"prediction": given, "truth": true} | options
        yield Case(function="hausdorff", name=name, arguments=arguments)
        yield Case(function="hausdorff", name=f"{name}_95", arguments=arguments | {"percentile": 95.0})
        yield Case(function="average_surface_distance", name=name, arguments=arguments)
        yield Case(function="average_symmetric_surface_distance", name=name, arguments=arguments)
        yield Case(function="surface_dice", name=name, arguments=arguments | {"tolerance": 1.1})

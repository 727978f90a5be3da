"""Distances [DT]: masks of two and three dimensions, spacings, and those that are all or nothing."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.operation import Operation
from deepmix.conformance.tolerances import relative

from ..case import Case, generator

OPERATIONS = (
    Operation(
        name="squared_distance_transform",
        equations=("DT1",),
        result=("squared",),
        rule=relative(8),
        notes={"mask": "(any shape, boolean)", "spacing": "(an entry an axis)"},
        example=lambda shapes: {"mask": shapes.inside},
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """The distance transform."""
    rng = generator("distances")
    area, volume, everything = rng.random((6, 7)) < 0.9, rng.random((3, 4, 5)) < 0.95, np.ones((3, 4), bool)
    column = np.arange(6)[:, None] != 2
    nearer_down = np.ones((6, 7), bool)
    nearer_down[5, 0] = nearer_down[0, 2] = False
    for name, mask in {
        "area": area,
        "volume": volume,
        "one_column": column,
        "false_nowhere": everything,
        "true_nowhere": ~everything,
    }.items():
        yield _case(name, mask)
    yield _case("nearer_down_than_across", nearer_down, spacing=np.array([0.7, 2.5]))
    yield _case("volume_of_thick_slices", volume, spacing=np.array([0.5, 0.5, 3.0]))


def _case(name: str, mask: np.ndarray, **spacing: np.ndarray) -> Case:
    return Case(function="squared_distance_transform", name=name, arguments={"mask": mask} | spacing)

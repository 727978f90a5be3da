"""Agreement of clusterings [EV4], [EV5]."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.examples import Shapes
from deepmix.conformance.flat import Arrays
from deepmix.conformance.operation import Operation
from deepmix.conformance.tolerances import counted

from ..case import Case, generator


def size_of_agreement(inputs: Arrays, expected: Arrays) -> tuple[np.ndarray, int]:
    """Differences of sums over the table, of the size 1 by their denominator."""
    return np.ones(()), 8 * inputs["table"].size


def _table(shapes: Shapes) -> Arrays:
    return {"table": np.zeros((shapes.k + 1, shapes.k), np.int32)}


AGREEMENT = counted(size_of_agreement)
OPERATIONS = (
    Operation(
        name="contingency_table",
        equations=("EV4",),
        result=("table",),
        notes={"table": "(K+1, C)"},
        example=lambda shapes: dict.fromkeys(("labels", "truth"), shapes.labels),
    ),
    Operation(name="adjusted_rand_index", equations=("EV4",), result=("index",), rule=AGREEMENT, example=_table),
    Operation(
        name="normalized_mutual_information",
        equations=("EV5",),
        result=("information",),
        rule=AGREEMENT,
        example=_table,
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """Tables of two label maps, then measures of tables."""
    rng = generator("clusterings")
    truth = rng.integers(0, 4, (5, 8))
    labels = np.where(rng.random((5, 8)) < 0.7, truth % 3 + 1, 0)
    for name, (given, true) in {"some_without_a_class": (labels, truth), "no_truth": (labels, 0 * truth)}.items():
        arguments = {"labels": given, "truth": true, "n_components": 4, "n_classes": 3}
        yield Case(function="contingency_table", name=name, arguments=arguments)
    tables = {
        "some_without_a_class": np.array([[2, 1, 3], [9, 0, 1], [1, 8, 0]]),
        "the_same_parts": np.array([[0, 0, 0], [0, 7, 0], [5, 0, 0], [0, 0, 1]]),
        "one_class_against_two": np.array([[0, 0], [4, 5]]),
        "one_class": np.array([[0], [9]]),
        "single_pixels": np.array([[0, 0], [1, 0], [0, 1]]),
        "one_pixel": np.array([[0], [1]]),
        "less_than_by_chance": np.array([[3, 3, 4], [3, 4, 3]]),
        "millions": np.array([[0, 1], [4_000_000, 1_000_000], [10, 3_000_000]]),
        "nothing": np.zeros((2, 2), int),
    }
    for function in ("adjusted_rand_index", "normalized_mutual_information"):
        for name, table in tables.items():
            yield Case(function=function, name=name, arguments={"table": table})
        yield Case(
            function=function,
            name="nothing_with_a_value",
            arguments={"table": tables["nothing"], "empty": 1.0},
        )

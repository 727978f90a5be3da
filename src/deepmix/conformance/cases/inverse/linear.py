"""What a matrix lets one know [IP1], generalised inverses [IP2], [IP3], Tikhonov [IP4] and MAP [IP15]."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.drawing_inverse import draw_array
from deepmix.conformance.operation import Operation
from deepmix.conformance.tolerances import backward, largest

from ..case import Case, generator

RAYS = np.array([[1, 0, 1, 0], [0, 1, 0, 1], [1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 0, 1]], float)  # of 2 × 2 pixels
FACTORISED = "a factorisation of a matrix: each platform has its own"
SHAPES = {"matrix": "(m, n)"}
OPERATIONS = (
    Operation(
        name="singular_values",
        equations=("IP1",),
        result=("sigma",),
        rule=backward(largest("sigma")),
        notes=SHAPES,
        not_exported=FACTORISED,
    ),
    Operation(
        name="significant",
        equations=("IP1",),
        result=("counts",),
        notes=SHAPES | {"counts": "(booleans)"},
        example=lambda shapes: {"matrix": shapes.mask, "sigma": shapes.array(shapes.side)},
    ),
    Operation(name="rank", equations=("IP1",), result=("rank",), notes=SHAPES, not_exported=FACTORISED),
    Operation(name="condition", equations=("IP1",), result=("condition",), notes=SHAPES, not_exported=FACTORISED),
    Operation(
        name="null_projection",
        equations=("IP1",),
        result=("projection",),
        rule=backward(largest("projection", 1.0)),
        notes=SHAPES | {"projection": "(n, n)"},
        not_exported=FACTORISED,
    ),
    Operation(
        name="range_projection",
        equations=("IP1",),
        result=("projection",),
        rule=backward(largest("projection", 1.0)),
        notes=SHAPES | {"projection": "(m, m)"},
        not_exported=FACTORISED,
    ),
    Operation(
        name="left_inverse",
        equations=("IP2",),
        result=("inverse",),
        rule=backward(largest("inverse")),
        notes=SHAPES | {"inverse": "(n, m)"},
        not_exported=FACTORISED,
    ),
    Operation(
        name="right_inverse",
        equations=("IP2",),
        result=("inverse",),
        rule=backward(largest("inverse")),
        notes=SHAPES | {"inverse": "(n, m)"},
        not_exported=FACTORISED,
    ),
    Operation(
        name="generalised_inverse",
        equations=("IP3",),
        result=("inverse",),
        rule=backward(largest("inverse")),
        notes=SHAPES | {"inverse": "(n, m)"},
        not_exported=FACTORISED,
    ),
    Operation(
        name="tikhonov",
        equations=("IP4",),
        result=("image",),
        notes=SHAPES
        | {"data": "(m,)", "weights": "(m,)", "regulariser": "(k, n)", "prior": "(n,)", "image": "(n,)"},
        not_exported=FACTORISED,
    ),
    Operation(
        name="maximum_a_posteriori",
        equations=("IP15",),
        result=("image",),
        notes=SHAPES | {"data": "(m,)", "covariance": "(m, m)", "regulariser": "(k, n)", "image": "(n,)"},
        not_exported=FACTORISED,
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """Of full rank and of less, tall and wide, real and complex; the CT of two by two pixels."""
    rng = generator("linear")
    matrices = {
        "rays": RAYS,
        "rays_without_the_diagonal": RAYS[:4],
        "tall": draw_array(rng, (5, 3)),
        "wide": draw_array(rng, (3, 5)),
        "complex": draw_array(rng, (5, 3), True),
        "one_row": draw_array(rng, (1, 3)),
        "nothing": np.zeros((2, 3)),
    }
    for name, matrix in matrices.items():
        functions = ("singular_values", "rank", "condition", "range_projection", "generalised_inverse")
        for function in functions:
            yield Case(function=function, name=name, arguments={"matrix": matrix})
    for name in ("rays_without_the_diagonal", "wide", "one_row", "nothing"):  # else it is 0
        yield Case(function="null_projection", name=name, arguments={"matrix": matrices[name]})
    for name in ("rays", "tall", "complex"):
        yield Case(function="left_inverse", name=name, arguments={"matrix": matrices[name]})
        yield Case(function="right_inverse", name=name, arguments={"matrix": matrices[name].conj().T})
    ladder = {"sigma": np.array([2.0, 1e-3, 1e-18, 0.0]), "matrix": np.zeros((4, 9))}
    yield Case(function="significant", name="ladder", arguments=ladder)
    yield from _tikhonov(matrices)


def _tikhonov(matrices: dict[str, np.ndarray]) -> Iterator[Case]:
    rng = generator("tikhonov")
    for name in ("rays_without_the_diagonal", "tall", "wide", "complex"):
        matrix = matrices[name]
        m, n = matrix.shape
        given = {"matrix": matrix, "data": draw_array(rng, (m,), name == "complex"), "strength": 0.3}
        yield Case(function="tikhonov", name=name, arguments=given)
        more = {
            "weights": rng.uniform(0.5, 2, m),
            "regulariser": draw_array(rng, (n + 1, n)),
            "prior": draw_array(rng, (n,)),
        }
        yield Case(function="tikhonov", name=f"{name}_with_all", arguments=given | more)
    factor = draw_array(rng, (5, 5))
    given = {
        "matrix": matrices["tall"],
        "data": draw_array(rng, (5,)),
        "covariance": factor @ factor.T + np.eye(5),
        "regulariser": draw_array(rng, (4, 3)),
        "variance": 0.6,
    }
    yield Case(function="maximum_a_posteriori", name="correlated_noise", arguments=given)
    yield Case(
        function="maximum_a_posteriori", name="equal_noise", arguments=given | {"covariance": 0.4 * np.eye(5)}
    )

"""Attention [AT], each with its pullback."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from deepmix.conformance.drawing import draw_pooling
from deepmix.conformance.examples import Shapes
from deepmix.conformance.operation import Operation

from ..case import Case, generator


def _rows(shapes: Shapes, *names: str) -> dict[str, Any]:
    """As many rows as the image has, each of as many numbers as the network has filters."""
    mask = np.zeros(shapes.side, bool)
    return dict.fromkeys(names, shapes.array(shapes.side, shapes.filters)) | {"mask": mask}


def _projections(shapes: Shapes, *names: str) -> dict[str, Any]:
    return {name: {"kernel": shapes.array(shapes.filters, shapes.filters)} for name in names}


def _bag(shapes: Shapes) -> dict[str, Any]:
    parameters = _projections(shapes, "hidden", "gate") | {"score": {"kernel": shapes.array(shapes.filters, 1)}}
    return {"parameters": parameters} | _rows(shapes, "bag")


PAIRS = {"queries": "(n, d)", "keys": "(m, d)", "mask": "(m,)"}
BAG = {"bag": "(n, d)", "mask": "(n,)"}
OPERATIONS = (
    Operation(
        name="weights",
        equations=("AT1",),
        result=("value",),
        pullback=("queries", "keys"),
        form="pullback",
        notes=PAIRS | {"value": "(n, m)"},
        example=lambda shapes: (
            _rows(shapes, "queries", "keys") | {"cotangent": shapes.array(shapes.side, shapes.side)}
        ),
    ),
    Operation(
        name="dot_product",
        equations=("AT1",),
        result=("value",),
        pullback=("queries", "keys", "values"),
        form="pullback",
        notes=PAIRS | {"values": "(m, e)", "value": "(n, e)"},
        example=lambda shapes: _rows(shapes, "queries", "keys", "values", "cotangent"),
    ),
    Operation(
        name="self_attention",
        equations=("AT1",),
        result=("value",),
        pullback=("parameters", "x"),
        form="pullback",
        notes={"x": "(n, d)", "mask": "(n,)", "value": "(n, e)"},
        example=lambda shapes: (
            {"parameters": _projections(shapes, "query", "key", "value")} | _rows(shapes, "x", "cotangent")
        ),
    ),
    Operation(
        name="pooling_weights",
        equations=("AT2", "AT3"),
        result=("value",),
        pullback=("parameters", "bag"),
        form="pullback",
        notes=BAG | {"value": "(n,)"},
        example=lambda shapes: _bag(shapes) | {"cotangent": shapes.array(shapes.side)},
    ),
    Operation(
        name="pooling",
        equations=("AT2", "AT3"),
        result=("value",),
        pullback=("parameters", "bag"),
        form="pullback",
        notes=BAG | {"value": "(d,)"},
        example=lambda shapes: _bag(shapes) | {"cotangent": shapes.array(shapes.filters)},
    ),
)
N, D = 5, 3


def cases(dtype: str) -> Iterator[Case]:
    """With and without a mask, large scores, a single row."""
    yield from _dot_product()
    yield from _self_attention()
    yield from _pooling()


def _masks() -> dict[str, dict[str, np.ndarray]]:
    mask = np.array([True, True, False, True, False])
    return {"all": {}, "padded": {"mask": mask}, "nothing_but_padding": {"mask": np.zeros(N, bool)}}


def _dot_product() -> Iterator[Case]:
    rng = generator("attention")
    given = {"queries": rng.normal(size=(2, 4)), "keys": rng.normal(size=(N, 4))}
    values = {"values": rng.normal(size=(N, 2))}
    for name, mask in _masks().items():
        yield Case(function="weights", name=name, arguments=given | mask | {"cotangent": rng.normal(size=(2, N))})
        yield Case(
            function="dot_product",
            name=name,
            arguments=given | values | mask | {"cotangent": rng.normal(size=(2, 2))},
        )
    large = {name: 30 * array for name, array in given.items()}
    yield Case(function="weights", name="large_scores", arguments=large | {"cotangent": rng.normal(size=(2, N))})


def _self_attention() -> Iterator[Case]:
    x = np.array([[1.0, 0, 2], [2, 1, 1]])
    kernels: dict[str, Any] = {"query": [[1, 0], [0, 1], [1, 0]], "key": [[0, 1], [1, 0], [1, 0]]}
    kernels["value"] = [[1, 1], [0, 1], [1, 0]]
    example = {name: {"kernel": np.array(kernel, float)} for name, kernel in kernels.items()}
    given = {"parameters": example, "x": x, "cotangent": np.array([[1.0, -1], [0.5, 2]])}
    yield Case(function="self_attention", name="worked_example", arguments=given)
    rng = generator("self-attention")
    sizes = {"query": 4, "key": 4, "value": 2}
    parameters = {name: {"kernel": rng.normal(size=(D, size))} for name, size in sizes.items()}
    for name, mask in _masks().items():
        arguments = {"parameters": parameters, "x": rng.normal(size=(N, D)), "cotangent": rng.normal(size=(N, 2))}
        yield Case(function="self_attention", name=name, arguments=arguments | mask)


def _pooling() -> Iterator[Case]:
    for gated in (False, True):
        rng = generator(f"pooling {gated}")
        parameters, bag = draw_pooling(rng, D, 4, gated), rng.normal(size=(N, D))
        of_weights, of_pooled = {"cotangent": rng.normal(size=N)}, {"cotangent": rng.normal(size=D)}
        for name, mask in _masks().items():
            case = f"{name}_gated" if gated else name
            given = {"parameters": parameters, "bag": bag} | mask
            yield Case(function="pooling_weights", name=case, arguments=given | of_weights)
            yield Case(function="pooling", name=case, arguments=given | of_pooled)
    one = {"parameters": parameters, "bag": bag[:1]}
    yield Case(function="pooling", name="bag_of_one", arguments=one | of_pooled)

"""AdamW and clipping [U5], [U6]."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.operation import Operation
from deepmix.conformance.tolerances import EXACT
from deepmix.reference.optimization.records import AdamWState
from deepmix.reference.types import Tree

from ..case import Case, generator

OPERATIONS = (
    Operation(name="init", equations=("U5",), result=("state",), rule=EXACT),
    Operation(
        name="clip",
        equations=("U6",),
        result=("gradient",),
        example=lambda shapes: {"gradient": shapes.parameters},
    ),
    Operation(
        name="update",
        equations=("U5",),
        result=("parameters", "state"),
        example=lambda shapes: {"gradient": shapes.parameters, "state": shapes.optimizer},
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """First steps and later ones, clipped ones, every setting."""
    parameters, gradient = _tree("parameters"), _tree("gradient")
    zeros = {"a": np.zeros((2, 3)), "b": {"c": np.zeros(4)}}
    yield Case(function="init", name="two_leaves", arguments={"parameters": parameters})
    gradients = {"short": (gradient, 12.0), "long": (gradient, 0.5), "zero": (zeros, 12.0)}
    for name, (given, max_norm) in gradients.items():
        yield Case(function="clip", name=name, arguments={"gradient": given, "max_norm": max_norm})
    yield Case(function="clip", name="published_norm", arguments={"gradient": _tree("gradient", 20.0)})
    first = AdamWState(count=0, m=zeros, v=zeros)
    squares = {"a": _tree("v")["a"] ** 2, "b": {"c": _tree("v")["b"]["c"] ** 2}}
    later = AdamWState(count=9, m=_tree("m"), v=squares)
    tiny = _tree("gradient", 1e-8)  # as large as ε
    strong = {"learning_rate": 0.1, "weight_decay": 0.3}
    options = {
        "first_step": (gradient, first, strong),
        "later_step": (gradient, later, strong),
        "published_settings": (gradient, later, {}),
        "without_decay": (gradient, later, {"learning_rate": 0.1, "weight_decay": 0.0}),
        "other_moments": (gradient, later, strong | {"b1": 0.5, "b2": 0.8, "eps": 0.1}),
        "tiny_gradient": (tiny, first, strong),
        "zero_gradient": (zeros, first, strong),
    }
    for name, (given, state, settings) in options.items():
        arguments = {"parameters": parameters, "gradient": given, "state": state}
        yield Case(function="update", name=name, arguments=arguments | settings)


def _tree(name: str, scale: float = 1.0) -> Tree:
    rng = generator(name)
    return {"a": scale * rng.normal(size=(2, 3)), "b": {"c": scale * rng.normal(size=4)}}

"""operations.json: the functions of a folder of vectors, their signatures, and an order in which to write them."""

from collections.abc import Iterable
from typing import Any

import deepmix.reference
from deepmix.reference import SPECIFICATION

from . import building, signatures
from .operations import OPERATIONS
from .ports import REFERENCE

Description = dict[str, Any]


def catalogue(descriptions: Iterable[Description]) -> Description:
    """What operations.json says of the functions of vectors, the easiest first.

    descriptions: of the vectors; of a function, the one with the most arguments shows its arrays.
    """
    shown: dict[str, Description] = {}
    for each in sorted(descriptions, key=_given, reverse=True):
        shown.setdefault(each["function"], each)
    uses = building.uses(deepmix.reference.__path__[0], OPERATIONS)
    levels = building.levels(uses)
    order = sorted((name for name in OPERATIONS if name in shown), key=levels.__getitem__)
    return {
        "specification": SPECIFICATION,
        "functions": [
            {"name": name, "level": levels[name], "uses": [each for each in OPERATIONS if each in uses[name]]}
            | _function(name)
            | {"example": _example(shown[name])}
            for name in order
        ],
        "records": signatures.records([REFERENCE.function(name) for name in order]),
    }


def _given(description: Description) -> tuple[bool, int]:
    """Whether a vector has outputs, and how many arguments are arrays or hold some."""
    return description["expects"] == "outputs", len({name.split("/")[0] for name in description["inputs"]})


def _function(name: str) -> Description:
    operation = OPERATIONS[name]
    return {
        "equations": list(operation.equations),
        "optional": operation.optional,
        "arguments": signatures.arguments(REFERENCE.function(name)),
        "outputs": list(operation.result),
        "gradients": list(operation.pullback),
        "notes": dict(operation.notes),
    }


def _example(description: Description) -> Description:
    """The arrays of a case; none of the outputs of one that must be rejected."""
    outputs = description["outputs"] if description["expects"] == "outputs" else {}
    return {
        "case": description["case"],
        "inputs": description["inputs"],
        "outputs": {name: {"dtype": each["dtype"], "shape": each["shape"]} for name, each in outputs.items()},
    }

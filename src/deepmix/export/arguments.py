"""The arguments that functions are exported with, from their declarations, for a problem of a chosen size."""

import inspect
from typing import Any

from deepmix.conformance.examples import Shapes, Sizes
from deepmix.conformance.operation import Operation
from deepmix.conformance.operations import OPERATIONS
from deepmix.conformance.ports import REFERENCE

Arguments = dict[str, dict[str, Any]]  # of each function, by name
SAMPLE_WEIGHTS = {"weights", "mask"}  # programs take them, also if they are optional in the function


def arguments(sizes: Sizes, dtype: str) -> Arguments:
    """The arguments of every function that is exported: arrays of zeros, of which only shape and dtype count."""
    shapes = Shapes(sizes, dtype)
    exported = (each for each in OPERATIONS.values() if not each.optional and not each.not_exported)
    return {operation.name: _given(operation, shapes) for operation in exported}


def _given(operation: Operation, shapes: Shapes) -> dict[str, Any]:
    """The declared example, and other arguments by their names. Raises LookupError for unknown names."""
    parameters = inspect.signature(REFERENCE.function(operation.name)).parameters
    example, given = operation.example(shapes), {}
    for name, parameter in parameters.items():
        if name in example:
            given[name] = example[name]
        elif parameter.default is parameter.empty or name in SAMPLE_WEIGHTS:
            given[name] = shapes.named(name)
            if given[name] is None:
                raise LookupError(f"the declaration of {operation.name} needs an example of {name}")
    return given | example

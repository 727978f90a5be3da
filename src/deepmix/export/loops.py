"""Fits, the warm start and predictions as one program each, without checks: what their modules have for that.

A history has its full length: NaN from the end of the loop on.
"""

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any

from deepmix.accelerated.mixtures.gaussian import variance_floor
from deepmix.conformance.operations import OPERATIONS
from deepmix.conformance.ports import REFERENCE

# What checks its input, and what then does the work.
UNCHECKED = {"fit": "solve", "warm_start": "solve_warm_start", "predict": "solve_prediction"}


def _program(name: str) -> Callable[..., Any]:
    """What does the work of a function, called with that function's arguments."""
    module, _, function = name.rpartition(".")
    solve = getattr(import_module(f"deepmix.accelerated.{module}"), UNCHECKED[function])
    signature, takes = inspect.signature(REFERENCE.function(name)), inspect.signature(solve).parameters

    def program(*given: Any, **options: Any) -> Any:
        bound = signature.bind(*given, **options)
        bound.apply_defaults()
        arguments = bound.arguments
        arguments.setdefault("weights", arguments.pop("mask", None))
        if "image" in arguments:
            arguments["pixels"] = arguments["image"].reshape(len(arguments["image"]), -1)
        if "floor" in takes and arguments.get("floor") is None:
            arguments["floor"] = variance_floor(arguments["pixels"], arguments["weights"].ravel())
        return solve(**{name: value for name, value in arguments.items() if name in takes})

    return program


LOOPS = {name: _program(name) for name in OPERATIONS if name.rpartition(".")[2] in UNCHECKED}

"""Fits, the warm start and predictions, each as one program without checks: the `solve…` of their modules.

A history has its full length, with NaN after the end of the loop.
"""

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any

from deepmix.accelerated.inverse.proximal_gradient import curvature
from deepmix.accelerated.mixtures.gaussian import variance_floor
from deepmix.conformance.operations import OPERATIONS
from deepmix.conformance.ports import REFERENCE

# The function that checks its input, and the one that then does the work.
UNCHECKED = {
    "fit": "solve",
    "denoise": "solve",
    "reconstruct": "solve",
    "warm_start": "solve_warm_start",
    "predict": "solve_prediction",
}


def _program(name: str) -> Callable[..., Any]:
    """The function that does the work of another one, called with the arguments of that one."""
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
        if "lipschitz" in takes:
            arguments["lipschitz"] = curvature(arguments["operator"], arguments["weights"], arguments["start"])
        return solve(**{name: value for name, value in arguments.items() if name in takes})

    return program


LOOPS = {
    name: _program(name)
    for name, operation in OPERATIONS.items()
    if name.rpartition(".")[2] in UNCHECKED and not operation.not_exported
}

"""How to call a port's function with the inputs of a vector, and what it returned."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from . import flat
from .flat import Arrays
from .operation import Operation
from .ports import REFERENCE, Port


def call(port: Port, operation: Operation, inputs: Arrays, options: dict[str, Any]) -> dict[str, Any]:
    """What the port's function returns, by the names of the operation; what it does not offer is absent, or None.

    inputs, options: a vector's. Raises whatever the function raises, NotImplementedError if there is none,
    TypeError if it returns nothing, or too few or too many outputs.
    """
    function, reference = port.function(operation.name), REFERENCE.function(operation.name)
    arguments = flat.arguments(reference, inputs, options, port.regularizer)
    signature, own = inspect.signature(reference), _defaults(function)
    # what the port takes anyway is not said, so that its own default shows
    said = {
        name: value
        for name, value in arguments.items()
        if not (
            name in own and isinstance(value, (int, float, str)) and value == signature.parameters[name].default
        )
    }
    bound = signature.bind(**_known(said, function, operation.name))
    result = function(*bound.args, **bound.kwargs)
    if result is None:
        raise TypeError(f"{operation.name} returns nothing")
    if not operation.pullback:
        return _by_name(operation, result)
    value, pullback = _value_and_pullback(operation, result)
    gradients = _gradients(pullback, inputs["cotangent"])
    named = zip((name for name in operation.pullback if name in arguments), gradients, strict=False)
    return {"value": value, "pullback": dict(named)}


def _value_and_pullback(operation: Operation, result: Any) -> tuple[Any, Callable[..., Any] | None]:
    """A value alone has no pullback."""
    if not isinstance(result, (tuple, list)):
        return result, None
    if len(result) != 2 or not (result[1] is None or callable(result[1])):
        raise TypeError(f"{operation.name} must return the tuple of a value and a pullback, or the value alone")
    return result[0], result[1]


def _gradients(pullback: Callable[..., Any] | None, cotangent: np.ndarray) -> Sequence[Any]:
    """What the pullback returns; nothing if there is none yet."""
    try:
        gradients = () if pullback is None else pullback(cotangent)
    except NotImplementedError:
        return ()
    return gradients if isinstance(gradients, (tuple, list)) else (gradients,)


def _by_name(operation: Operation, result: Any) -> dict[str, Any]:
    """The outputs of a dict, a record or a tuple; anything else is the first output alone."""
    names = operation.result
    if len(names) == 1:
        return {names[0]: result}
    if not set(names).isdisjoint(getattr(result, "_fields", ())):
        result = result._asdict()
    if isinstance(result, Mapping):
        return dict(result)
    if not isinstance(result, (tuple, list)):
        return {names[0]: result}
    if len(result) != len(names):
        raise TypeError(f"{operation.name} must return the tuple {', '.join(names)}, or the first of them alone")
    return dict(zip(names, result, strict=True))


def _known(said: dict[str, Any], function: Callable[..., Any], name: str) -> dict[str, Any]:
    """What is said, without the family for a port that knows Gaussians only.

    Raises NotImplementedError if another family is asked of it.
    """
    if "family" not in said or _takes(function, "family"):
        return said
    if said["family"] != "gaussian":
        raise NotImplementedError(f"{name} takes no family")
    return {each: value for each, value in said.items() if each != "family"}


def _takes(function: Callable[..., Any], name: str) -> bool:
    """Whether a function takes an argument; true if it does not say."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return True
    return name in parameters or any(
        each.kind in (each.VAR_KEYWORD, each.VAR_POSITIONAL) for each in parameters.values()
    )


def _defaults(function: Callable[..., Any]) -> set[str]:
    """The arguments for which a function has a default; none if it does not say."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return set()
    return {name for name, each in parameters.items() if each.default is not each.empty}

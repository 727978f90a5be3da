"""A module as a port: where its functions are, and how to call one with the inputs of a vector."""

import importlib.util
import inspect
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import deepmix.reference

from . import flat
from .flat import Arrays
from .operations import Operation
from .tolerances import DTYPES


class Port(NamedTuple):
    """A module that offers some of the functions of `reference` under their names, as `gmm.e_step`.

    adapter: its submodule `conformance`, if it has one: what stands there is taken first, for functions
        that the module itself has in another form. It may also hold `session(dtype)`, a context manager
        round all calls in one dtype.
    """

    module: ModuleType
    adapter: ModuleType | None

    def find(self, name: str) -> Callable[..., Any] | None:
        """The function of that name, the adapter's before the module's; None if there is none."""
        places = (place for place in (self.adapter, self.module) if place is not None)
        return next((found for place in places if (found := _get(place, name)) is not None), None)

    def function(self, name: str) -> Callable[..., Any]:
        """The function of that name. Raises NotImplementedError if there is none."""
        function = self.find(name)
        if function is None:
            raise NotImplementedError(f"there is no {name}")
        return function

    def session(self, dtype: str) -> AbstractContextManager[Any]:
        """What surrounds the calls in one dtype."""
        session = getattr(self.adapter, "session", None)
        return nullcontext() if session is None else session(dtype)

    def dtypes(self) -> tuple[str, ...]:
        """The dtypes that the module says it computes in (`DTYPES`), else all."""
        return tuple(getattr(self.module, "DTYPES", DTYPES))

    def regularizer(self, named: dict[str, Any]) -> tuple[Callable[..., Any], float]:
        """A regulariser (the module's own, in the form that its `deep` takes) and its strength."""
        function = _get(self.module, f"regularizers.{named['name']}")
        if function is None:
            raise NotImplementedError(f"there is no regularizers.{named['name']}")
        fixed = {name: value for name, value in named.items() if name not in ("name", "strength")}
        return partial(function, **fixed), named["strength"]


def load(name: str) -> Port:
    """The port in an importable module. Raises ImportError if there is none."""
    module = importlib.import_module(name)
    return Port(module, _child(module, "conformance"))


def load_folder(folder: str | Path, name: str) -> ModuleType:
    """The package in a folder, loaded anew under another name."""
    path = Path(folder, "__init__.py")
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=[str(folder)])
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    spec.loader.exec_module(package)
    return package


def call(port: Port, operation: Operation, inputs: Arrays, options: dict[str, Any]) -> dict[str, Any]:
    """What the port's function returns, by the names of the operation.

    inputs, options: a vector's. Raises whatever the function raises, NotImplementedError if there is none.
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
    bound = signature.bind(**said)
    result = function(*bound.args, **bound.kwargs)
    if operation.pullback:
        value, pullback = result
        gradients = pullback(inputs["cotangent"])
        gradients = gradients if isinstance(gradients, (tuple, list)) else (gradients,)
        named = zip((name for name in operation.pullback if name in arguments), gradients, strict=False)
        return {"value": value, "pullback": dict(named)}
    if len(operation.result) == 1:
        return {operation.result[0]: result}
    return dict(zip(operation.result, result, strict=True))


def _defaults(function: Callable[..., Any]) -> set[str]:
    """The arguments for which a function has a default; none if it does not say."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return set()
    return {name for name, each in parameters.items() if each.default is not each.empty}


def _get(place: Any, name: str) -> Any:
    for part in name.split("."):
        place = _child(place, part)
    return place


def _child(place: Any, name: str) -> Any:
    """An attribute, or a submodule that has not been imported yet; None if there is neither."""
    if not hasattr(place, name) and hasattr(place, "__path__"):
        full = f"{place.__name__}.{name}"
        try:
            return importlib.import_module(full)
        except ModuleNotFoundError as error:
            if error.name != full:
                raise
    return getattr(place, name, None)


REFERENCE = Port(deepmix.reference, None)

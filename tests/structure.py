"""The modules of both packages and their public functions."""

import importlib
import inspect
import pkgutil
from types import ModuleType

import deepmix.accelerated
import deepmix.reference


def modules(package: ModuleType) -> dict[str, ModuleType]:
    """The modules of a package by name."""
    names = [module.name for module in pkgutil.iter_modules(package.__path__)]
    return {name: importlib.import_module(f"{package.__name__}.{name}") for name in names}


def public_functions(module: ModuleType) -> dict[str, object]:
    """The public functions that a module defines."""
    return {
        name: value
        for name, value in vars(module).items()
        if callable(value)
        and not inspect.isclass(value)
        and not name.startswith("_")
        and getattr(value, "__module__", None) == module.__name__
    }


REFERENCE_MODULES = modules(deepmix.reference)
# `conformance` holds the functions of the others in the form of the reference's.
ACCELERATED_MODULES = {
    name: module for name, module in modules(deepmix.accelerated).items() if name != "conformance"
}

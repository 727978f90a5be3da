"""The reference with rounding: a copy whose functions return every number moved by at most eps, relatively.

Equal numbers of an array move alike, so that ties stay ties and constant channels constant.
What its outputs scatter is what a program of that precision may differ by: large where a sum cancels or a
matrix is nearly singular, small elsewhere.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, wraps
from types import ModuleType
from typing import Any

import numpy as np

import deepmix.reference

from .ports import Port, load_folder

_move: ContextVar[Callable[[Any], Any]] = ContextVar("_move")


@contextmanager
def rounding(eps: float, rng: np.random.Generator) -> Iterator[tuple[Port, Callable[[Any], Any]]]:
    """The rounding reference as a port, and the function that moves its inputs, both drawing from `rng`."""

    def move(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            if value.dtype.kind not in "fc":
                return value
            numbers, places = np.unique(value, return_inverse=True)
            return (numbers * (1 + eps * _at_most_one(rng, numbers)))[places].reshape(value.shape)
        if isinstance(value, float):
            return value * (1 + eps * rng.uniform(-1, 1))
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return type(value)(*map(move, value))
        if isinstance(value, (tuple, list)):
            return type(value)(map(move, value))
        if isinstance(value, Mapping):
            return {name: move(each) for name, each in value.items()}
        return (lambda *arguments: move(value(*arguments))) if callable(value) else value

    token = _move.set(move)
    try:
        yield _copy(), move
    finally:
        _move.reset(token)


def _at_most_one(rng: np.random.Generator, numbers: np.ndarray) -> np.ndarray:
    """Uniform between −1 and 1, of complex numbers in both parts."""
    real = rng.uniform(-1, 1, numbers.shape)
    return real + 1j * rng.uniform(-1, 1, numbers.shape) if numbers.dtype.kind == "c" else real


@cache
def _copy() -> Port:
    package = load_folder(deepmix.reference.__path__[0], "deepmix.conformance.rounding_reference")
    found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    loaded = [importlib.import_module(module.name) for module in found]
    modules = [module for module in loaded if module.__name__.startswith(package.__name__)]  # no shared records
    rounded = {function: _rounding(function) for module in modules for function in _functions(module)}
    for module in modules:
        for name, value in list(vars(module).items()):
            if callable(value) and value in rounded:
                setattr(module, name, rounded[value])
    return Port(module=package, adapter=None)


def _functions(module: ModuleType) -> list[Callable[..., Any]]:
    """The public functions of a module that compute."""
    return [
        value
        for name, value in vars(module).items()
        if callable(value) and not isinstance(value, type) and not name.startswith("_")
        if getattr(value, "__module__", "") == module.__name__
    ]


def _rounding(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def rounded(*arguments: Any, **options: Any) -> Any:
        return _move.get()(function(*arguments, **options))

    return rounded

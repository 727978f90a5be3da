"""Packages that import their modules when they are first used, so that records do not bring SciPy in."""

from collections.abc import Callable
from importlib import import_module
from types import ModuleType


def lazily(package: str, names: list[str]) -> tuple[Callable[[str], ModuleType], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of a package with modules of these names."""

    def __getattr__(name: str) -> ModuleType:
        if name in names:
            return import_module(f".{name}", package)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return __getattr__, lambda: list(names)

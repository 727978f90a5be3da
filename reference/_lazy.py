"""Packages that import their modules when they are first used, so that records do not bring SciPy in."""

from collections.abc import Callable, Iterable
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType


def lazily(
    package: str, path: Iterable[str]
) -> tuple[list[str], Callable[[str], ModuleType], Callable[[], list[str]]]:
    """`__all__`, `__getattr__` and `__dir__` of a package: the modules in its folders except `_name.py`."""
    names = sorted(each.name for each in iter_modules(path) if not each.name.startswith("_"))

    def __getattr__(name: str) -> ModuleType:
        if name in names:
            return import_module(f".{name}", package)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return names, __getattr__, lambda: list(names)

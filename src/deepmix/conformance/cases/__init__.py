"""The cases, a file an algorithm: inputs of every function, typical ones and edges, and its declarations.

A file `<subject>/<algorithm>.py` holds `OPERATIONS`, what is declared of the functions of that module of the
reference, `cases(dtype)`, and perhaps `paper()`, cases of the sizes of the paper. Functions bear their name alone.
Files `_name.py` hold what the files of a subject share.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import deepmix.reference
from deepmix.conformance import order

from .case import Case

__all__ = ["MODULES", "PRESETS", "Case", "cases"]

PRESETS = ("minimal", "paper")


def _modules() -> dict[str, ModuleType]:
    """The files by subject and algorithm, in the order of the reference; LookupError for one that it has not."""
    found = (
        module.name.removeprefix(f"{__name__}.") for module in pkgutil.walk_packages(__path__, f"{__name__}.")
    )
    named = {name for name in found if "." in name and "._" not in name}
    ordered = order.modules(deepmix.reference.__path__[0])
    if strangers := named.difference(ordered):
        raise LookupError(f"the reference has no {', '.join(sorted(strangers))}")
    return {name: importlib.import_module(f"{__name__}.{name}") for name in ordered if name in named}


MODULES = _modules()


def cases(preset: str, dtype: str) -> Iterator[Case]:
    """The cases of a preset, from the bottom up. dtype: says how near to singular an edge can be."""
    for path, module in MODULES.items():
        of_preset = module.cases(dtype) if preset == "minimal" else getattr(module, "paper", tuple)()
        for case in of_preset:
            yield case._replace(function=f"{path}.{case.function}")

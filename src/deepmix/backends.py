"""The two backends behind one interface: `deepmix.reference` and `deepmix.accelerated` have the same names."""

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from deepmix.reference.checks import check_choice

BACKENDS = ("accelerated", "reference")


@contextmanager
def opened(name: str, dtype: str, device: str | None = None) -> Iterator[ModuleType]:
    """The backend of that name, on a device ("gpu:1"; None: the first) and in a dtype.

    Raises ImportError if an extra is missing, ValueError if there is no such backend or device, or JAX does not
    start.
    """
    check_choice("backend", name, BACKENDS)
    module = importlib.import_module(f"deepmix.{name}")
    if name == "reference":
        yield module
        return
    import jax

    from deepmix.accelerated.execution import devices

    with jax.enable_x64(dtype == "float64"), jax.default_device(devices.named(device)):
        yield module


def compiled(module: ModuleType, function: Callable[..., Any], *static: str) -> Callable[..., Any]:
    """A backend's function, compiled if the backend is; `static` names the arguments that are no arrays."""
    if module.__name__ == "deepmix.reference":
        return function
    import jax

    return jax.jit(function, static_argnames=static)


def gains_by_batches(module: ModuleType) -> bool:
    """Whether many fits at once are faster than one after the other: not on a CPU, which one of them fills."""
    if module.__name__ == "deepmix.reference":
        return False
    from deepmix.accelerated.execution import lanes

    return lanes.count(None, 2) > 1

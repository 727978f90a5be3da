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
    """The backend of a name, on a device ("gpu:1"; None: the first) and in a dtype ("float32" or "float64").

    Raises ImportError if an extra is missing, and ValueError if the backend or the device does not exist or JAX
    does not start.
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


def over_pixels(module: ModuleType, function: Callable[..., Any], *static: str) -> Callable[..., Any]:
    """A backend's function of pixels (M, N), whose results end with the axis N too; compiled if the backend is.

    Similar numbers of pixels share a program: the pixels are padded, and the padding is cut from the results.
    static: the names of the arguments that are not arrays.
    """
    if module.__name__ == "deepmix.reference":
        return function
    import jax

    from deepmix.accelerated.execution.arrays import aligned
    from deepmix.accelerated.execution.results import without_padding

    program = jax.jit(function, static_argnames=static)

    def of_pixels(pixels: Any, *arguments: Any, **options: Any) -> Any:
        found = program(aligned(pixels), *arguments, **options)
        return jax.tree.map(lambda array: without_padding(array, pixels.shape[-1]), found)

    return of_pixels


def compiled(module: ModuleType, function: Callable[..., Any], *static: str) -> Callable[..., Any]:
    """A backend's function, compiled if the backend is. static: the names of the arguments that are not arrays."""
    if module.__name__ == "deepmix.reference":
        return function
    import jax

    return jax.jit(function, static_argnames=static)


def over_weighted_pixels(module: ModuleType, function: Callable[..., Any], *static: str) -> Callable[..., Any]:
    """As `over_pixels`, of a function whose keyword `weights` (N,) makes the padding count nothing.

    Its results are small: they are moved to the host.
    """
    if module.__name__ == "deepmix.reference":
        return function
    import jax

    from deepmix.accelerated.execution.arrays import aligned

    program = jax.jit(function, static_argnames=static)

    def of_pixels(pixels: Any, *arguments: Any, weights: Any, **options: Any) -> Any:
        return jax.device_get(program(aligned(pixels), *arguments, weights=aligned(weights, 0), **options))

    return of_pixels


def gains_by_batches(module: ModuleType) -> bool:
    """Whether many fits at once are faster than one after the other: not on a CPU, which one fit keeps busy."""
    if module.__name__ == "deepmix.reference":
        return False
    from deepmix.accelerated.execution import lanes

    return lanes.count(None, 2) > 1

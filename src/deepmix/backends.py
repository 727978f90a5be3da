"""The two backends behind one interface: `deepmix.reference` and `deepmix.accelerated` have the same names."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from .settings import Settings


@contextmanager
def backend(settings: Settings) -> Iterator[ModuleType]:
    """The backend that the settings name, on their device and in their dtype.

    Raises ImportError if an extra is missing, ValueError if there is no such device.
    """
    module = importlib.import_module(f"deepmix.{settings.backend}")
    if settings.backend == "reference":
        yield module
        return
    import jax

    with jax.enable_x64(settings.floating == "float64"), jax.default_device(device_named(settings.device)):
        yield module


def device_named(name: str | None) -> Any:
    """JAX's device of that name, such as "gpu:1"; its first for None. ValueError if there is none."""
    import jax

    if name is None:
        return jax.devices()[0]
    platform, _, index = name.partition(":")
    try:
        return jax.devices(platform)[int(index or 0)]
    except (RuntimeError, ValueError, IndexError):
        present = ", ".join(f"{device.platform}:{device.id}" for device in jax.devices())
        raise ValueError(f"there is no device {name!r} here; JAX sees {present}") from None

"""The devices that JAX sees; asking for them starts JAX."""

from typing import Any

import jax


def present() -> list[jax.Device]:
    """All devices of JAX's first platform. Raises ValueError, saying what to do, if JAX cannot start.

    It cannot if JAX_PLATFORMS names a platform that is not there, or if a plugin fails, with an error of any kind.
    """
    try:
        return jax.devices()
    except Exception as error:
        config: Any = jax.config
        wanted = config.jax_platforms
        remedy = "unset JAX_PLATFORMS, or set it to cpu" if wanted else "set JAX_PLATFORMS=cpu"
        asked = f" on JAX_PLATFORMS={wanted}" if wanted else ""
        trouble = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(": ")
        raise ValueError(f"JAX cannot start{asked}; {remedy} ({trouble})") from error


def named(name: str | None) -> jax.Device:
    """The device of a name, such as "gpu:1"; the first for None. Raises ValueError if it does not exist."""
    seen = present()
    if name is None:
        return seen[0]
    platform, _, index = name.partition(":")
    try:
        return jax.devices(platform)[int(index or 0)]
    except (RuntimeError, ValueError, IndexError):
        listed = ", ".join(f"{device.platform}:{device.id}" for device in seen)
        raise ValueError(f"there is no device {name!r} here; JAX sees {listed}") from None

"""JAX's persistent compilation cache, in the user's cache folder: a machine compiles each program only once."""

import hashlib
import importlib
import os
import platform
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

# What compiles in less time is compiled again as fast as it is read from the cache.
MIN_COMPILE_SECONDS = 0.1


def enable() -> None:
    """From now on, keep the programs that XLA compiles, and reuse those of earlier runs.

    JAX's own variables JAX_COMPILATION_CACHE_DIR and JAX_ENABLE_COMPILATION_CACHE take precedence.
    Warns if the folder cannot be written to. Raises ImportError if an extra is missing.
    """
    importlib.import_module("deepmix.accelerated")  # where JAX is missing it says what to install
    import jax

    config: Any = jax.config
    if config.jax_compilation_cache_dir is not None or not config.jax_enable_compilation_cache:
        return
    try:
        place = folder()
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            pass
    except (OSError, RuntimeError) as error:
        warnings.warn(f"compiled programs cannot be kept for the next run: {error}", stacklevel=2)
        return
    config.update("jax_compilation_cache_dir", str(place))
    config.update("jax_persistent_cache_min_compile_time_secs", MIN_COMPILE_SECONDS)


def folder() -> Path:
    """The folder of the cache, one per kind of processor: in $XDG_CACHE_HOME, else where the system keeps caches.

    JAX does not tell processors apart, and code for one may crash on another that shares the home folder.
    Raises RuntimeError if the user has no home.
    """
    if given := os.environ.get("XDG_CACHE_HOME"):
        base = Path(given)
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path.home() / ".cache"
    return base / "deepmix" / "jax" / hashlib.sha256(_processor().encode()).hexdigest()[:8]


def _processor() -> str:
    """The features of the processor, as Linux lists them; elsewhere its kind."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    features = next((line for line in lines if line.lower().startswith(("flags", "features"))), "")
    return f"{platform.machine()} {features}"

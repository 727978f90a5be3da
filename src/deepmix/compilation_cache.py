"""JAX's persistent compilation cache in the user's cache folder: what a machine has compiled once is compiled."""

import hashlib
import importlib
import os
import platform
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

# A function that compiles faster is compiled again as fast as it is read.
MIN_COMPILE_SECONDS = 0.1


def enable() -> None:
    """From now on keep what XLA compiles, and take what it compiled in an earlier run.

    What JAX's own variables JAX_COMPILATION_CACHE_DIR and JAX_ENABLE_COMPILATION_CACHE say comes first.
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
        warnings.warn(f"what is compiled cannot be kept for the next run: {error}", stacklevel=2)
        return
    config.update("jax_compilation_cache_dir", str(place))
    config.update("jax_persistent_cache_min_compile_time_secs", MIN_COMPILE_SECONDS)


def folder() -> Path:
    """Where it is kept: $XDG_CACHE_HOME, else what the system has for caches; a folder a kind of processor.

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
    """What the processor can do, as Linux lists it; elsewhere its kind."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    features = next((line for line in lines if line.lower().startswith(("flags", "features"))), "")
    return f"{platform.machine()} {features}"

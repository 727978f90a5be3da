"""The machine, and its limits: the bandwidth of a copy and the rate of matrix products."""

import os
import platform
import time
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from deepmix.files import outputs

from ..peers import torch_or_none
from .setting import Setting, cores
from .timing import Row

# Variables that change how many threads compute, or what the compilers do.
_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "XLA_FLAGS",
    "JAX_COMPILATION_CACHE_DIR",
)


class Limits(NamedTuple):
    """The limits of a machine.

    bandwidth: bytes per second, read and written, of a large copy. rate: operations per second of a product.
    """

    bandwidth: float
    rate: float

    def seconds(self, row: Row) -> float:
        """The least time that a unit of the row's work could take."""
        return max(row.bytes / self.bandwidth, row.operations / self.rate)

    def share(self, row: Row) -> float:
        """The share of the limit that a row reaches: 1 is all of it."""
        return self.seconds(row) / row.median


def describe(setting: Setting) -> dict[str, Any]:
    """The machine, for the record."""
    devices = setting.devices()
    return {
        "processor": _processor(),
        "cores": cores(),
        "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "device": devices[0].device_kind,
        "devices": len(devices),
        "environment": {name: os.environ[name] for name in _VARIABLES if name in os.environ},
    }


def versions() -> dict[str, str]:
    """Versions of the project's parts and of the peers."""
    found = outputs.versions()
    for name in ("jaxlib", "scikit-learn", "scikit-fuzzy", "torch"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def measure(setting: Setting) -> Limits:
    """The best of what JAX, NumPy and PyTorch reach on the setting's device, in its dtype."""
    length, side = (2**24, 1024) if setting.quick else (2**27, 4096)
    x = np.ones(length, setting.dtype)
    copy = min(map(_best, _copies(x, setting)))
    del x
    a = np.ones((side, side), setting.dtype)
    product = min(map(_best, _products(a, setting)))
    return Limits(2 * length * np.dtype(setting.dtype).itemsize / copy, 2 * side**3 / product)


def _copies(x: np.ndarray, setting: Setting) -> Iterator[Callable[[], Any]]:
    on_device = jnp.asarray(x)
    negative = jax.jit(jnp.negative)  # reads and writes as a copy does, and is no alias
    yield lambda: negative(on_device).block_until_ready()
    if setting.platform == "cpu":
        target = np.empty_like(x)
        yield lambda: np.copyto(target, x)
        if torch := torch_or_none():
            source, sink = torch.from_numpy(x), torch.from_numpy(target)
            yield lambda: sink.copy_(source)


def _products(a: np.ndarray, setting: Setting) -> Iterator[Callable[[], Any]]:
    on_device = jnp.asarray(a)
    product = jax.jit(lambda a: jnp.matmul(a, a, precision=jax.lax.Precision.HIGHEST))
    yield lambda: product(on_device).block_until_ready()
    if setting.platform == "cpu":
        yield lambda: a @ a
        if torch := torch_or_none():
            of_torch = torch.from_numpy(a)
            yield lambda: of_torch @ of_torch


def _best(call: Callable[[], Any], repeats: int = 5) -> float:
    call()
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def _processor() -> str:
    """The name of the processor, if Linux tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()

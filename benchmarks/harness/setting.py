"""The options: the backend under test, its device and dtype, and how much is run."""

import importlib
import os
from types import ModuleType
from typing import NamedTuple

import jax

from deepmix.accelerated.execution import devices

REFERENCE = "deepmix.reference"


class Setting(NamedTuple):
    """The options of one run.

    backend: an importable module with the project's functions. device: as JAX names it: cpu, gpu, gpu:1; "" for
    JAX's first. dtype: of the data, hence of every contestant but the reference. quick: small sizes.
    paper: the published sizes, in `training`. data, only: of `quality` and `parts`, the folder of real images and
    a pattern of the methods. full: more images of each kind, in `quality`.
    """

    backend: str = "deepmix.accelerated"
    device: str = ""
    dtype: str = "float32"
    quick: bool = False
    paper: bool = False
    data: str | None = None
    full: bool = False
    only: str = "*"

    @property
    def name(self) -> str:
        """What the tables call the backend."""
        return self.backend.rpartition(".")[2]

    @property
    def tolerance(self) -> float:
        """By how much the results of contestants may differ, relative to their norm.

        scikit-learn adds float32 responsibilities up pixel by pixel, which costs 0.007 at two million.
        """
        return {"float32": 1e-2, "float64": 1e-7}[self.dtype]

    @property
    def repeats(self) -> int:
        """Samples of each contestant."""
        return 3 if self.quick else 5

    def module(self) -> ModuleType:
        """The backend."""
        return importlib.import_module(self.backend)

    def backends(self) -> dict[str, ModuleType]:
        """The backend and the reference, by name."""
        return {self.name: self.module(), "reference": importlib.import_module(REFERENCE)}

    def devices(self) -> list[jax.Device]:
        """The device first, then the others of its kind. Raises ValueError if there is no such device."""
        chosen = devices.named(self.device or None)
        return [chosen, *(device for device in jax.devices(chosen.platform) if device != chosen)]

    @property
    def platform(self) -> str:
        """As JAX names it: cpu, gpu, tpu."""
        return self.devices()[0].platform

    @property
    def torch_device(self) -> str:
        """The same device as PyTorch names it."""
        return f"cuda:{self.devices()[0].local_hardware_id}" if self.platform == "gpu" else self.platform

    def apply(self) -> None:
        """Make JAX compute on the device and in the dtype."""
        jax.config.update("jax_enable_x64", self.dtype == "float64")
        jax.config.update("jax_default_device", self.devices()[0])


def cores() -> int:
    """The processor's cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

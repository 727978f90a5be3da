"""What the export can be told, and what it needs; nothing here takes long to import."""

import importlib.util
from typing import NamedTuple

from deepmix.reference.networks.records import UNetConfig

PLATFORMS = ("cpu", "cuda", "rocm", "tpu")


class Sizes(NamedTuple):
    """Channels M, classes K, pixels a side (H = W, N = H·W), and the size of the network."""

    channels: int = 3
    classes: int = 4
    size: int = 160
    depth: int = UNetConfig().depth
    filters: int = UNetConfig().filters


def check_sizes(sizes: Sizes) -> None:
    """Raise ValueError for sizes that no image or no network has."""
    for name, value in sizes._asdict().items():
        least = 0 if name == "depth" else 1
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}")
    factor = 2 ** max(sizes.depth, 1)  # `networks.layers.max_pool` is exported for networks without poolings too
    if sizes.size % factor:
        raise ValueError(f"size must be a multiple of {factor}, got {sizes.size}")


def check_installed() -> None:
    """Raise ImportError, saying what to install, if what programs are lowered or serialised by is missing."""
    for name in ("jax", "flatbuffers"):
        if importlib.util.find_spec(name) is None:
            raise ImportError(f"deepmix export needs {name}; install it with: pip install 'deepmix[export]'")

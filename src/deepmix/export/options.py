"""The options of the export, and the libraries that it needs; nothing here takes long to import."""

import importlib.util

from deepmix.conformance.examples import Sizes

PLATFORMS = ("cpu", "cuda", "rocm", "tpu")


def check_sizes(sizes: Sizes) -> None:
    """Raise ValueError for sizes that no image or network can have."""
    for name, value in sizes._asdict().items():
        least = 0 if name == "depth" else 1
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}")
    factor = 2 ** max(sizes.depth, 1)  # `networks.layers.max_pool` is exported for networks without poolings too
    if sizes.size % factor:
        raise ValueError(f"size must be a multiple of {factor}, got {sizes.size}")


def check_installed() -> None:
    """Raise ImportError, saying what to install, if a library that lowers or serialises programs is missing."""
    for name in ("jax", "flatbuffers"):
        if importlib.util.find_spec(name) is None:
            raise ImportError(f"deepmix export needs {name}; install it with: pip install 'deepmix[export]'")

"""Turns input into arrays of one dtype, and pads pixels to lengths that compile well."""

import jax
import jax.numpy as jnp
import numpy as np

from deepmix.reference.checks import plain
from deepmix.reference.types import Tree

# Rows of other lengths leave XLA's vectorised, threaded loops and take up to five times as long (N = 65,535
# against 65,536).
ALIGN = 1024
LENGTHS = 16  # lengths between two powers of two: images of about one size share one compiled program


def floating(array: np.ndarray | jax.Array) -> np.ndarray:
    """The array on the host, in the floating dtype of the results: at least float32.

    Sums over pixels would overflow half precision. Raises ValueError for a masked array that hides values.
    """
    array = plain(array)
    wide = np.issubdtype(array.dtype, np.floating) and array.dtype.itemsize >= 4
    return array if wide else array.astype(np.float32)


def inside(mask: np.ndarray | jax.Array) -> jax.Array:
    """Where a mask of any dtype is not 0, as `reference.checks.inside`; JAX itself refuses masked arrays."""
    return jnp.asarray(mask) != 0


def cast(tree: Tree, dtype: jnp.dtype) -> Tree:
    """Copies of a tree's arrays on the device, in one dtype; copies, because loops may reuse their memory."""
    return jax.tree.map(lambda leaf: jnp.array(leaf, dtype, copy=True), tree)


def aligned(array: np.ndarray, fill: float | None = None, parts: int = 1) -> np.ndarray:
    """The array, its last axis padded by `fill` or by its last entry to a shared multiple of ALIGN · parts."""
    return padded(array, (shared(array.shape[-1], ALIGN * parts),), fill)


def shared(length: int, unit: int = 1) -> int:
    """The next shared length: at least this one, at most a sixteenth more, and a multiple of the unit."""
    step = 1 << length.bit_length() >> LENGTHS.bit_length()
    step = max(1, -(-step // unit)) * unit
    return -(-length // step) * step


def padded(array: np.ndarray, lengths: tuple[int, ...], fill: float | None = None) -> np.ndarray:
    """The array, its last axes padded to these lengths by `fill` or by their last entries."""
    missing = [(0, new - old) for new, old in zip(lengths, array.shape[-len(lengths) :], strict=True)]
    if not any(behind for _, behind in missing):
        return array
    widths = [(0, 0)] * (array.ndim - len(lengths)) + missing
    return np.pad(array, widths, mode="edge") if fill is None else np.pad(array, widths, constant_values=fill)

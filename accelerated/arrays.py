"""Input from anywhere to arrays of one dtype."""

import jax
import jax.numpy as jnp
import numpy as np

from deepmix.reference.types import Tree


def floating(array: np.ndarray | jax.Array) -> np.ndarray:
    """The array on the host, in the floating dtype that the results will have."""
    array = np.asarray(array)
    return array if np.issubdtype(array.dtype, np.floating) else array.astype(np.float32)


def cast(tree: Tree, dtype: jnp.dtype) -> Tree:
    """Copies of a tree's arrays on the device, in one dtype; copies, since loops may consume them."""
    return jax.tree.map(lambda leaf: jnp.array(leaf, dtype, copy=True), tree)

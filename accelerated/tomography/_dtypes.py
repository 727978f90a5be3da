"""Data and their geometry in one dtype."""

import jax
import jax.numpy as jnp

from deepmix.reference.tomography.records import ScanGeometry


def in_one_dtype(array: jax.Array, geometry: ScanGeometry) -> tuple[jax.Array, ScanGeometry]:
    """Both in the dtype of the array, in float32 at least."""
    dtype = jnp.promote_types(jnp.result_type(array), jnp.float32)
    return jnp.asarray(array, dtype), jax.tree.map(lambda leaf: jnp.asarray(leaf, dtype), geometry)

"""Lengths whose derivative at 0 is 0, not NaN."""

import jax
import jax.numpy as jnp


def length(array: jax.Array, axis: int | None = None, eps: jax.Array | float = 0.0) -> jax.Array:
    """√(|v|²+ε²) of each entry, or with an axis √(Σ|v|²+ε²) along it."""
    squared = array.real**2 + array.imag**2 if jnp.iscomplexobj(array) else array**2
    squared = (squared if axis is None else squared.sum(axis)) + eps**2
    return jnp.where(squared > 0, jnp.sqrt(jnp.where(squared > 0, squared, 1)), 0)


def modulus(array: jax.Array) -> jax.Array:
    """|v| of each entry, however small or large."""
    there = array != 0
    return jnp.where(there, jnp.abs(jnp.where(there, array, 1)), 0)


def over(array: jax.Array | float, divisor: jax.Array) -> jax.Array:
    """array/divisor, 0 where the divisor is 0."""
    return array * jnp.where(divisor > 0, 1 / jnp.where(divisor > 0, divisor, 1), 0)

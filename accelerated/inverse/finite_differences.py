"""Forward differences and their adjoint [IP6]; see `reference.inverse.finite_differences`."""

import jax
import jax.numpy as jnp


def gradient(image: jax.Array) -> jax.Array:
    """See `reference.inverse.finite_differences.gradient` [IP6]."""
    return jnp.stack([jnp.diff(image, axis=axis, append=_last(image, axis)) for axis in range(image.ndim)])


def adjoint(field: jax.Array) -> jax.Array:
    """See `reference.inverse.finite_differences.adjoint` [IP6]."""
    inner = [jnp.delete(each, -1, axis) for axis, each in enumerate(field)]
    padded = [jnp.pad(each, _both(axis, each.ndim)) for axis, each in enumerate(inner)]
    return -jnp.stack([jnp.diff(each, axis=axis) for axis, each in enumerate(padded)]).sum(axis=0)


def _last(image: jax.Array, axis: int) -> jax.Array:
    return jax.lax.slice_in_dim(image, -1, None, axis=axis)


def _both(axis: int, n_axes: int) -> list[tuple[int, int]]:
    return [(1, 1) if each == axis else (0, 0) for each in range(n_axes)]

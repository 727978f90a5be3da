"""Segmentation losses where the truth is known [TR4] as scalars of (Π, truth, mask); see `reference.losses`."""

import jax
import jax.numpy as jnp


def cross_entropy(proportions: jax.Array, truth: jax.Array, mask: jax.Array) -> jax.Array:
    """See `reference.losses.cross_entropy` [TR4]."""
    tiny = jnp.finfo(proportions.dtype).tiny
    # the derivative at a proportion below it is that at it, as the reference has it
    floored = proportions + jax.lax.stop_gradient(jnp.maximum(proportions, tiny) - proportions)
    return -(_share(truth, mask) * truth * jnp.log(floored)).sum()


def soft_dice(proportions: jax.Array, truth: jax.Array, mask: jax.Array) -> jax.Array:
    """See `reference.losses.soft_dice` [TR4]."""
    share = _share(truth, mask)
    true = (share * truth).sum(axis=(1, 2))
    present = true > 0
    both = (share * proportions * truth).sum(axis=(1, 2))
    either = jnp.where(present, (share * proportions).sum(axis=(1, 2)) + true, 1)
    return (present * (1 - 2 * both / either)).sum() / jnp.maximum(present.sum(), 1)


def _share(truth: jax.Array, mask: jax.Array) -> jax.Array:
    counted = mask * truth.sum(axis=0)
    total = counted.sum()
    return counted / jnp.where(total > 0, total, 1)

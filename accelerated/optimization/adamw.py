"""AdamW [U5], clipping [U6] and the schedule [U7] by Optax; see `reference.optimization.adamw`."""

import jax
import jax.numpy as jnp
import optax

from deepmix.reference.optimization.records import AdamWState
from deepmix.reference.types import Tree


def init(parameters: Tree) -> AdamWState:
    """See `reference.optimization.adamw.init`."""
    zeros = jax.tree.map(jnp.zeros_like, parameters)
    return AdamWState(count=jnp.zeros((), jnp.int32), m=zeros, v=zeros)


def clip(gradient: Tree, max_norm: float = 12.0) -> Tree:
    """See `reference.optimization.adamw.clip` [U6]."""
    clipped, _ = optax.clip_by_global_norm(max_norm).update(gradient, optax.EmptyState())
    return clipped


def update(
    parameters: Tree,
    gradient: Tree,
    state: AdamWState,
    *,
    learning_rate: jax.Array | float = 1e-4,
    weight_decay: float = 1e-3,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[Tree, AdamWState]:
    """See `reference.optimization.adamw.update` [U5]."""
    adam, decay = optax.scale_by_adam(b1, b2, eps), optax.add_decayed_weights(weight_decay)
    direction, moments = adam.update(gradient, optax.ScaleByAdamState(*state))
    direction, _ = decay.update(direction, decay.init(parameters), parameters)
    updates = jax.tree.map(lambda d: -learning_rate * d, direction)
    return optax.apply_updates(parameters, updates), AdamWState(count=moments.count, m=moments.mu, v=moments.nu)

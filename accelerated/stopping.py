"""How a loop on the device ends; see `reference.stopping`."""

import jax
import jax.numpy as jnp

from deepmix.reference.types import Status


def status(value: jax.Array, settled: jax.Array | bool, at_limit: jax.Array | bool) -> jax.Array:
    """See `reference.stopping.status`; the status as an integer."""
    going = jnp.where(at_limit, Status.max_steps, Status.running)
    return jnp.where(jnp.isfinite(value), jnp.where(settled, Status.converged, going), Status.non_finite)

"""The loop of Algorithms 1 and 2 on the device; see `reference.mixtures.em`."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from deepmix.reference.mixtures.records import Mixture
from deepmix.reference.types import Status

# From a mixture: its NLL, the mixture after it and which of its classes are degenerate.
Step = Callable[[Mixture], tuple[jax.Array, Mixture, jax.Array]]


class Loop(NamedTuple):
    """The loop after t M-steps.

    mixture, value, degenerate: of the last finite NLL. following, collapsing: the mixture after it and its
    degenerate classes. history: (max_iter + 1,) every NLL so far, then NaN. status: `Status` as an integer.
    """

    t: jax.Array
    mixture: Mixture
    value: jax.Array
    degenerate: jax.Array
    following: Mixture
    collapsing: jax.Array
    history: jax.Array
    status: jax.Array


def mean_nll(log_likelihood: jax.Array, weights: jax.Array) -> jax.Array:
    """See `reference.mixtures.em.mean_nll` [EM2], [SV1]."""
    return -jnp.vdot(weights, log_likelihood, precision=jax.lax.Precision.HIGHEST) / weights.sum()


def loop(step: Step, start: Mixture, tol: jax.Array, max_iter: int) -> Loop:
    """`reference.mixtures.em.run` with E-step and M-step in one function, on the device to its end."""

    def turn(loop: Loop) -> Loop:
        nll, following, collapsing = step(loop.following)
        t, finite = loop.t + 1, jnp.isfinite(nll)
        status = jnp.where(t >= max_iter, Status.max_steps, Status.running)
        status = jnp.where(loop.value - nll < tol, Status.converged, status)
        status = jnp.where(finite, status, Status.non_finite)
        new = loop.following, nll, loop.collapsing
        old = loop.mixture, loop.value, loop.degenerate
        mixture, value, degenerate = jax.tree.map(partial(jnp.where, finite), new, old)
        return Loop(t, mixture, value, degenerate, following, collapsing, loop.history.at[t].set(nll), status)

    nll, following, collapsing = step(start)
    status = jnp.where(jnp.isfinite(nll), Status.running if max_iter else Status.max_steps, Status.non_finite)
    history = jnp.full(max_iter + 1, jnp.nan, nll.dtype).at[0].set(nll)
    nothing = jnp.zeros_like(collapsing)
    first = Loop(jnp.asarray(0), start, nll, nothing, following, collapsing, history, status)
    return jax.lax.while_loop(lambda loop: loop.status == Status.running, turn, first)

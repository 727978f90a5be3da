"""The loop of Algorithms 1 and 2 on the device; see `reference.mixtures.em`."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeVar

import jax
import jax.numpy as jnp

from deepmix.reference.mixtures.records import Ended
from deepmix.reference.types import Status

from .. import stopping
from ..execution.precision import HIGHEST

State = TypeVar("State", bound=Any)  # a `Mixture`, or a `FieldState`
# From a state: its NLL (or F), the state after one M-step, and which of its classes are degenerate.
Step = Callable[[State], tuple[jax.Array, State, jax.Array]]


class Iteration(NamedTuple):
    """Where EM stands after t M-steps.

    mixture, value, degenerate: of the last finite NLL. following, collapsing: the state after it and its
    degenerate classes. history: (max_iter + 1,) every NLL so far, then NaN. status: `Status` as an integer.
    """

    t: jax.Array
    mixture: Any
    value: jax.Array
    degenerate: jax.Array
    following: Any
    collapsing: jax.Array
    history: jax.Array
    status: jax.Array


def mean_nll(log_likelihood: jax.Array, weights: jax.Array) -> jax.Array:
    """See `reference.mixtures.em.mean_nll` [EM2], [SV1]."""
    return -jnp.vdot(weights, log_likelihood, precision=HIGHEST) / weights.sum()


def run(step: Step[State], start: State, tol: jax.Array | float, max_iter: int) -> Ended:
    """See `reference.mixtures.em.run`; on the device to its end, its history at full length: NaN after the end."""

    def turn(loop: Iteration) -> Iteration:
        nll, following, collapsing = step(loop.following)
        t, finite = loop.t + 1, jnp.isfinite(nll)
        status = stopping.status(nll, loop.value - nll < tol, t >= max_iter)
        new = loop.following, nll, loop.collapsing
        old = loop.mixture, loop.value, loop.degenerate
        mixture, value, degenerate = jax.tree.map(partial(jnp.where, finite), new, old)
        return Iteration(
            t=t,
            mixture=mixture,
            value=value,
            degenerate=degenerate,
            following=following,
            collapsing=collapsing,
            history=loop.history.at[t].set(nll),
            status=status,
        )

    nll, following, collapsing = step(start)
    status = stopping.status(nll, False, max_iter == 0)
    history = jnp.full(max_iter + 1, jnp.nan, nll.dtype).at[0].set(nll)
    nothing = jnp.zeros_like(collapsing)
    first = Iteration(
        t=jnp.asarray(0),
        mixture=start,
        value=nll,
        degenerate=nothing,
        following=following,
        collapsing=collapsing,
        history=history,
        status=status,
    )
    last = jax.lax.while_loop(lambda loop: loop.status == Status.running, turn, first)
    return Ended(
        value=last.value,
        history=last.history,
        status=last.status,
        degenerate=last.degenerate,
        mixture=last.mixture,
    )

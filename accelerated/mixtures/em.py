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
    """The loop after t M-steps.

    state: after these M-steps; when the loop has ended, the final one. degenerate: the classes that collapsed in
    it. value: the NLL of the state before, or of `state` itself when the loop has ended.
    history: (max_iter + 1,) every NLL so far, then NaN. status: `Status` as an integer.
    """

    t: jax.Array
    state: Any
    degenerate: jax.Array
    value: jax.Array
    history: jax.Array
    status: jax.Array


def mean_nll(log_likelihood: jax.Array, weights: jax.Array) -> jax.Array:
    """See `reference.mixtures.em.mean_nll` [EM2], [SV1]."""
    return -jnp.vdot(weights, log_likelihood, precision=HIGHEST) / weights.sum()


def run(step: Step[State], start: State, tol: jax.Array | float, max_iter: int) -> Ended:
    """See `reference.mixtures.em.run`; on the device to its end, its history at full length: NaN after the end.

    Only one state is kept, because arrays along the pixels take most of the memory, and one step is compiled for
    all turns. The state before a non-finite NLL is found by running the same loop again.
    """
    nll, _, collapsed = jax.eval_shape(step, start)
    nothing = jnp.zeros(collapsed.shape, bool)

    def turn(loop: Iteration) -> Iteration:
        nll, following, collapsing = step(loop.state)
        status = stopping.status(nll, loop.value - nll < tol, loop.t >= max_iter)
        going = status == Status.running
        new, old = (following, collapsing), (loop.state, loop.degenerate)
        state, degenerate = jax.tree.map(partial(jnp.where, going), new, old)
        return Iteration(
            t=loop.t + going,
            state=state,
            degenerate=degenerate,
            value=nll,
            history=loop.history.at[loop.t].set(nll),
            status=status,
        )

    first = Iteration(
        t=jnp.asarray(0),
        state=start,
        degenerate=nothing,
        value=jnp.asarray(jnp.inf, nll.dtype),
        history=jnp.full(max_iter + 1, jnp.nan, nll.dtype),
        status=jnp.asarray(Status.running, int),
    )
    last = jax.lax.while_loop(lambda loop: loop.status == Status.running, turn, first)
    failed = (last.status == Status.non_finite) & (last.t > 0)
    n_good = jnp.where(failed, last.t - 1, 0)  # M-steps to the last state whose NLL is finite

    def again(so_far: tuple[jax.Array, State, jax.Array]) -> tuple[jax.Array, State, jax.Array]:
        t, state, _ = so_far
        _, following, collapsing = step(state)
        return t + 1, following, collapsing

    _, *before = jax.lax.while_loop(lambda so_far: so_far[0] < n_good, again, (first.t, start, nothing))
    state, degenerate = jax.tree.map(partial(jnp.where, failed), tuple(before), (last.state, last.degenerate))
    return Ended(
        value=jnp.where(failed, last.history[n_good], last.value),
        history=last.history,
        status=last.status,
        degenerate=degenerate,
        mixture=state,
    )

"""The loop of the solvers on the device; see `reference.inverse.stopping`."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeVar

import jax
import jax.numpy as jnp

from deepmix.reference.inverse.solutions import Ending, Solution
from deepmix.reference.types import Status

from .. import stopping
from .conjugate_gradients import squared_norm

State = TypeVar("State", bound=Any)


class Loop(NamedTuple):
    """The loop after so many steps: its state with the last finite value, all values so far, then NaN."""

    steps: jax.Array
    iterations: jax.Array
    state: Any
    history: jax.Array
    status: jax.Array


def run(
    step: Callable[[State], State],
    start: State,
    settled: Callable[[State, State], jax.Array],
    degenerate: jax.Array,
    max_iter: int,
) -> Solution:
    """See `reference.inverse.stopping.run`; its history at full length."""
    ended = loop(step, start, settled, max_iter)
    return Solution(
        value=ended.state.value,
        history=ended.history,
        status=ended.status,
        degenerate=jnp.asarray(degenerate),
        image=ended.state.image,
        iterations=ended.iterations,
        gap=getattr(ended.state, "gap", jnp.nan * ended.state.value),
    )


def loop(
    step: Callable[[State], State],
    start: State,
    settled: Callable[[State, State], jax.Array],
    max_iter: int,
) -> Ending:
    """See `reference.inverse.stopping.loop`; on the device to its end, its history at full length."""

    def turn(loop: Loop) -> Loop:
        following, steps = step(loop.state), loop.steps + 1
        status = stopping.status(following.value, settled(loop.state, following), steps >= max_iter)
        kept = status != Status.non_finite
        return Loop(
            steps=steps,
            iterations=loop.iterations + kept,
            state=jax.tree.map(partial(jnp.where, kept), following, loop.state),
            history=loop.history.at[steps].set(following.value),
            status=status,
        )

    first = Loop(
        steps=jnp.asarray(0),
        iterations=jnp.asarray(0),
        state=start,
        history=jnp.full(max_iter + 1, jnp.nan, start.value.dtype).at[0].set(start.value),
        status=stopping.status(start.value, False, max_iter < 1),
    )
    last = jax.lax.while_loop(lambda loop: loop.status == Status.running, turn, first)
    return Ending(state=last.state, history=last.history, status=last.status, iterations=last.iterations)


def little_changed(tol: jax.Array | float) -> Callable[[State, State], jax.Array]:
    """See `reference.inverse.stopping.little_changed`."""
    return lambda before, after: (
        jnp.sqrt(squared_norm(after.image - before.image)) <= tol * jnp.sqrt(squared_norm(after.image))
    )

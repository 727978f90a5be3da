"""The loop that the solvers share, and when it ends."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from .. import stopping
from ..types import Status
from .solutions import Ending, Solution

State = TypeVar("State", bound=Any)  # a record with `image` and `value`, and `gap` where the solver has one


def run(
    step: Callable[[State], State],
    start: State,
    settled: Callable[[State, State], bool],
    degenerate: bool,
    max_iter: int,
) -> Solution:
    """`loop`, with its end as a `Solution`. degenerate: what that says of the data."""
    ended = loop(step, start, settled, max_iter)
    return Solution(
        value=ended.state.value,
        history=ended.history,
        status=ended.status,
        degenerate=np.asarray(degenerate),
        image=ended.state.image,
        iterations=ended.iterations,
        gap=getattr(ended.state, "gap", np.nan),
    )


def loop(
    step: Callable[[State], State], start: State, settled: Callable[[State, State], bool], max_iter: int
) -> Ending:
    """Repeat a step until it settles, with at most `max_iter` steps.

    settled: of the states before and after a step. Returns an `Ending`, whose state has the last finite value.
    """
    state, history = start, [float(start.value)]
    iterations, status = 0, stopping.status(start.value, False, max_iter < 1)
    while status == Status.running:
        following = step(state)
        history.append(float(following.value))
        status = stopping.status(following.value, settled(state, following), len(history) > max_iter)
        if status != Status.non_finite:
            state, iterations = following, iterations + 1
    return Ending(state=state, history=np.array(history), status=status, iterations=iterations)


def little_changed(tol: float) -> Callable[[State, State], bool]:
    """Whether ‖x_k − x_{k−1}‖ ≤ tol ‖x_k‖, of the states before and after a step."""
    return lambda before, after: bool(
        np.linalg.norm(after.image - before.image) <= tol * np.linalg.norm(after.image)
    )

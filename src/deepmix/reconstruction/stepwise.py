"""The loop of the iterative methods: a compiled step at a time, so that it can tell how far it has come."""

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from deepmix.progress import OnProgress, Place
from deepmix.reference.inverse import stopping
from deepmix.reference.inverse.records import Solution

State = Any  # a record of the solver, with `image` and `value`


class Stepwise(NamedTuple):
    """A method that goes on in steps. begin: from a start (*image). max_iter: the method's own limit of steps."""

    begin: Callable[[np.ndarray], State]
    step: Callable[[State], State]
    max_iter: int


def run(
    iteration: Stepwise,
    start: np.ndarray,
    *,
    degenerate: bool,
    tol: float,
    max_iter: int | None,
    progress: OnProgress | None,
) -> Solution:
    """What the solver's `reconstruct` returns. progress: called after every step.

    start: (*image). degenerate, tol, max_iter: as for `inverse.stopping`; without max_iter the method's own.
    """
    limit, done = iteration.max_iter if max_iter is None else max_iter, itertools.count(1)

    def step(state: State) -> State:
        following = iteration.step(state)
        if progress is not None:
            values = {"objective": float(following.value)}
            progress(Place(part=0, n_parts=1, step=next(done), n_steps=limit, values=values))
        return following

    return stopping.run(step, iteration.begin(start), stopping.little_changed(tol), degenerate, limit)

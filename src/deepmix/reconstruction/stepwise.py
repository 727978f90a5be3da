"""The loop of the iterative methods: a compiled step at a time, so that it can tell how far it has come."""

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from deepmix.progress import OnProgress, Place
from deepmix.reference.inverse import stopping
from deepmix.reference.inverse.solutions import Ending

State = Any  # a record of the solver, with `image` and `value`


class Stepwise(NamedTuple):
    """A method that goes on in steps.

    begin: from a start (*image). again: from where another strength has led. max_iter: the method's own limit of
    steps. unit: of the objective: the value of a state is a part of it. gap: an upper bound on that value less the
    least one, if the method has one.
    """

    begin: Callable[[np.ndarray], State]
    again: Callable[[State], State]
    step: Callable[[State], State]
    max_iter: int
    unit: float = 1.0
    gap: Callable[[State], Any] | None = None


def run(
    iteration: Stepwise,
    start: State,
    *,
    tol: float,
    max_iter: int | None,
    progress: OnProgress | None,
    part: int = 0,
) -> Ending:
    """Where the method ends, and its history in the unit 1. progress: called after every step.

    start: a state. tol, max_iter: as for `inverse.stopping`; without max_iter the method's own. part: which run it
    is, counted from 0, of several whose number is not known before.
    """
    limit, done = iteration.max_iter if max_iter is None else max_iter, itertools.count(1)

    def step(state: State) -> State:
        following = iteration.step(state)
        if progress is not None:
            values = {"objective": iteration.unit * float(following.value)}
            progress(Place(part=part, n_parts=part + 1, step=next(done), n_steps=limit, values=values))
        return following

    ended = stopping.loop(step, start, stopping.little_changed(tol), limit)
    return ended._replace(history=iteration.unit * np.asarray(ended.history, float))

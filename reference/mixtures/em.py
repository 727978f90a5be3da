"""The loop that Algorithms 1 and 2 and the Markov field share [EM], [SV], [SV4]."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from .. import stopping
from ..types import Status
from .records import Ended

State = TypeVar("State", bound=Any)  # a `Mixture`, or a `FieldState`
# From a state: its NLL (or F), the state after one M-step, and which of its classes are degenerate.
Step = Callable[[State], tuple[float, State, np.ndarray]]


def run(step: Step[State], start: State, tol: float, max_iter: int) -> Ended:
    """Repeat E-step and M-step until the value falls by less than `tol`, with at most `max_iter` M-steps.

    step: from a state to its value (the NLL of [EM2] or [SV1], or F of [SV4]), the next state and which classes
    are degenerate. tol: in the unit of the value. Returns an `Ended`, whose state has the last finite value.
    """
    following, collapsing = start, np.array(False)
    history: list[float] = []
    status = Status.running
    while status == Status.running:
        state, degenerate = following, collapsing
        value, following, collapsing = step(state)
        history.append(value)
        settled = len(history) > 1 and history[-2] - history[-1] < tol
        status = stopping.status(value, settled, len(history) > max_iter)
        if status != Status.non_finite or len(history) == 1:
            kept = value, degenerate, state
    value, degenerate, state = kept
    degenerate = np.broadcast_to(degenerate, collapsing.shape)  # none before the first M-step
    return Ended(value=value, history=np.array(history), status=status, degenerate=degenerate, mixture=state)


def mean_nll(log_likelihood: np.ndarray, weights: np.ndarray) -> float:
    """−(1/Σw) Σ_n w_n log p(x_n) [EM2], [SV1], from the log-likelihoods (N,) and the weights (N,)."""
    return -(weights @ log_likelihood) / weights.sum()

"""What all subjects share: arrays, trees, and how a loop ended."""

from enum import IntEnum
from typing import Any

# Either backend's array (`numpy.ndarray` or `jax.Array`): the records serve both.
Array = Any
# A nested dict of arrays: the network's parameters, and what is shaped like them.
Tree = Any


class Status(IntEnum):
    """How a fit ended."""

    running = 0
    converged = 1
    max_steps = 2
    non_finite = 3

    @property
    def message(self) -> str:
        """One line for people: what happened and what to do."""
        return {
            Status.running: "The fit has not ended.",
            Status.converged: "The NLL changed by less than tol.",
            Status.max_steps: "The step limit was reached before the NLL settled; raise the limit or tol.",
            Status.non_finite: (
                "The NLL became infinite or NaN; the last finite parameters are returned. "
                "Check the scale of the channels, lower the learning rate or use float64."
            ),
        }[self]

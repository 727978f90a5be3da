"""What all subjects share: arrays, trees, progress, and how a loop ended."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, TypeVar

# Either backend's array (`numpy.ndarray` or `jax.Array`): the records serve both.
Array = Any
# A nested dict of arrays: the network's parameters, and what is shaped like them.
Tree = Any
# Called while a fit runs, with the number of the step or pass and the value there: NLL, F, or an epoch's mean.
Progress = Callable[[int, float], None]
Done = Callable[[int], None]  # takes how many of several parts are done
Record = TypeVar("Record", bound=type)
# Records of which an argument may be any, such as the operators: by name, which goes with them into files.
KINDS: dict[str, Any] = {}


def kind(record: Record) -> Record:
    """Note a record as one of several kinds that an argument may be. Returns it."""
    KINDS[record.__name__] = record
    return record


def known(table: dict[type, Any], record: Any, what: str) -> Any:
    """The row of a record's kind in a table of what each kind does. what: "operator", for the message.

    Raises LookupError for a kind that has no row.
    """
    if type(record) not in table:
        name = type(record).__name__
        raise LookupError(f"{name} is no {what}, or the module that says what it does is not imported yet")
    return table[type(record)]


class Status(IntEnum):
    """How a fit ended."""

    running = 0
    converged = 1
    max_steps = 2
    non_finite = 3

    def message(self, value: str, settles: str = "") -> str:
        """One line for people: what happened and what to do.

        value: what the history holds and the fit lowers, such as "NLL". settles: what the stopping rule watches
        until it no longer changes, if that is not the value.
        """
        watched = settles or value
        settled = f"{settles} changed by less than tol" if settles else f"{value} no longer fell by tol or more"
        return {
            Status.running: "The fit has not ended.",
            Status.converged: f"The {settled}.",
            Status.max_steps: f"The step limit was reached before the {watched} settled; raise the limit or tol.",
            Status.non_finite: (
                f"The {value} became infinite or NaN; the last finite parameters are returned. Check the scale of "
                "the channels, lower the learning rate of a network, or use float64."
            ),
        }[self]

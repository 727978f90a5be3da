"""How a loop ends; each algorithm has its own rule for whether the loop has settled."""

import numpy as np

from .types import Status


def status(value: float, settled: bool, at_limit: bool) -> Status:
    """The status of a loop: a value that is not finite ends it first, then the stopping rule, then the limit.

    value: the last of the history. settled: by the algorithm's own rule. at_limit: no further step is allowed.
    Returns a `Status`.
    """
    if not np.isfinite(value):
        return Status.non_finite
    if settled:
        return Status.converged
    return Status.max_steps if at_limit else Status.running

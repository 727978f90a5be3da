"""How a loop ends; the rule that says whether it has settled is each algorithm's own."""

import numpy as np

from .types import Status


def status(value: float, settled: bool, at_limit: bool) -> Status:
    """Whether a loop goes on: what is not finite ends it first, then what has settled, then the limit.

    value: the last of the history. settled: by the algorithm's own rule. at_limit: no further step is allowed.
    """
    if not np.isfinite(value):
        return Status.non_finite
    if settled:
        return Status.converged
    return Status.max_steps if at_limit else Status.running

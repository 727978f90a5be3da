"""How the benchmarks compare and time."""

import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np


class Row(NamedTuple):
    """One line of the table: seconds of the first call (compilation included), and a unit of later ones."""

    task: str
    who: str
    first: float
    samples: list[float]

    @property
    def median(self) -> float:
        """Seconds a unit of work."""
        return statistics.median(self.samples)


def compare(
    task: str, calls: dict[str, Callable[[], Any]], tolerance: float, repeats: int, per: int = 1
) -> list[Row]:
    """Call each once and check that all results match; only then time them, by turns.

    tolerance: on the results, relative to their largest entry. per: units of work in a call.
    Raises AssertionError if the results do not match.
    """
    firsts, results = {}, {}
    for who, call in calls.items():
        firsts[who], results[who] = _timed(call)
    expected = np.asarray(next(iter(results.values())))
    for who, actual in results.items():
        worst = np.abs(np.asarray(actual) - expected).max() / np.abs(expected).max()
        if not worst <= tolerance:
            raise AssertionError(f"{task}: {who} differs from {next(iter(results))} by {worst:.1e}")
    samples: dict[str, list[float]] = {who: [] for who in calls}
    for _ in range(repeats):
        for who, call in calls.items():
            samples[who].append(_timed(call)[0] / per)
    return [Row(task, who, firsts[who], samples[who]) for who in calls]


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    result = jax.block_until_ready(call())
    return time.perf_counter() - began, result

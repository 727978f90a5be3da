"""Compares the results of contestants, and times them."""

import math
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np

from .setting import Setting
from .work import Work

# OpenBLAS' threads wait busily for some 2²⁶ ticks after a call, and would take a core from the next contestant.
_REST = 0.2  # s
_TRIES = 3
# The time a loop must take, so that the checks and copies around it, which vary by milliseconds, do not count.
SPAN = 0.2  # s


class Row(NamedTuple):
    """One line of the table.

    first: seconds of the first call, compilation included. samples: seconds of a unit of work, in later calls.
    A contestant that cannot run has neither, and a note. bytes, operations: the fewest that the unit needs.
    size: number of pixels, if a curve is drawn over it.
    """

    task: str
    who: str
    first: float | None
    samples: list[float]
    bytes: int
    operations: int
    note: str = ""
    size: int | None = None

    @property
    def median(self) -> float:
        """Seconds per unit of work."""
        return statistics.median(self.samples) if self.samples else float("nan")


def compare(
    task: str,
    calls: dict[str, Callable[[], Any]],
    setting: Setting,
    *,
    compared: Callable[[Any], Any],
    work: Callable[[Any], Work],
) -> list[Row]:
    """Call each once and check that all results match; only then time them, in turn.

    compared, work: the arrays of a result that must match, and the work that it took.
    Raises AssertionError if the results do not match.
    """
    firsts, results = _first_calls(task, calls)
    check(task, {who: compared(result) for who, result in results.items()}, setting.tolerance)
    least = work(next(iter(results.values())))
    samples = _by_turns(task, {who: partial(seconds_of, call) for who, call in calls.items()}, setting.repeats)
    return [Row(task, who, firsts[who], samples[who], *least) for who in calls]


def compare_loops(
    task: str,
    loops: dict[str, Callable[[int], Any]],
    work: Work,
    turns: int,
    setting: Setting,
    size: int | None = None,
    beside: dict[str, Callable[[int], Any]] | None = None,
) -> list[Row]:
    """Compare loops of any number of turns as `compare` does, by the seconds of a turn. work: of a turn.

    turns: of the first call, whose results must match. A sample is `seconds_of_a_turn` of as many turns as
    `enough_turns` finds for the contestant. beside: loops that do something else, for the ratio of the times.
    """
    firsts, results = _first_calls(task, {who: partial(loop, turns) for who, loop in loops.items()})
    check(task, results, setting.tolerance)
    if beside:
        others, _ = _first_calls(task, {who: partial(loop, turns) for who, loop in beside.items()})
        firsts, loops = firsts | others, loops | beside
    span = SPAN / 10 if setting.quick else SPAN
    samplers = {}
    for who, loop in loops.items():
        say(f"{task}: how many turns {who} needs")
        samplers[who] = partial(seconds_of_a_turn, loop, enough_turns(loop, span))
    samples = _by_turns(task, samplers, setting.repeats)
    return [Row(task, who, firsts[who], samples[who], *work, size=size) for who in loops]


def enough_turns(loop: Callable[[int], Any], span: float) -> int:
    """The number of turns that takes at least `span`, in seconds, in both of two samples."""
    turns = 1
    while True:
        loop(2 * turns)  # the length of a loop may be compiled in
        spent = turns * min(seconds_of_a_turn(loop, turns) for _ in range(2))
        if spent >= span:
            return turns
        turns *= min(8, math.ceil(span / spent)) if spent > 0 else 4


def seconds_of_a_turn(loop: Callable[[int], Any], turns: int) -> float:
    """(seconds of 2n turns − seconds of n turns) / n: the time outside the loop cancels.

    That is checks, conversions, a last E-step. A call before them warms up threads and caches, whose cost would
    otherwise be subtracted. Of both the shortest of some tries counts: a machine that is shared may be half as
    fast for a second, and the difference of two such times is anything.
    """
    loop(turns)
    tries = [[seconds_of(partial(loop, n)) for n in (turns, 2 * turns)] for _ in range(_TRIES)]
    short, long = map(min, zip(*tries, strict=True))
    return (long - short) / turns


def seconds_of(call: Callable[[], Any]) -> float:
    """Seconds until the result of a call is there."""
    began = time.perf_counter()
    jax.block_until_ready(call())
    return time.perf_counter() - began


def check(task: str, results: dict[str, Any], tolerance: float) -> None:
    """Raise AssertionError unless every array of every result matches the first one's.

    tolerance: on the norm of the difference, relative to that of the array. Single entries may differ more,
    because AdamW makes a step of full length even if the gradient is mere rounding.
    """
    (first, expected), *others = results.items()
    for who, actual in others:
        for a, e in zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True):
            a, e = np.asarray(a, float), np.asarray(e, float)
            off = np.linalg.norm(a - e) / np.linalg.norm(e) if a.shape == e.shape else np.inf
            if not off <= tolerance:
                raise AssertionError(f"{task}: {who} differs from {first} by {off:.1e}")


def say(what: str) -> None:
    """Tell the user what a benchmark is doing."""
    print(f"{what} …", file=sys.stderr, flush=True)


def _first_calls(task: str, calls: dict[str, Callable[[], Any]]) -> tuple[dict[str, float], dict[str, Any]]:
    results: dict[str, Any] = {}

    def keep(who: str) -> Any:
        say(f"{task}: first call of {who}")
        results[who] = calls[who]()
        return results[who]

    return {who: seconds_of(partial(keep, who)) for who in calls}, results


def _by_turns(task: str, samplers: dict[str, Callable[[], float]], repeats: int) -> dict[str, list[float]]:
    """Samples in turn, so that whatever slows down the machine for a while slows down all contestants."""

    def rested(sample: Callable[[], float]) -> float:
        time.sleep(_REST)
        return sample()

    rounds = []
    for number in range(repeats):
        say(f"{task}: sample {number + 1} of {repeats}")
        rounds.append({who: rested(sample) for who, sample in samplers.items()})
    return {who: [each[who] for each in rounds] for who in samplers}

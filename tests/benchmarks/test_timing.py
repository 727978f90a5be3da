"""Nothing is timed before all results match; a turn of a loop costs what it adds."""

import numpy as np
import pytest

from benchmarks.harness import timing
from benchmarks.harness.setting import Setting
from benchmarks.harness.work import Work

QUICK, WORK = Setting(quick=True), Work(bytes=8, operations=2)


@pytest.fixture
def clock(monkeypatch):
    """A clock that only its user moves."""
    now = [0.0]
    monkeypatch.setattr(timing.time, "perf_counter", lambda: now[0])
    return now


class Contestant:
    """A loop that costs 7 seconds and 2 more a turn, 100 once at the first call; counts its calls."""

    def __init__(self, clock, result):
        self.clock, self.result, self.calls = clock, result, 0

    def __call__(self, turns=0):
        self.calls += 1
        self.clock[0] += 7 + 2 * turns + (100 if self.calls == 1 else 0)
        return {"means": np.array([1.0, 100.0]), "nll": np.float32(self.result)}


@pytest.mark.parametrize("wrong", [1.02, np.nan])
def test_differing_results_are_refused_before_anything_is_timed(clock, wrong):
    contestants = {"first": Contestant(clock, 1.0), "second": Contestant(clock, wrong)}
    with pytest.raises(AssertionError, match=r"task: second differs from first by (2\.0e-02|nan)"):
        timing.compare_loops("task", contestants, WORK, 5, QUICK)
    assert [each.calls for each in contestants.values()] == [1, 1]
    with pytest.raises(AssertionError, match="task: second differs"):
        timing.compare("task", contestants, QUICK, compared=lambda result: result, work=lambda result: WORK)
    assert [each.calls for each in contestants.values()] == [2, 2]


@pytest.mark.parametrize("second", [[1.0], [1.0, 2.0, 3.0]])
def test_a_part_does_not_match_the_whole(second):
    with pytest.raises((AssertionError, ValueError)):
        timing.check("task", {"first": [1.0, 2.0], "second": second}, 1e-3)
    with pytest.raises(AssertionError, match="task: second differs from first"):
        timing.check("task", {"first": np.ones((2, 1)), "second": np.ones(len(second))}, 1e-3)


def test_tolerance_is_relative_to_the_length_of_each_array():
    timing.check("task", {"first": np.array([1000.0, 0.0]), "second": np.array([1000.0, 0.9])}, 1e-3)
    with pytest.raises(AssertionError, match=r"second differs from first by 1\.1e-03"):
        timing.check("task", {"first": np.array([1000.0, 0.0]), "second": np.array([1000.0, 1.1])}, 1e-3)


def test_the_first_call_stands_apart_and_a_turn_costs_what_it_adds(clock):
    contestants = {"first": Contestant(clock, 1.0), "second": Contestant(clock, 1.0005)}
    rows = timing.compare_loops("task", contestants, WORK, 5, QUICK, size=9)
    assert [row.who for row in rows] == ["first", "second"]
    for row in rows:
        assert (row.first, row.samples, row.median) == (117.0, [2.0] * 3, 2.0)
        assert (row.task, row.bytes, row.operations, row.size) == ("task", 8, 2, 9)


@pytest.mark.parametrize("span", [0.001, 1.0, 50.0, 1e4])
def test_turns_are_as_many_as_take_the_span_and_not_many_more(clock, span):
    turns = timing.enough_turns(Contestant(clock, 1.0), span)
    assert 2 * turns >= span
    assert turns == 1 or 2 * turns < 2 * span


def test_turns_too_short_to_be_measured_become_more(clock):
    """As if what stands around a loop were longer in one call or the other."""
    noise = iter([0.0, 0.0, 5.0, 0.0, 0.0, 0.0, 5.0])

    def loop(turns):
        clock[0] += 1e-3 * turns + next(noise, 0.0)

    assert 1e-3 * timing.enough_turns(loop, 1.0) >= 1.0


def test_whole_calls_are_timed_by_turns(clock):
    order = []

    def call(who, seconds):
        order.append(who)
        clock[0] += seconds
        return [1.0, 2.0]

    calls = {"slow": lambda: call("slow", 3.0), "fast": lambda: call("fast", 1.0)}
    rows = timing.compare("task", calls, QUICK, compared=sum, work=lambda result: WORK.times(len(result)))
    assert order == ["slow", "fast"] * 4
    assert [(row.first, row.samples) for row in rows] == [(3.0, [3.0] * 3), (1.0, [1.0] * 3)]
    assert {(row.bytes, row.operations) for row in rows} == {(16, 4)}

"""How long the quick tests may take: a minute a subject; a run whose subject takes longer fails.

What counts is the time of the processors, which another program on the machine changes less than the clock's; and
how fast the processors are, the run itself says.
"""

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from statistics import median

import pytest

DEFAULT = 60.0  # seconds, for a subject or a room of its own
NOISE = 1.7  # so much longer may it take in another run

# Those that have grown beyond it: what they take, and no more.
SHARES = {
    "app/cli": 65.0,
    "app/estimators": 140.0,
    "app/reconstruction": 75.0,
    "app/segmentation": 125.0,
    "app/training": 70.0,
    "conformance": 90.0,
    "deep_mixtures": 180.0,
    "mixtures": 320.0,
}


def subject(nodeid: str) -> str:
    """What a test counts for: "mixtures" below laws, agreement, oracles, and of the fits; "app/cli"; "ports"."""
    _, *folders, _ = PurePosixPath(nodeid.partition("::")[0]).parts
    if folders == ["fits"] and (algorithm := re.search(r"\[(?:.*-)?([a-z_]+)\.[a-z]", nodeid)):
        return algorithm[1]
    return folders[1] if len(folders) > 1 and folders[0] != "app" else "/".join(folders)


def slowness(spent: Mapping[str, float]) -> float:
    """How many times as slow as the shares say this machine is: the median of the subjects in `SHARES`.

    1 if it is faster, or if one of them has not run.
    """
    if not spent.keys() >= SHARES.keys():
        return 1.0
    return max(1.0, median(spent[name] / share for name, share in SHARES.items()))


def exceeded(spent: Mapping[str, float]) -> list[str]:
    """A line for each subject whose tests took longer than its share, slowness and noise allowed for."""
    allowed = NOISE * slowness(spent)
    return [
        f"the tests of {name} took {seconds:.0f} s, {allowed:.1f} times their share of {share:.0f} s or more: "
        "make them faster, mark slow proofs `thorough`, or raise the share in tests/budget.py"
        for name, seconds in sorted(spent.items())
        if seconds > allowed * (share := SHARES.get(name, DEFAULT))
    ]


def processor_time() -> float:
    """Seconds that this process and those that it waited for have computed."""
    return sum(os.times()[:4])


class Meter:
    """Notes in each report what setting up, calling or tearing down a test took, its own processes included."""

    def __init__(self, clock: Callable[[], float] = processor_time) -> None:
        self.clock, self.before = clock, clock()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Iterator[None]:
        report = yield
        now = self.clock()
        report.user_properties = [("processor_time", now - self.before)]
        self.before = now
        return report


class Watch:
    """Adds up what the tests of a session took, in the process that reports."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.spent[subject(report.nodeid)] += dict(report.user_properties)["processor_time"]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if exceeded(self.spent) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for line in exceeded(self.spent):
            terminalreporter.write_line(line, red=True)
        if terminalreporter.verbosity > 0 or terminalreporter.config.getoption("durations") is not None:
            for name, seconds in sorted(self.spent.items(), key=lambda pair: -pair[1]):
                terminalreporter.write_line(f"{seconds:7.1f} s {name}")

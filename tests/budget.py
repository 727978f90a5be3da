"""How long the quick tests may take: a minute a subject; a run whose subject takes far longer fails."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import PurePosixPath

import pytest

DEFAULT = 60.0  # seconds, for a subject or a room of its own
NOISE = 2.5  # so much slower may a busy machine be

# Those that have grown beyond it: what they take on two cores, and no more.
SHARES = {
    "app/estimators": 80.0,
    "app/segmentation": 110.0,
    "app/training": 75.0,
    "deep_mixtures": 150.0,
    "fits": 200.0,
    "mixtures": 170.0,
}


def subject(nodeid: str) -> str:
    """What a test counts for: "mixtures" below laws, agreement and oracles alike; "app/cli"; "ports"."""
    _, *folders, _ = PurePosixPath(nodeid.partition("::")[0]).parts
    return folders[1] if len(folders) > 1 and folders[0] != "app" else "/".join(folders)


def exceeded(spent: Mapping[str, float]) -> list[str]:
    """A line for each subject whose tests took longer than its share, noise allowed for."""
    return [
        f"the tests of {name} took {seconds:.0f} s, {NOISE} times their share of {share:.0f} s or more: "
        "make them faster, mark slow proofs `thorough`, or raise the share in tests/budget.py"
        for name, seconds in sorted(spent.items())
        if seconds > NOISE * (share := SHARES.get(name, DEFAULT))
    ]


class Watch:
    """Adds up what the tests of a session take, in the process that reports."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.spent[subject(report.nodeid)] += report.duration

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if exceeded(self.spent) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for line in exceeded(self.spent):
            terminalreporter.write_line(line, red=True)
        if terminalreporter.verbosity > 0 or terminalreporter.config.getoption("durations") is not None:
            for name, seconds in sorted(self.spent.items(), key=lambda pair: -pair[1]):
                terminalreporter.write_line(f"{seconds:7.1f} s {name}")

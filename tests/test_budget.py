"""The watch over the tests' time."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from tests import budget


@pytest.mark.parametrize(
    ("nodeid", "expected"),
    [
        ("tests/laws/mixtures/test_em.py::test_x[a/b::c]", "mixtures"),
        ("tests/agreement/mixtures/test_em.py::test_x", "mixtures"),
        ("tests/app/cli/test_cli.py::test_x", "app/cli"),
        ("tests/app/test_readme.py::test_x", "app"),
        ("tests/ports/test_wrong_ports.py::test_x", "ports"),
        ("tests/fits/test_laws.py::test_x[mixtures.gmm-diag]", "mixtures"),
        ("tests/fits/test_laws.py::test_x[float32-deep_mixtures.one_image-nll_v]", "deep_mixtures"),
        ("tests/fits/test_laws.py::test_x[1.5-mixtures.hmrf-full]", "mixtures"),
        ("tests/fits/test_laws.py::test_every_algorithm_has_a_row", "fits"),
        ("tests/test_budget.py::test_x", ""),
    ],
)
def test_a_test_counts_for_its_subject(nodeid, expected):
    assert budget.subject(nodeid) == expected


def test_what_a_test_computes_is_measured_with_its_processes():
    before = budget.processor_time()
    subprocess.run([sys.executable, "-c", "sum(range(10**7))"], check=True)
    assert budget.processor_time() > before + 0.05


def test_a_report_holds_what_its_phase_took():
    meter = budget.Meter(iter([10.0, 12.5, 13.0]).__next__)
    for seconds in (2.5, 0.5):
        wrapper, report = meter.pytest_runtest_makereport(), SimpleNamespace()
        next(wrapper)
        with pytest.raises(StopIteration) as ended:
            wrapper.send(report)
        assert ended.value.value is report
        assert report.user_properties == [("processor_time", seconds)]


def test_a_newcomer_has_a_minute_and_what_noise_adds(monkeypatch):
    monkeypatch.setattr(budget, "SHARES", {"networks": 20.0, "inverse": 20.0})  # which has not run
    least = budget.NOISE * budget.DEFAULT
    assert budget.exceeded({"registration": least, "networks": budget.NOISE * 20}) == []
    (line,) = budget.exceeded({"registration": least + 1, "networks": 1})
    assert line.startswith("the tests of registration took")
    (line,) = budget.exceeded({"registration": 1, "networks": budget.NOISE * 20 + 1})
    assert "their share of 20 s" in line


def test_on_a_slow_machine_everything_may_take_longer_but_not_one_alone(monkeypatch):
    monkeypatch.setattr(budget, "SHARES", {"networks": 20.0, "inverse": 100.0, "mixtures": 300.0})
    slow = {name: 3 * share for name, share in budget.SHARES.items()}
    assert budget.exceeded(slow) == []
    (line,) = budget.exceeded(slow | {"networks": 3 * budget.NOISE * 20 + 1})
    assert line.startswith("the tests of networks took")
    (line,) = budget.exceeded({"mixtures": 3 * 300.0})  # alone it says nothing of the machine
    assert line.startswith("the tests of mixtures took")
    assert budget.slowness({name: share / 2 for name, share in budget.SHARES.items()}) == 1


@pytest.mark.parametrize(("seconds", "status"), [(1.0, pytest.ExitCode.OK), (1e4, pytest.ExitCode.TESTS_FAILED)])
def test_a_session_over_its_budget_fails(seconds, status):
    watch, session = budget.Watch(), SimpleNamespace(exitstatus=pytest.ExitCode.OK)
    for part in (0.25, 0.75):  # setup and call
        report = SimpleNamespace(
            nodeid="tests/laws/registration/test_affine.py::test_x",
            user_properties=[("processor_time", part * seconds)],
        )
        watch.pytest_runtest_logreport(report)
    watch.pytest_sessionfinish(session)
    assert session.exitstatus == status

"""The table and the files hold every row; a file is whole or not there."""

import io
import json

import pytest
from rich.console import Console

from benchmarks import __main__ as command
from benchmarks.harness import machine, report
from benchmarks.harness.machine import Limits
from benchmarks.harness.setting import Setting
from benchmarks.harness.timing import Row

LIMITS = Limits(bandwidth=1e10, rate=1e11)
ROWS = [
    Row("EM, N = 1,000", "accelerated", 1.5, [2e-6, 4e-6, 3e-6], 12_000, 100_000, size=1_000),
    Row("EM, N = 1,000", "scikit-learn", 0.01, [6e-5, 5e-5, 7e-5], 12_000, 100_000, size=1_000),
    Row("EM, N = 2,000", "accelerated", 1.5, [8e-6], 24_000, 200_000, "0.25 GB at most", size=2_000),
    Row("EM, N = 2,000", "compiled", None, [], 24_000, 200_000, "no deepmix[bench]"),
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The results folder; the command has one benchmark, that took no time; JAX's settings stay."""
    monkeypatch.setattr(report, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(command, "BENCHMARKS", {"em": lambda setting: ROWS})
    monkeypatch.setattr(machine, "measure", lambda setting: LIMITS)
    monkeypatch.setattr(Setting, "apply", lambda setting: None)
    return tmp_path / "results"


def test_the_table_holds_every_row_and_the_limits():
    console = Console(width=200, file=io.StringIO())
    console.print(report.table("em", ROWS, LIMITS, Setting()))
    text = console.file.getvalue()
    lines = [line.replace("│", " ").split() for line in text.splitlines()]
    assert ["accelerated", "1.5", "s", "3", "µs", "1×", "1.2", "µs", "40.0%"] in lines
    assert ["scikit-learn", "10", "ms", "60", "µs", "20×", "1.2", "µs", "2.0%"] in lines
    assert ["accelerated:", "0.25", "GB", "at", "most", "1.5", "s", "8", "µs", "1×", "2.4", "µs", "30.0%"] in lines
    assert ["compiled:", "no", "deepmix[bench]"] in lines
    assert "all results match; ratio to accelerated" in text
    assert "10 GB/s" in text
    assert "100 GFLOP/s" in text


def test_the_record_holds_every_sample_the_machine_and_the_versions(folder, capsys):
    command.main(["em"])
    (path,) = folder.glob("mixtures/em-accelerated-float32-*.json")
    found = json.loads(path.read_text(encoding="utf-8"))
    assert [{name: row[name] for name in Row._fields} for row in found["rows"]] == [row._asdict() for row in ROWS]
    assert (found["rows"][0]["median"], found["limits"]) == (3e-6, LIMITS._asdict())
    assert found["rows"][0]["share"] == pytest.approx(0.4)
    assert found["machine"]["cores"] >= 1
    assert found["machine"]["processor"]
    assert {"python", "numpy", "jax", "scikit-learn"} <= set(found["versions"])
    assert found["setting"] == Setting()._asdict()
    assert path.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    assert len(list(path.parent.iterdir())) == 2


def test_quick_writes_nothing(folder, capsys):
    command.main(["all", "--quick"])
    assert "all results match" in capsys.readouterr().out
    assert not folder.exists()


def test_a_file_is_whole_or_not_there(tmp_path, monkeypatch):
    report.write(tmp_path / "new" / "a.json", "{}")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.json"]
    monkeypatch.setattr(report.os, "replace", lambda *paths: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        report.write(tmp_path / "new" / "b.png", b"")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.json"]


@pytest.mark.parametrize("arguments", [["emm"], ["--dtype", "float16"]])
def test_what_does_not_exist_is_refused(folder, capsys, arguments):
    with pytest.raises(SystemExit):
        command.main(arguments)
    assert "choose from" in (error := capsys.readouterr().err) or "there are em" in error


@pytest.mark.parametrize(
    ("value", "text"), [(12.3456, "12.3 s"), (0.5, "500 ms"), (2e-3, "2 ms"), (3.21e-5, "32.1 µs"), (4e-9, "4 ns")]
)
def test_seconds_in_the_unit_that_fits(value, text):
    assert report.seconds(value) == text


def test_a_backend_that_lacks_a_function_is_left_out_of_what_needs_it(folder, monkeypatch, capsys):
    def needs_more(setting):
        raise AttributeError("module has no attribute 'fit_batch'")

    def enough(setting):
        return [row._replace(who=setting.name) if row.who == "accelerated" else row for row in ROWS]

    monkeypatch.setattr(command, "BENCHMARKS", {"batch": needs_more, "em": enough})
    command.main(["--backend", "deepmix.reference", "--quick"])
    printed = capsys.readouterr().out
    assert (
        "batch is left out, as it needs more of deepmix.reference: module has no attribute 'fit_batch'" in printed
    )
    assert "EM, N = 1,000" in printed
    with pytest.raises(AttributeError):
        command.main(["--quick"])

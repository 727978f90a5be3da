"""Programs that people use, as ports: each differs where its file says why, and so says docs/known-ports.md."""

import sys

import pytest

from deepmix.conformance import results
from tests import known_ports
from tests.known_ports import COMMAND, PAGE, PORTS

every_port = pytest.mark.parametrize("name", PORTS)


@pytest.mark.oracles
@every_port
def test_a_port_differs_nowhere_but_where_its_file_says_why(name):
    pytest.importorskip(name, reason="needs the extra `oracles`")
    found = known_ports.results(name)
    assert [each for each in found if each.outcome in results.BAD] == []
    assert sum(each.outcome == "pass" for each in found) > 20


@every_port
def test_every_expected_failure_says_what_it_is_and_why(name):
    patterns = [each.pattern for each in known_ports.expected(name)]
    assert patterns == results.read_patterns(known_ports.xfail(name))
    assert len(set(patterns)) == len(patterns) > 0


@pytest.mark.parametrize(
    "line", ["mixtures.gmm.fit/no_step", "mixtures.gmm.fit/no_step  # it fails", "mixtures.gmm.fit  # fault:"]
)
def test_a_line_without_a_reason_is_refused(line, tmp_path, monkeypatch):
    path = tmp_path / "some.xfail"
    path.write_text(line + "\n", encoding="utf-8")
    monkeypatch.setattr(known_ports, "xfail", lambda name: path)
    with pytest.raises(ValueError, match=rf"some\.xfail has a line that says no convention or fault: {line}"):
        known_ports.expected("some")


@pytest.mark.oracles
def test_the_page_is_current():
    for name in PORTS:
        pytest.importorskip(name, reason="needs the extra `oracles`")
    page = PAGE.read_text(encoding="utf-8")
    assert known_ports.written(page) == page, f"docs/{PAGE.name} is stale; run: {COMMAND}"


def test_the_page_has_a_column_for_every_port_and_every_reason():
    page = PAGE.read_text(encoding="utf-8")
    assert f"| function | {' | '.join(PORTS.values())} |" in page
    reasons = {
        (title, each.kind, each.why) for name, title in PORTS.items() for each in known_ports.expected(name)
    }
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines()]
    assert reasons <= {(row[0], row[3], row[4]) for row in rows if len(row) == 5}


def test_a_page_without_a_place_for_the_tables_is_refused():
    with pytest.raises(LookupError, match=r"known-ports\.md needs the lines <!-- passes --> and <!-- /passes -->"):
        known_ports.written("# Programs")


def test_the_command_writes_the_tables_and_says_that_they_are_stale(tmp_path, monkeypatch, capsys):
    page = tmp_path / PAGE.name
    page.write_text("before\n<!-- one -->\n<!-- /one -->\nafter\n", encoding="utf-8")
    monkeypatch.setattr(known_ports, "PAGE", page)
    monkeypatch.setattr(known_ports, "TABLES", {"one": lambda: "| a row |"})
    monkeypatch.setattr(sys, "argv", ["known_ports"])
    with pytest.raises(SystemExit, match=rf"known-ports\.md is stale; run: {COMMAND}"):
        known_ports.main()
    monkeypatch.setattr(sys, "argv", ["known_ports", "--write"])
    known_ports.main()
    assert page.read_text(encoding="utf-8") == "before\n<!-- one -->\n\n| a row |\n\n<!-- /one -->\nafter\n"
    monkeypatch.setattr(sys, "argv", ["known_ports"])
    known_ports.main()
    assert capsys.readouterr().out == "known-ports.md written\n"

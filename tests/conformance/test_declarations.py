"""What is declared of the functions: the page that is written from it, its names, its order."""

import inspect
import sys

import pytest

import deepmix.reference
from deepmix.conformance import cases, format, order
from deepmix.conformance.operations import OPERATIONS
from deepmix.conformance.ports import REFERENCE
from deepmix.conformance.tolerances import DTYPES


def test_the_table_of_format_md_is_current():
    page = format.PAGE.read_text(encoding="utf-8")
    assert format.written(page) == page, f"FORMAT.md is stale; run: {format.COMMAND}"


def test_a_page_without_a_place_for_the_table_is_refused():
    with pytest.raises(LookupError, match="needs the lines"):
        format.written("# Test vectors")


def test_the_command_writes_the_table_and_says_that_it_is_stale(tmp_path, monkeypatch, capsys):
    page = tmp_path / "FORMAT.md"
    page.write_text(f"before\n{format.START}\n{format.END}\nafter\n", encoding="utf-8")
    monkeypatch.setattr(format, "PAGE", page)
    monkeypatch.setattr(format, "table", lambda: "| a row |")
    monkeypatch.setattr(sys, "argv", ["format"])
    with pytest.raises(SystemExit, match=rf"FORMAT\.md is stale; run: {format.COMMAND}"):
        format.main()
    monkeypatch.setattr(sys, "argv", ["format", "--write"])
    format.main()
    assert page.read_text(encoding="utf-8").split("\n")[:4] == ["before", format.START, "| a row |", format.END]
    monkeypatch.setattr(sys, "argv", ["format"])
    format.main()
    assert capsys.readouterr().out == "FORMAT.md written\n"


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_a_declaration_names_what_the_reference_has(operation):
    """Gradients at the first arguments; static names, notes, rules and examples of what there is."""
    parameters = list(inspect.signature(REFERENCE.function(operation.name)).parameters)
    outputs = {*operation.result, *(f"pullback/{name}" for name in operation.pullback)}
    assert tuple(parameters[: len(operation.pullback)]) == operation.pullback
    assert set(operation.static) <= set(parameters)
    assert operation.notes.keys() <= {*parameters, "cotangent", *outputs}
    assert {name.split("/")[0] if "pullback/" not in name else name for name in operation.rules} <= outputs
    assert not (operation.optional and operation.not_exported)


@pytest.mark.parametrize("dtype", DTYPES)
def test_vectors_come_from_the_bottom_up(dtype):
    """Module by module in the order of the operations, each after those that it uses."""
    modules = list(dict.fromkeys(case.function.rpartition(".")[0] for case in cases.cases("minimal", dtype)))
    assert modules == list(cases.MODULES) == list(dict.fromkeys(name.rpartition(".")[0] for name in OPERATIONS))
    uses = order.uses(deepmix.reference.__path__[0])
    for number, module in enumerate(modules):
        assert not uses[module] & set(modules[number:]), module


def test_a_file_of_cases_without_a_module_is_refused(monkeypatch):
    monkeypatch.setattr(order, "modules", lambda folder: ["mixtures.gaussian"])
    with pytest.raises(LookupError, match=r"the reference has no .*mixtures\.gmm"):
        cases._modules()

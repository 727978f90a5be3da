"""The pages of the reference: every equation has its row, every row what it names, every function its equation."""

import pytest

import deepmix.reference
from deepmix.conformance.operations import OPERATIONS
from tests.structure import WITHOUT_CASES, is_unchecked, sources
from tests.traceability import (
    COMMAND,
    REFERENCE,
    cited,
    defined,
    functions,
    functions_table,
    named,
    pages,
    parts,
    properties,
    rows,
    written,
)

INDEX = (REFERENCE / "README.md").read_text(encoding="utf-8")
PAGES = pages()
ROWS = {label: row for page in PAGES.values() for label, row in rows(page).items()}
NOT_BUILT = "not built yet"
ELSEWHERE = "not in the paper; the front door does it"  # and no function of the reference
BUILT = {label for label, row in ROWS.items() if row.functions}
# What bad input gets, records, and helpers: they are no equations.
UNLABELLED = {"checks", "forms", "records", "solutions", "stopping", "trees", "types", "uniforms"}
LABELLED = {
    name: function
    for name, function in functions().items()
    if function.path.stem not in UNLABELLED and not function.path.stem.startswith("_") and not is_unchecked(name)
}


def test_there_is_something_to_trace():
    assert len(ROWS) > 30
    assert len(LABELLED) > 50
    assert len(OPERATIONS) > 50
    assert sum(bool(named(name)) for name in properties()) > 50


def test_the_index_names_its_version():
    assert f"version {deepmix.reference.SPECIFICATION} of the specification" in INDEX


@pytest.mark.parametrize("subject", PAGES)
def test_the_index_names_the_subject_and_its_letters(subject):
    lines = [line for line in INDEX.splitlines() if f"]({subject}/README.md)" in line]
    assert lines, f"reference/README.md has no link to {subject}/README.md"
    letters = {f"[{label.rstrip('0123456789')}]" for label in defined(PAGES[subject])}
    assert all(any(each in line for line in lines) for each in letters), f"{subject}: {sorted(letters)}"


@pytest.mark.parametrize("subject", PAGES)
def test_every_equation_of_a_page_has_a_row_and_the_other_way_round(subject):
    assert set(rows(PAGES[subject])) == set(defined(PAGES[subject])), f"run: {COMMAND}"


@pytest.mark.parametrize("subject", PAGES)
def test_the_table_is_current(subject):
    page = f"reference/{subject}/README.md"
    assert written(PAGES[subject]) == PAGES[subject], f"the table of {page} is stale; run: {COMMAND}"


def test_the_table_of_functions_is_current():
    assert functions_table.written(INDEX) == INDEX, f"the table of reference/README.md is stale; run: {COMMAND}"


def test_what_the_pages_add_is_about_a_function():
    rules = functions_table.rules()
    assert len(rules) > 30
    strangers = [
        words for words, line in rules if not any(functions_table.concerns((words, line), n) for n in OPERATIONS)
    ]
    assert strangers == [], "name a function in it, or begin with the label of an equation"


def test_the_table_of_functions_says_what_must_be_rejected():
    (row,) = (line for line in INDEX.splitlines() if line.startswith("| `mixtures.hmrf.fit`"))
    assert "[SV4], a turn" in row
    assert "a negative beta; " in row


def test_no_equation_is_defined_twice():
    labels = [label for page in PAGES.values() for label in defined(page)]
    assert sorted(labels) == sorted(set(labels))


@pytest.mark.parametrize("subject", ["", *PAGES])
def test_every_label_of_a_text_is_defined(subject):
    before, _, after = parts(PAGES[subject]) if subject else (INDEX, "", "")
    assert cited(before + after) <= set(ROWS)


@pytest.mark.parametrize("label", ROWS)
def test_a_row_is_filled_in(label):
    """Functions and properties come together, unless the equation is not built yet, or not in the reference."""
    row = ROWS[label]
    assert row.what, f"say in the row of {label} what it is"
    assert row.deviation, f"say in the row of {label} how it deviates from the paper: none, or what"
    assert bool(row.functions) == bool(row.properties) == (row.deviation not in (NOT_BUILT, ELSEWHERE)), (
        f"{label} lacks functions or properties: cite it in the code, or in the name or docstring of a test"
    )


def test_the_code_cites_the_equations_that_are_built_and_no_others():
    assert {label for path in sources(REFERENCE) for label in cited(path.read_text(encoding="utf-8"))} == BUILT


def test_every_public_function_stands_in_a_row():
    in_rows = {name for row in ROWS.values() for name in row.functions}
    assert set(LABELLED) <= in_rows
    assert in_rows <= set(functions())


def test_every_public_function_is_an_operation_of_the_kit():
    assert set(LABELLED) - set(OPERATIONS) <= set(WITHOUT_CASES), "give it cases, or say why it has none"


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_equations_of_an_operation_are_those_of_its_function(name):
    """What the function cites, and besides what its file does."""
    equations, function = set(OPERATIONS[name].equations), functions()[name]
    assert equations <= BUILT
    assert cited(function.source) <= equations
    assert equations <= cited(function.path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("label", ROWS)
def test_the_properties_of_a_row_are_tests(label):
    assert set(ROWS[label].properties) <= set(properties())


def test_every_property_is_about_an_equation_that_is_built():
    """test_em2_… is about EM2."""
    assert {label for name in properties() for label in named(name)} <= BUILT

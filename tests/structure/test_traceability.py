"""The reading guide: every equation has its row, every row what it names, and every function its equation."""

import ast
import re
from pathlib import Path

import pytest

import deepmix.reference
from deepmix.conformance.operations import OPERATIONS
from tests.structure import sources

FOLDER = Path(deepmix.reference.__path__[0])
TESTS = Path(__file__).parents[1]
LABEL = r"\[([A-Z]{1,2})(\d+)\](?:–\[\1(\d+)\])?"
UNLABELLED = {"checks", "records", "types", "uniforms", "_lazy"}  # what bad input gets; the records; helpers
HELPERS = {"trees.tree_map", "trees.leaves"}
GUIDE_AT = "## Where every equation stands"


def labels(text: str) -> set[str]:
    """The labels that a text cites, ranges such as [U1]–[U4] spelt out."""
    return {
        f"{letters}{number}"
        for letters, first, last in re.findall(LABEL, text)
        for number in range(int(first), int(last or first) + 1)
    }


def guide() -> dict[str, tuple[str, set[str], set[str], str]]:
    rows = {}
    for line in (FOLDER / "README.md").read_text(encoding="utf-8").split(GUIDE_AT)[1].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 5 and re.fullmatch(r"[A-Z]{1,2}\d+", cells[0]):
            label, what, functions, tests, deviation = cells
            assert label not in rows
            rows[label] = (
                what,
                set(re.findall(r"`(.*?)`", functions)),
                set(re.findall(r"`(.*?)`", tests)),
                deviation,
            )
    return rows


GUIDE = guide()
BUILT = {label: row for label, row in GUIDE.items() if row[1]}


def functions() -> dict[str, tuple[str, bool]]:
    """Source and whether it is public, of every function of the reference."""
    found = {}
    for path in sources(FOLDER):
        text, module = path.read_text(encoding="utf-8"), ".".join(path.relative_to(FOLDER).with_suffix("").parts)
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef) and path.stem not in UNLABELLED:
                source = ast.get_source_segment(text, node)
                found[f"{module}.{node.name}"] = source, not node.name.startswith("_")
    return found


FUNCTIONS = functions()


def test_every_label_of_the_text_has_a_row_and_the_other_way_round():
    text = (FOLDER / "README.md").read_text(encoding="utf-8").split(GUIDE_AT)[0]
    assert labels(text) == set(GUIDE)
    assert len(GUIDE) > 30


def test_the_page_names_its_version():
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert f"version {deepmix.reference.SPECIFICATION} of the specification" in text


def test_every_label_that_the_code_cites_has_a_row():
    cited = {label for path in sources(FOLDER) for label in labels(path.read_text(encoding="utf-8"))}
    assert cited == set(BUILT)


@pytest.mark.parametrize("label", GUIDE)
def test_the_functions_of_a_row_are_those_of_the_code_and_of_the_kit(label):
    _, named, tests, deviation = GUIDE[label]
    public = {name for name, (source, public) in FUNCTIONS.items() if public and label in labels(source)}
    assert public <= named
    kit = {operation.name for operation in OPERATIONS.values() if label in operation.equations}
    assert kit == named - {
        "mixtures.em.run",
        "deep_mixtures.many_images.fit",
    }  # take functions: the kit sees what they are made of
    for name in named:
        assert name in FUNCTIONS
        assert label in labels(
            FOLDER.joinpath(*name.split(".")[:-1]).with_suffix(".py").read_text(encoding="utf-8")
        )
    assert bool(named) == bool(tests) == (deviation != "not built yet")
    assert deviation


def test_every_public_function_stands_in_a_row():
    named = set().union(*(row[1] for row in GUIDE.values()))
    assert named == {name for name, (_, public) in FUNCTIONS.items() if public} - HELPERS


@pytest.mark.parametrize("label", BUILT)
def test_the_properties_of_a_row_are_tests(label):
    text = "".join(
        path.read_text(encoding="utf-8") for folder in ("laws", "oracles") for path in sources(TESTS / folder)
    )
    for name in BUILT[label][2]:
        assert f"\ndef test_{name}(" in text


def test_every_property_is_about_an_equation_that_is_built():
    """test_em2_… is about EM2; the guide names the best of them."""
    names = [
        name
        for folder in ("laws", "oracles")
        for path in sources(TESTS / folder)
        for name in re.findall(r"\ndef test_((?:[a-z]{1,2}\d+_)+)", path.read_text(encoding="utf-8"))
    ]
    about = {label.upper() for name in names for label in name.rstrip("_").split("_")}
    assert len(names) > 50
    assert about <= set(BUILT)

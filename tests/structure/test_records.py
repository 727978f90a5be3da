"""Records: each has a name of its own, and is built by the names of its fields."""

import ast
from collections import defaultdict

from tests.structure import ROOT, sources

FOLDERS = ("reference", "accelerated", "src/deepmix")
FILES = [path for folder in FOLDERS for path in sources(ROOT / folder)]
USERS = [path for folder in ("tests", "benchmarks") for path in sources(ROOT / folder)]


def classes() -> dict[str, list[ast.ClassDef]]:
    """The classes of the project by name."""
    found = defaultdict(list)
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                found[node.name].append(node)
    return found


def records() -> set[str]:
    """The names of the records: NamedTuples and dataclasses."""
    return {
        name
        for name, nodes in classes().items()
        for node in nodes
        if any("NamedTuple" in ast.unparse(base) for base in node.bases)
        or any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list)
    }


def positional(source: str, names: set[str]) -> list[int]:
    """The lines of a source where a record is built by position; SimpleITK's Image is none of ours."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and node.args]
    built = [(call.lineno, *ast.unparse(call.func).rpartition(".")[::2]) for call in calls]
    return [line for line, home, name in built if name in names and home != "sitk"]


def test_no_two_classes_have_one_name():
    assert len(classes()) > 60
    assert [name for name, nodes in classes().items() if len(nodes) > 1] == []


def test_records_are_built_by_field_name():
    names = records()
    assert len(names) > 40
    found = {path: positional(path.read_text(encoding="utf-8"), names) for path in FILES + USERS}
    assert {str(path.relative_to(ROOT)): lines for path, lines in found.items() if lines} == {}


def test_a_record_built_by_position_is_found():
    assert positional("fit = records.Fit(1, history=2)\nfit = Fit(value=1)\nother(1)", {"Fit"}) == [1]

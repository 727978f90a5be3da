"""The vectors: complete, described, small, and the same on every run."""

import ast
import inspect
import json
import re
from importlib import resources

import jsonschema
import numpy as np
import pytest

from deepmix.conformance import cases, files, vectors
from deepmix.conformance.operations import OPERATIONS
from deepmix.reference import SPECIFICATION
from tests.structure import REFERENCE_MODULES, WITHOUT_CASES, is_unchecked, public_functions

KIT = resources.files("deepmix.conformance")
# Seen through the functions that use them: their cases of rejection, of uniforms.
THROUGH_OTHERS = {"checks", "stopping", "uniforms", "_lazy"}
CHECKS = re.compile("check_|given_or_drawn")


@pytest.fixture(scope="module", params=["float32", pytest.param("float64", marks=pytest.mark.thorough)])
def written(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    for case in cases.cases("minimal", request.param):
        files.write(folder, vectors.make(case, "minimal", request.param))
    return folder


def test_every_public_function_has_cases():
    """`solve` and its like are what their functions do once the input is checked; those have cases."""
    functions = {
        f"{module}.{name}"
        for module, content in REFERENCE_MODULES.items()
        if module.rpartition(".")[2] not in THROUGH_OTHERS
        for name in public_functions(content)
        if not is_unchecked(name)
    }
    with_cases = {case.function for case in cases.cases("minimal", "float64") if not case.rejected}
    assert functions - WITHOUT_CASES.keys() == with_cases == set(OPERATIONS)
    assert functions >= WITHOUT_CASES.keys()
    assert not WITHOUT_CASES.keys() & with_cases


def test_everything_that_checks_its_input_must_reject():
    """What calls a check, or raises, itself or through a helper of its module."""
    rejecting = {case.function for case in cases.cases("minimal", "float64") if case.rejected}
    assert rejecting == set().union(*map(checking, cases.MODULES)) & set(OPERATIONS)
    assert len(rejecting) > 10


def checking(module: str) -> set[str]:
    """The functions of a module of the reference that check their input."""
    tree = ast.parse(inspect.getsource(REFERENCE_MODULES[module]))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}

    def checks(name: str, through: frozenset[str] = frozenset()) -> bool:
        nodes = list(ast.walk(functions[name]))
        called = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
        here = any(isinstance(node, ast.Raise) for node in nodes) or any(map(CHECKS.match, called))
        return here or any(
            checks(each, through | {name}) for each in (called & functions.keys()) - through - {name}
        )

    return {f"{module}.{name}" for name in functions if checks(name)}


def test_case_names_are_their_own(written):
    found = list(written.glob("*/*/case.json"))
    dtype = json.loads(found[0].read_text(encoding="utf-8"))["dtype"]
    names = [f"{case.function}/{case.name}" for case in cases.cases("minimal", dtype)]
    assert len(set(names)) == len(names) == len(found)


def test_every_description_keeps_to_the_schema(written):
    schema = json.loads((KIT / "case.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for path in written.glob("*/*/case.json"):
        validator.validate(json.loads(path.read_text(encoding="utf-8")))
    broken = json.loads(path.read_text(encoding="utf-8"))
    del next(iter(broken["outputs"].values()))["tolerance"]
    assert not validator.is_valid(broken)


def test_the_files_hold_what_the_description_says(written):
    for place, vector in files.read(written):
        description = vector.description
        assert place == written / description["function"] / description["case"]
        for kind, arrays in (("inputs", vector.inputs), ("outputs", vector.expected)):
            said = {name: (each["dtype"], tuple(each["shape"])) for name, each in description[kind].items()}
            held = {name: (str(array.dtype), array.shape) for name, array in arrays.items()}
            assert said == {name: each for name, each in held.items() if not name.startswith("tolerance/")}
        floating = {name for name, each in description["inputs"].items() if each["dtype"].startswith("float")}
        assert all(description["inputs"][name]["dtype"] == description["dtype"] for name in floating)
        for name, each in description["outputs"].items():
            bound = vector.expected.get(f"tolerance/{name}")
            assert (bound is None) == (each["tolerance"]["rule"] == "exact")
            if bound is not None:
                assert (bound >= 0).all()
                assert (bound[np.isfinite(vector.expected[name])] > 0).all()


def test_they_are_small(written):
    """The kit grows with every algorithm, a case does not: 7 kB, three files, of which case.json is half."""
    n_cases = len(list(written.glob("*/*/case.json")))
    assert sum(path.stat().st_size for path in written.rglob("*") if path.is_file()) < 7e3 * n_cases


def test_they_are_the_same_on_every_run(written, tmp_path):
    """Byte for byte: a sample of every function, written anew."""
    dtype = json.loads(next(written.glob("*/*/case.json")).read_text(encoding="utf-8"))["dtype"]
    once = {case.function: case for case in cases.cases("minimal", dtype)}
    for case in once.values():
        files.write(tmp_path, vectors.make(case, "minimal", dtype))
    for path in tmp_path.rglob("*.*z"):
        assert path.read_bytes() == (written / path.relative_to(tmp_path)).read_bytes()
    for path in tmp_path.rglob("case.json"):
        assert path.read_bytes() == (written / path.relative_to(tmp_path)).read_bytes()


def test_the_edges_are_there():
    """What the kit promises to cover stands in the names of the cases of both EM algorithms."""
    found = {(case.function, case.name): case for case in cases.cases("minimal", "float64")}
    for function in ("mixtures.gmm.e_step", "mixtures.svgmm.e_step"):
        names = {name for each, name in found if each == function}
        assert {"one_class", "one_channel", "nearly_singular", "far_away", "far_away_full"} <= names
        assert {"weights_with_zeros", "twin_classes", "class_with_proportion_0"} <= names
    vector = vectors.make(found["mixtures.gmm.e_step", "far_away"], "minimal", "float64")
    assert -2e4 < vector.expected["log_likelihood"].max() < -5e3
    singular = found["mixtures.gmm.e_step", "nearly_singular"]
    assert (np.linalg.cond(singular.arguments["mixture"].covariances) > 1e9).all()


def test_no_tolerance_is_wide(written):
    """In float64 no tolerance reaches a thousandth of its output's size; in float32 few reach a twentieth.

    float32 knows probabilities far away only to eps·|log-likelihood|, and leaves little of sums that cancel.
    """
    outputs = wide = 0
    for _, vector in files.read(written):
        for name in vector.description["outputs"]:
            bound, expected = vector.expected.get(f"tolerance/{name}"), vector.expected[name]
            if bound is None:
                continue
            size = np.abs(expected[np.isfinite(expected)]).max(initial=0)
            outputs += 1
            if vector.description["dtype"] == "float64":
                assert bound.max() <= 1e-3 * size + 1e-12, (vector.name, name)
            elif size > 1e-30:  # else all of it underflows
                assert bound.max() <= size + 1e-6, (vector.name, name)
                wide += bound.max() > 0.05 * size + 1e-6
    assert wide <= 0.02 * outputs


def test_a_damaged_file_is_said_to_be_one(written):
    path = next(written.glob("evaluation.overlap.dice/*/inputs.npz"))
    content = path.read_bytes()
    path.write_bytes(content[:40])
    with pytest.raises(ValueError, match=r"inputs\.npz cannot be read"):
        list(files.read(written))
    path.write_bytes(content)


def test_vectors_of_another_specification_are_refused(written):
    path = next(written.glob("evaluation.overlap.dice/*/case.json"))
    content = path.read_text(encoding="utf-8")
    path.write_text(
        content.replace(f'"specification": "{SPECIFICATION}"', '"specification": "0.9"'), encoding="utf-8"
    )
    with pytest.raises(ValueError, match=re.escape(f"is of specification 0.9, this is {SPECIFICATION}")):
        list(files.read(written))
    path.write_text(content, encoding="utf-8")

"""operations.json: every signature is that of the reference, and what a function builds on comes before it."""

import inspect
import json
import sys
from typing import Any, get_args, get_origin

import numpy as np
import pytest

import deepmix.reference
from deepmix.conformance import building, flat, order
from deepmix.conformance.calling import call
from deepmix.conformance.cases import cases
from deepmix.conformance.catalogue import catalogue
from deepmix.conformance.operations import OPERATIONS
from deepmix.conformance.ports import REFERENCE
from deepmix.conformance.vectors import defaults
from deepmix.reference.deep_mixtures.records import DeepModel, DeepState
from deepmix.reference.mixtures.records import Mixture
from deepmix.reference.types import KINDS
from tests.app.cli.test_cli import Command, run  # noqa: F401
from tests.conformance import vector_of

TYPES = {
    float: "number",
    int: "integer",
    bool: "flag",
    str: "word",
    np.ndarray: "array",
    tuple: "numbers",
    Any: "tree",
}
MIXTURES = {"mixture", "mixtures", "previous", "start"}  # of any family, where no record is named
# Annotations with more than a class.
SAID = {
    "cotangents": "arrays",
    "spacing": "numbers",
    "factor": "numbers",
    "history": "numbers",
    "progress": "function",
}
# Arguments that are one of several records.
ONE_OF_SEVERAL = {"operator": "operator", "regulariser": "operator", "penalty": "penalty"}


def accepted() -> dict:
    """A case of each function that it takes."""
    found: dict = {}
    for case in cases("minimal", "float64"):
        if not case.rejected:
            found.setdefault(case.function, case)
    return found


ACCEPTED = accepted()
USES = building.uses(deepmix.reference.__path__[0], OPERATIONS)


def description(case) -> dict[str, Any]:
    arrays, _ = flat.flatten(case.arguments)
    inputs = {name: {"dtype": str(array.dtype), "shape": list(array.shape)} for name, array in arrays.items()}
    return {"function": case.function, "case": case.name, "expects": "outputs", "inputs": inputs, "outputs": {}}


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    """Of all functions, as it is read back."""
    return json.loads(json.dumps(catalogue(map(description, ACCEPTED.values())), allow_nan=False))


def plain(default: Any) -> Any:
    """As JSON has it."""
    if isinstance(default, float) and np.isnan(default):
        return "NaN"
    return flat.flatten(default)[1]


def test_every_signature_is_that_of_the_reference(written):
    functions = {each["name"]: each for each in written["functions"]}
    assert functions.keys() == OPERATIONS.keys()
    for name, each in functions.items():
        signature = inspect.signature(REFERENCE.function(name))
        arguments = {argument["name"]: argument for argument in each["arguments"]}
        assert list(arguments) == list(signature.parameters), name
        for parameter in signature.parameters.values():
            said = arguments[parameter.name]
            assert said.get("keyword", False) == (parameter.kind is parameter.KEYWORD_ONLY), (name, said)
            assert ("default" in said) == (parameter.default is not parameter.empty), (name, said)
            if "default" in said:
                assert said["default"] == plain(parameter.default), (name, said)
            kind = next((one for one in get_args(parameter.annotation) if one is not type(None)), None)
            kind = kind if parameter.name not in SAID and kind else parameter.annotation
            kind = tuple if get_origin(parameter.annotation) is tuple else kind
            several = ONE_OF_SEVERAL.get(parameter.name) if parameter.annotation is Any else None
            expected = several or SAID.get(parameter.name) or TYPES.get(kind) or kind.__name__
            expected = "mixture" if kind is Any and parameter.name in MIXTURES else expected
            assert said["type"] == expected, (name, said)
        operation = OPERATIONS[name]
        assert (tuple(each["outputs"]), tuple(each["gradients"])) == (operation.result, operation.pullback)
        assert set(each["example"]["inputs"]) == set(flat.flatten(ACCEPTED[name].arguments)[0])


def test_every_record_has_its_fields(written):
    records = written["records"]
    assert {"Mixture", "Fit", "DeepFit", "DeepModel", "UNetConfig", "AdamWState", "Batch"} <= records.keys()
    for record in (Mixture, DeepModel, DeepState):
        assert [field["name"] for field in records[record.__name__]] == list(record._fields)
        said = {field["name"]: field["default"] for field in records[record.__name__] if "default" in field}
        assert said == {name: plain(value) for name, value in record._field_defaults.items()}
    assert KINDS.keys() <= records.keys()
    types = {field["name"]: field["type"] for field in records["DeepState"]}
    assert types == {"parameters": "tree", "optimizer": "AdamWState", "mixture": "mixture"}
    named = {argument["type"] for each in written["functions"] for argument in each["arguments"]}
    named |= {field["type"] for fields in records.values() for field in fields}
    words = {*TYPES.values(), "arrays", "mixture", "numbers", "function", "pairs", "operator", "penalty"}
    assert named - words <= records.keys()


def test_what_a_function_builds_on_comes_before_it(written):
    seen: dict[str, int] = {}
    for each in written["functions"]:
        assert each["level"] == 1 + max((seen[used] for used in each["uses"]), default=-1), each["name"]
        assert each["level"] >= max(seen.values(), default=0)
        seen[each["name"]] = each["level"]
    by_name = {each["name"]: each["uses"] for each in written["functions"]}
    assert by_name["mixtures.gmm.nll"] == ["mixtures.em.mean_nll", "mixtures.gmm.e_step"]
    modules = order.uses(deepmix.reference.__path__[0])
    for name, uses in by_name.items():
        module = name.rpartition(".")[0]
        others = {each.rpartition(".")[0] for each in uses} - {module}
        assert others <= closure(modules, module), name


def closure(uses, name) -> set[str]:
    reached, waiting = set(), [name]
    while waiting:
        new = set(uses[waiting.pop()]) - reached
        reached |= new
        waiting.extend(new)
    return reached


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_function_calls_nothing_that_it_is_not_said_to_build_on(name):
    names = {REFERENCE.function(each).__code__: each for each in OPERATIONS}
    called = set()

    def note(frame, event, _):
        if event == "call" and frame.f_code in names:
            called.add(names[frame.f_code])

    operation = OPERATIONS[name]
    arrays, options = flat.flatten(defaults(operation) | ACCEPTED[name].arguments)
    sys.setprofile(note)
    try:
        with np.errstate(all="ignore"):
            call(REFERENCE, operation, arrays, options or {})
    finally:
        sys.setprofile(None)
    assert name in called
    regularizers = {each for each in called if each.startswith("deep_mixtures.regularizers.")}  # of the options
    assert called - {name} - regularizers <= closure(USES, name)


def test_names_of_arguments_and_variables_are_no_functions(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "__init__.py").touch()
    (tmp_path / "a" / "one.py").write_text(
        "def means(x): return x\ndef counts(x): return means(x)\n", encoding="utf-8"
    )
    (tmp_path / "a" / "two.py").write_text(
        "from . import one\nfrom .one import means as found\nTABLE = {'c': one.counts}\n"
        "def plain(means, counts): return means + counts\n"
        "def by_table(word): return TABLE[word](0)\n"
        "def _helper(x): return found(x)\n"
        "def by_helper(x):\n    one = _helper(x)\n    return one.counts\n",
        encoding="utf-8",
    )
    functions = ["a.one.means", "a.one.counts", "a.two.plain", "a.two.by_table", "a.two.by_helper"]
    assert building.uses(tmp_path, functions) == {
        "a.one.means": set(),
        "a.one.counts": {"a.one.means"},
        "a.two.plain": set(),
        "a.two.by_table": {"a.one.counts"},
        "a.two.by_helper": {"a.one.means"},
    }
    assert building.levels(building.uses(tmp_path, functions))["a.two.by_table"] == 2


def test_it_stands_beside_the_vectors(run, tmp_path):  # noqa: F811
    assert run("vectors", tmp_path / "v", "--only", "networks.layers.conv")[0] == 0
    text = (tmp_path / "v" / "operations.json").read_text(encoding="utf-8")
    (conv,) = json.loads(text)["functions"]
    assert conv["name"] == "networks.layers.conv"
    vector = vector_of(f"networks.layers.conv/{conv['example']['case']}")
    assert set(conv["example"]["inputs"]) == {"x", "kernel", "bias", "cotangent"}  # the case that has them all
    assert conv["example"]["inputs"] == vector.description["inputs"]
    shapes = {name: tuple(each["shape"]) for name, each in conv["example"]["outputs"].items()}
    assert shapes == {name: vector.expected[name].shape for name in vector.description["outputs"]}
    assert '{"name": "x", "type": "array"}' in text

"""The structure: who imports whom, and that every function of the twin stands in the reference."""

import ast
import inspect
import re
from graphlib import CycleError
from operator import attrgetter

import pytest

import deepmix.accelerated
import deepmix.reference
from deepmix.conformance import order
from deepmix.conformance.operations import OPERATIONS
from deepmix.reference.deep_mixtures.records import OBJECTIVE_NAMES
from tests.structure import ACCELERATED_MODULES, REFERENCE_MODULES, modules, public_functions, sources

# Only-accelerated arguments, keyword-only, that say how to execute.
EXECUTION = {"centres", "chunk", "mesh", "product_dtype"}
# What a program that never returns to the host cannot take.
BEYOND_A_PROGRAM = {"deep_mixtures.one_image.solve": {"progress"}}
# Functions that only make sense in `accelerated`: fits of many images or of huge ones; what the loops are made of,
# and where they run; what moments from responsibilities and moments from sums share, and sums about any centres.
ALONE = {
    "deep_mixtures.many_images.begin",
    "deep_mixtures.many_images.run",
    "deep_mixtures.one_image.algorithm",
    "deep_mixtures.one_image.fit_batch",
    "deep_mixtures.one_image.loss_of_logits",
    "mixtures.gamma.about",
    "mixtures.gaussian.covariances",
    "mixtures.gaussian.degenerate",
    "mixtures.gaussian.squared_distance",
    "mixtures.gmm.fit_batch",
    "mixtures.gmm.fit_stream",
    "mixtures.poisson.about",
    "mixtures.rician.about",
    "mixtures.student.about",
    "mixtures.svgmm.fit_batch",
    "networks.unet.of_batch",
}
# Folders of a package that are no subjects: how things are executed.
BELOW = {"execution"}
# The adapter to the kit, which holds the functions of the others in the form of the reference's.
ADAPTER = "conformance.py"
PACKAGES = pytest.mark.parametrize(
    "package", [deepmix.reference, deepmix.accelerated], ids=["reference", "accelerated"]
)
STANDARD = {
    "collections",
    "contextlib",
    "dataclasses",
    "enum",
    "functools",
    "importlib",
    "inspect",
    "itertools",
    "operator",
}
STANDARD |= {"pkgutil", "types", "typing", "warnings"}


def has_twin(module: str) -> bool:
    """How things are executed has none: files `_name.py` and the folder `execution`."""
    return not any(part.startswith("_") or part in BELOW for part in module.split("."))


PUBLIC = {
    f"{name}.{function}"
    for name, module in ACCELERATED_MODULES.items()
    if has_twin(name)
    for function in public_functions(module)
}


def test_the_twins_are_found():
    assert len(PUBLIC - ALONE) > 30
    assert ALONE < PUBLIC


@pytest.mark.parametrize("name", sorted(PUBLIC - ALONE))
def test_every_function_has_its_twin(name):
    """Same name, same leading arguments, same defaults; more only where it says how to execute."""
    module, _, function = name.rpartition(".")
    assert module in REFERENCE_MODULES
    twin = getattr(REFERENCE_MODULES[module], function)
    mine = inspect.signature(getattr(ACCELERATED_MODULES[module], function)).parameters
    theirs = inspect.signature(twin).parameters
    extra = set(mine) - set(theirs)
    assert extra <= EXECUTION
    assert all(mine[name].kind is inspect.Parameter.KEYWORD_ONLY for name in extra)
    shared = {arg: each for arg, each in theirs.items() if arg not in BEYOND_A_PROGRAM.get(name, ())}
    assert [name for name in mine if name not in extra] == list(shared)
    for name, parameter in shared.items():
        assert mine[name].kind is parameter.kind
        assert str(mine[name].default) == str(parameter.default)


def test_every_function_that_the_kit_declares_has_its_twin():
    """But for those that are shared, those that a port may do without, and the block, a module of Flax here."""
    declared = {name for name, each in OPERATIONS.items() if not each.optional and each.form != "shared"}
    assert declared - PUBLIC == {name for name in declared if OPERATIONS[name].form == "block"}
    assert not {name for name, each in OPERATIONS.items() if each.optional or each.form == "shared"} & PUBLIC


@PACKAGES
def test_what_is_imported_from_outside(package):
    """The kit by the adapter alone, which is derived from what is declared there."""
    allowed = {
        deepmix.reference: {"numpy", "scipy"},
        deepmix.accelerated: {"numpy", "jax", "flax", "optax", "deepmix.reference"},
    }[package]
    for path in sources(package.__path__[0]):
        mine = allowed | STANDARD | ({"deepmix.conformance"} if path.name == ADAPTER else set())
        for name in imported(path):
            roots = {name.split(".")[0], ".".join(name.split(".")[:2])}
            assert roots & mine, f"{path.name} imports {name}"


def imported(path):
    """The modules that a file names from the top."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module


@PACKAGES
def test_modules_use_each_other_one_way(package):
    uses = order.uses(package.__path__[0])
    assert set(order.bottom_up(uses)) == uses.keys()
    assert any(used & uses.keys() for used in uses.values())


def test_no_subject_knows_those_above_it():
    """In one order for both packages, records that `accelerated` takes from the reference included."""
    above: order.Uses = {}
    for package in (deepmix.reference, deepmix.accelerated):
        found = order.subjects(order.uses(package.__path__[0]))
        assert found.keys() - BELOW == {name.split(".")[0] for name in OPERATIONS}
        for subject, used in found.items():
            above.setdefault(subject, set()).update(used)
    assert any(above.values())
    ordered = list(order.bottom_up(above))
    for number, subject in enumerate(ordered):
        assert not above[subject] & set(ordered[number:])


@pytest.mark.parametrize(
    "uses", [{"a": {"b"}, "b": {"c"}, "c": {"a"}}, {"mixtures": {"networks"}, "networks": {"mixtures"}}]
)
def test_a_cycle_is_found(uses):
    with pytest.raises(CycleError):
        list(order.bottom_up(uses))


@PACKAGES
def test_every_public_function_says_what_it_does(package):
    for name, module in modules(package).items():
        for function, value in public_functions(module).items():
            assert (value.__doc__ or "").strip(), f"{name}.{function} has no docstring"


@PACKAGES
def test_every_objective_that_may_be_named_is_there(package):
    assert tuple(package.deep_mixtures.objectives.OBJECTIVES) == OBJECTIVE_NAMES


def test_what_accelerated_points_to_is_there():
    """`reference.mixtures.gmm.fit` in a docstring or a comment: a function, a module or a subject."""
    pointers = {
        name
        for path in sources(deepmix.accelerated.__path__[0])
        for name in re.findall(r"`(?:deepmix\.)?reference\.([\w.]+)`", path.read_text(encoding="utf-8"))
    }
    assert len(pointers) > 50
    for name in sorted(pointers):
        attrgetter(name)(deepmix.reference)

"""The structure: who imports whom, and that every function of the twin stands in the reference."""

import ast
import inspect

import pytest

import deepmix.accelerated
import deepmix.reference
from tests.structure import ACCELERATED_MODULES, REFERENCE_MODULES, modules, public_functions, sources

# Only-accelerated arguments, keyword-only, that say how to execute.
EXECUTION = {"chunk", "mesh", "product_dtype"}
# Modules that only make sense in `accelerated`: input to its device; how a fit is executed.
ALONE_MODULES = {"arrays", "descent", "lanes", "problem", "streaming", "sums"}
# Functions that do: fits of many images or of huge ones; what the loops are made of, and where they run;
# what moments from responsibilities and moments from sums share.
ALONE = {
    "deep.algorithm",
    "deep.fit_batch",
    "deep.objective",
    "em.loop",
    "gaussian.covariances",
    "gaussian.degenerate",
    "gaussian.squared_distance",
    "gmm.fit_batch",
    "gmm.fit_stream",
    "svgmm.fit_batch",
    "training.begin",
    "training.run",
    "unet.of_batch",
}

FUNCTIONS = [
    (name, function)
    for name, module in ACCELERATED_MODULES.items()
    for function in public_functions(module)
    if name not in ALONE_MODULES and f"{name}.{function}" not in ALONE
]


def test_the_twins_are_found():
    assert len(FUNCTIONS) > 30


@pytest.mark.parametrize(("module", "function"), FUNCTIONS)
def test_every_function_has_its_twin(module, function):
    """Same name, same leading arguments, same defaults; more only where it says how to execute."""
    assert module in REFERENCE_MODULES
    twin = getattr(REFERENCE_MODULES[module], function)
    mine = inspect.signature(getattr(ACCELERATED_MODULES[module], function)).parameters
    theirs = inspect.signature(twin).parameters
    extra = set(mine) - set(theirs)
    assert extra <= EXECUTION
    assert all(mine[name].kind is inspect.Parameter.KEYWORD_ONLY for name in extra)
    assert [name for name in mine if name not in extra] == list(theirs)
    for name, parameter in theirs.items():
        assert mine[name].kind is parameter.kind
        assert str(mine[name].default) == str(parameter.default)


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        (deepmix.reference, {"numpy", "scipy"}),
        (deepmix.accelerated, {"numpy", "jax", "flax", "optax", "deepmix.reference"}),
    ],
    ids=["reference", "accelerated"],
)
def test_imports_run_one_way(package, allowed):
    standard = {"collections", "contextlib", "enum", "functools", "importlib", "inspect", "itertools", "types"}
    standard |= {"typing", "warnings"}
    for path in sources(package.__path__[0]):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            else:
                continue
            for name in names:
                roots = {name.split(".")[0], ".".join(name.split(".")[:2])}
                assert roots & (allowed | standard), f"{path.name} imports {name}"


@pytest.mark.parametrize("package", [deepmix.reference, deepmix.accelerated], ids=["reference", "accelerated"])
def test_every_public_function_says_what_it_does(package):
    for name, module in modules(package).items():
        for function, value in public_functions(module).items():
            assert (value.__doc__ or "").strip(), f"{name}.{function} has no docstring"

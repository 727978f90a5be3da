"""The structure: who imports whom, and that every function of the twin stands in the reference."""

import ast
import inspect

import pytest

import deepmix.accelerated
import deepmix.reference
from tests.structure import ACCELERATED_MODULES, REFERENCE_MODULES, modules, public_functions, sources

# Only-accelerated arguments, keyword-only, that say how to execute.
EXECUTION = {"chunk", "mesh", "product_dtype"}
# Functions that only make sense in `accelerated`: fits of many images or of huge ones; what the loops are made of,
# and where they run; what moments from responsibilities and moments from sums share.
ALONE = {
    "deep_mixtures.many_images.begin",
    "deep_mixtures.many_images.run",
    "deep_mixtures.one_image.algorithm",
    "deep_mixtures.one_image.fit_batch",
    "deep_mixtures.one_image.objective",
    "mixtures.em.loop",
    "mixtures.gaussian.covariances",
    "mixtures.gaussian.degenerate",
    "mixtures.gaussian.squared_distance",
    "mixtures.gmm.fit_batch",
    "mixtures.gmm.fit_stream",
    "mixtures.svgmm.fit_batch",
    "networks.unet.of_batch",
}


def has_twin(module: str) -> bool:
    """How things are executed has none: files `_name.py` and the folder `execution`."""
    return not any(part.startswith("_") or part == "execution" for part in module.split("."))


FUNCTIONS = [
    (name, function)
    for name, module in ACCELERATED_MODULES.items()
    for function in public_functions(module)
    if has_twin(name) and f"{name}.{function}" not in ALONE
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

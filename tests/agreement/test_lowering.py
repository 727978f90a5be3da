"""Every compiled function lowers for every platform, whatever this machine has, and none is forgotten."""

import pytest

from deepmix.conformance.operations import OPERATIONS
from deepmix.conformance.ports import load
from deepmix.conformance.tolerances import DTYPES
from deepmix.export.arguments import arguments
from deepmix.export.options import PLATFORMS, Sizes
from deepmix.export.programs import lower

SIZES = Sizes(channels=2, classes=3, size=8, depth=1, filters=2)
PORT = load("deepmix.accelerated")

NOT_EXPORTED = {
    **{name: "drawn by NumPy on the host" for name in OPERATIONS if name.startswith("initialization.")},
    "adamw.polynomial_decay": "a number of numbers: there is no array",
    "training.ended": "a decision about a few numbers, on the host",
    "svgmm.begin": "the responsibilities of gmm.e_step, which is exported",
}


def test_every_function_that_accelerated_offers_is_exported():
    offered = {name for name in OPERATIONS if PORT.find(name) is not None}
    assert offered - set(arguments(SIZES, "float32")) == set(NOT_EXPORTED)
    assert set(arguments(SIZES, "float32")) <= offered


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", arguments(SIZES, "float32"))
def test_every_function_lowers_for_every_platform(function, dtype):
    """The loops of Algorithms 1 to 3 as a whole too: all of it is StableHLO, nothing calls out of it."""
    with PORT.session(dtype):
        program = lower(function, arguments(SIZES, dtype)[function], PLATFORMS)
    assert program.exported.platforms == PLATFORMS
    text = program.exported.mlir_module()
    assert "stablehlo." in text
    assert "custom_call" not in text
    floating = {each["dtype"] for each in program.description["results"] if "float" in each["dtype"]}
    assert floating <= {dtype}


@pytest.mark.parametrize("function", ["gmm.fit", "svgmm.fit", "deep.fit", "deep.warm_start"])
def test_a_whole_loop_is_one_program(function):
    """The loop itself is lowered, not unrolled and not a step of it."""
    with PORT.session("float32"):
        program = lower(function, arguments(SIZES, "float32")[function], PLATFORMS)
    assert "stablehlo.while" in program.exported.mlir_module()

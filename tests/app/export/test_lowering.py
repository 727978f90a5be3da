"""Every compiled function lowers for every platform, whatever this machine has, and none is forgotten."""

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.export
import numpy as np
import pytest

from deepmix.accelerated.deep_mixtures import _descent, _traced, one_image
from deepmix.accelerated.mixtures import _problem, _streaming, gmm, svgmm
from deepmix.accelerated.mixtures.families import Kind
from deepmix.conformance.examples import Sizes
from deepmix.conformance.operation import Operation
from deepmix.conformance.operations import OPERATIONS
from deepmix.conformance.ports import load
from deepmix.export import arguments as examples
from deepmix.export.arguments import arguments
from deepmix.export.loops import LOOPS
from deepmix.export.options import PLATFORMS
from deepmix.export.programs import lower
from deepmix.reference.deep_mixtures.records import Optimization

SIZES = Sizes(channels=2, classes=3, size=8, depth=1, filters=2)
PORT = load("deepmix.accelerated")


def test_every_function_that_accelerated_offers_is_exported_or_says_why_not():
    offered = {name for name in OPERATIONS if PORT.find(name) is not None}
    exported = set(arguments(SIZES, "float32"))
    assert exported <= offered
    assert offered - exported == {name for name, each in OPERATIONS.items() if each.not_exported}


def test_an_argument_that_nothing_is_said_of_is_named(monkeypatch):
    declared = Operation(name="mixtures.fcm.centres", equations=("FC1",), result=("centres", "degenerate"))
    bare = {declared.name: declared._replace(name=declared.name)}
    monkeypatch.setattr(examples, "OPERATIONS", bare)
    monkeypatch.setattr(examples.Shapes, "named", lambda shapes, name: None)
    with pytest.raises(LookupError, match=r"of mixtures\.fcm\.centres needs an example of pixels"):
        arguments(SIZES, "float32")


@pytest.mark.parametrize("dtype", ["float32", pytest.param("float64", marks=pytest.mark.thorough)])
@pytest.mark.parametrize("function", arguments(SIZES, "float32"))
def test_every_function_lowers_for_every_platform(function, dtype):
    """The loops of Algorithms 1 to 3 as a whole too: all of it is StableHLO, nothing calls out of it."""
    with PORT.session(dtype):
        program = lower(function, arguments(SIZES, dtype)[function], PLATFORMS)
    assert program.exported.platforms == PLATFORMS
    assert json.loads(json.dumps(program.description)) == program.description
    assert not any(
        isinstance(each, float) for each in (program.description["options"].get("state") or {}).values()
    )
    text = program.exported.mlir_module()
    assert "stablehlo." in text
    assert "custom_call" not in text
    floating = {each["dtype"] for each in program.description["results"] if "float" in each["dtype"]}
    assert floating <= {dtype}


@pytest.mark.parametrize("function", [name for name in LOOPS if not name.endswith(".predict")])
def test_a_whole_loop_is_one_program(function):
    """The loop itself is lowered, not unrolled and not a step of it."""
    with PORT.session("float32"):
        program = lower(function, arguments(SIZES, "float32")[function], PLATFORMS)
    assert "stablehlo.while" in program.exported.mlir_module()


@pytest.mark.parametrize("covariance_type", ["full", "tied", "spherical"])
@pytest.mark.parametrize(
    "function",
    ["mixtures.gmm.fit", "mixtures.svgmm.fit", "deep_mixtures.one_image.fit", "deep_mixtures.many_images.step"],
)
def test_every_covariance_lowers_for_every_platform(function, covariance_type):
    """Whole matrices take each platform's own Cholesky factorisation and triangular solve, and nothing else."""
    given = dict(arguments(SIZES, "float32")[function])
    if function == "deep_mixtures.many_images.step":
        deep_model = given["model"].deep._replace(covariance_type=covariance_type)
        given["model"] = given["model"]._replace(deep=deep_model)
    elif function == "deep_mixtures.one_image.fit":
        given["model"] = given["model"]._replace(covariance_type=covariance_type)
    else:
        m, k = SIZES.channels, SIZES.classes
        shape = {"full": (k, m, m), "tied": (m, m), "spherical": (k,)}[covariance_type]
        start = given["start"]._replace(covariances=np.zeros(shape, np.float32))
        given |= {"start": start, "covariance_type": covariance_type}
    with PORT.session("float32"):
        text = lower(function, given, PLATFORMS).exported.mlir_module()
    called = set(re.findall(r"custom_call @(\w+)", text))
    library = {"lapack_spotrf_ffi", "lapack_strsm_ffi", "cusolver_potrf_ffi", "hipsolver_potrf_ffi"}
    assert called <= (set() if covariance_type == "spherical" else library)


def exported(function: Callable[..., Any], *given: Any) -> str:
    """The StableHLO of what `accelerated` has beyond `reference`, for all platforms; of arrays, shapes count."""
    shapes = jax.tree.map(lambda array: jax.ShapeDtypeStruct(np.shape(array), np.asarray(array).dtype), given)
    return jax.export.export(jax.jit(function), platforms=PLATFORMS)(*shapes).mlir_module()


def images(function: str, b: int = 4) -> dict[str, Any]:
    """The arrays of a function's arguments for b images."""
    given = arguments(SIZES, "float32")[function]
    arrays = {name: each for name, each in given.items() if name not in ("model", "optimization")}
    return jax.tree.map(lambda leaf: np.stack([leaf] * b), arrays)


TOL = np.float32(1e-3)
DIAG = Kind(covariance_type="diag", family="gaussian")


@pytest.mark.parametrize("algorithm", [gmm, svgmm], ids=["gmm", "svgmm"])
def test_a_batch_of_mixtures_lowers(algorithm):
    given = images("mixtures.svgmm.fit" if algorithm is svgmm else "mixtures.gmm.fit")
    posed = _problem.Problem(pixels=given["pixels"], start=given["start"], weights=given["weights"], floor=None)
    options = {"kind": DIAG, "max_iter": 5, "lanes": 2}
    text = exported(partial(_problem._solve_batch, algorithm._algorithm, **options), posed, TOL)
    assert "stablehlo.while" in text
    assert "custom_call" not in text


def test_the_passes_of_a_stream_lower():
    given = arguments(SIZES, "float32")["mixtures.gmm.m_step"]
    pixels, weights, mixture = given["pixels"], given["weights"], given["previous"]
    gathered = partial(_streaming._sums_of, gmm.e_step)
    text = exported(lambda *arrays: gathered(*arrays, DIAG), pixels, weights, mixture, mixture.means)
    assert "custom_call" not in text
    totals = jax.eval_shape(lambda *arrays: gathered(*arrays, DIAG), pixels, weights, mixture, mixture.means)
    settled = partial(_streaming._found, kind=DIAG)
    totals = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), totals)
    assert "custom_call" not in exported(settled, totals.statistics, mixture.means, given["floor"], mixture)
    labelled = partial(_streaming._responsibilities, gmm.e_step)
    assert "custom_call" not in exported(lambda *arrays: labelled(*arrays, DIAG), pixels, mixture)


@pytest.mark.parametrize("product_dtype", [None, "bfloat16"])
def test_a_batch_of_networks_lowers(product_dtype):
    """Its convolutions too where they compute in bfloat16."""
    queue, model = (
        images("deep_mixtures.one_image.fit"),
        arguments(SIZES, "float32")["deep_mixtures.one_image.fit"]["model"],
    )
    floor = np.zeros((4, SIZES.channels), np.float32)
    jobs = _descent.Task(parameters=queue["parameters"], image=queue["image"], weights=queue["mask"], floor=floor)
    algorithm, optimization = one_image.algorithm(product_dtype), Optimization()
    model = _traced.traced(model)

    def run(jobs: _descent.Task) -> Any:
        filled = _descent._fill(algorithm, jobs, model, optimization, 5, 2)
        return _descent._advance_batch(algorithm, filled, jobs, model, optimization, 5, 5).results

    text = exported(run, jobs)
    assert "stablehlo.while" in text
    assert "custom_call" not in text
    assert bool(re.search(r"stablehlo.convolution.*xbf16", text)) == (product_dtype is not None)

"""`deepmix export`: the folder holds what it says, and a program gives the numbers of its function."""

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import jax.export
import numpy as np
import pytest

import deepmix
from deepmix import accelerated, cli, reference
from deepmix.conformance import flat
from deepmix.conformance.cases.deep_mixtures._problem import CONFIG, problem
from deepmix.conformance.cases.mixtures._pixels import draw
from deepmix.conformance.drawing import draw_responsibilities
from deepmix.conformance.examples import Sizes
from deepmix.export.arguments import arguments
from deepmix.export.options import PLATFORMS
from deepmix.reference.deep_mixtures.records import DeepModel
from tests.app.cli.test_cli import Command, run  # noqa: F401

SIZES = Sizes(channels=2, classes=3, size=8, depth=CONFIG.depth, filters=CONFIG.filters)
SMALL = [item for name, value in SIZES._asdict().items() for item in (f"--{name}", value)]
FILES = ("arguments.json", "program.jax_export", "program.stablehlo.mlir")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """All functions in float64, by the command."""
    folder = tmp_path_factory.mktemp("export") / "programs"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["deepmix", "export", str(folder), *map(str, SMALL), "--dtype", "float64"])
        with pytest.raises(SystemExit) as ended:
            cli.main()
    assert not ended.value.code
    return folder


def test_the_folder_holds_what_the_manifest_says(folder):
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["functions"] == list(arguments(SIZES, "float64"))
    assert manifest["sizes"] == SIZES._asdict()
    assert manifest["dtype"] == "float64"
    assert manifest["platforms"] == list(PLATFORMS)
    expected = {"manifest.json", *(f"{name}/{file}" for name in manifest["functions"] for file in FILES)}
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == expected == set(manifest["files"])
    assert list(folder.parent.iterdir()) == [folder]  # no temporary folder stays


@pytest.mark.parametrize("function", arguments(SIZES, "float64"))
def test_arguments_json_describes_the_program(function, folder):
    described = json.loads((folder / function / "arguments.json").read_text(encoding="utf-8"))
    program = jax.export.deserialize((folder / function / "program.jax_export").read_bytes())
    for name, found in (("arguments", program.in_avals), ("results", program.out_avals)):
        shapes = [(str(aval.dtype), list(aval.shape)) for aval in found]
        assert [(each["dtype"], each["shape"]) for each in described[name]] == shapes
    assert described["function"] == function
    assert described["jax"] == jax.__version__
    assert tuple(described["platforms"]) == program.platforms == PLATFORMS
    assert len(described["arguments"]) == program.in_tree.num_leaves  # arrays, one by one
    assert len(described["arguments"]) == len(program.module_kept_var_idx)  # in StableHLO too
    text = (folder / function / "program.stablehlo.mlir").read_text(encoding="utf-8")
    assert f"module @jit_{function.replace('.', '_')} " in text


def test_programs_do_not_say_where_they_were_made(folder):
    places = [str(Path(each.__file__).parent) for each in (deepmix, accelerated, jax)]
    for path in folder.rglob("program.*"):
        content = path.read_bytes()
        assert not any(place.encode() in content for place in places), path


def of_pixels() -> dict[str, Any]:
    given = draw("export", n=64, weights="reals")
    return {"pixels": given.pixels, "start": given.mixture, "weights": given.weights}


def of_image() -> dict[str, Any]:
    given = problem("export", weights="reals")
    return {"image": given.image, "parameters": given.parameters, "mask": given.weights}


def gmm_e_step() -> tuple[dict[str, Any], Any]:
    given = draw("export", n=64)
    r, log_likelihood = accelerated.mixtures.gmm.e_step(given.pixels, given.mixture)
    expected = {"responsibilities": r, "log_likelihood": log_likelihood}
    return {"pixels": given.pixels, "mixture": given.mixture}, expected


def gmm_fit() -> tuple[dict[str, Any], Any]:
    return of_pixels(), {"fit": accelerated.mixtures.gmm.fit(**of_pixels())}


def svgmm_fit() -> tuple[dict[str, Any], Any]:
    given = of_pixels()
    given["start"] = given["start"]._replace(proportions=draw_responsibilities(np.random.default_rng(0), 3, 64))
    return given, {"fit": accelerated.mixtures.svgmm.fit(**given)}


def layers_conv() -> tuple[dict[str, Any], Any]:
    rng, shapes = np.random.default_rng(0), {"x": (2, 8, 8), "kernel": (3, 3, 2, 2), "bias": (2,)}
    given = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    value, pullback = reference.networks.layers.conv(**given)
    cotangent = rng.normal(size=value.shape)
    gradients = dict(zip(given, pullback(cotangent), strict=True))
    return given | {"cotangent": cotangent}, {"value": value, "pullback": gradients}


def deep_fit() -> tuple[dict[str, Any], Any]:
    return of_image(), {"fit": accelerated.deep_mixtures.one_image.fit(**of_image(), model=DeepModel(unet=CONFIG))}


def deep_warm_start() -> tuple[dict[str, Any], Any]:
    target = draw_responsibilities(np.random.default_rng(0), 3, 64).reshape(3, 8, 8)
    given = of_image() | {"target": target}
    return given, {"parameters": accelerated.deep_mixtures.one_image.warm_start(**given, config=CONFIG)}


def metrics_match_classes() -> tuple[dict[str, Any], Any]:
    labels, truth = np.random.default_rng(0).integers(0, 4, (2, 8, 8), dtype=np.int32)
    return {"labels": labels, "truth": truth}, {
        "matched": reference.evaluation.overlap.match_classes(labels, truth, 3, 3)
    }


PROGRAMS = {
    "mixtures.gmm.e_step": gmm_e_step,
    "mixtures.gmm.fit": gmm_fit,
    "mixtures.svgmm.fit": svgmm_fit,
    "networks.layers.conv": layers_conv,
    "deep_mixtures.one_image.fit": deep_fit,
    "deep_mixtures.one_image.warm_start": deep_warm_start,
    "evaluation.overlap.match_classes": metrics_match_classes,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_gives_the_numbers_of_its_function(name, folder):
    """As a user runs it: from the file, on flat arrays by the names in arguments.json."""
    given, expected = PROGRAMS[name]()
    place = folder / name
    described = json.loads((place / "arguments.json").read_text(encoding="utf-8"))
    program = jax.export.deserialize((place / "program.jax_export").read_bytes())
    arrays, _ = flat.flatten(given)
    results = program.call(*(arrays[each["name"]] for each in described["arguments"]))
    assert list(results) == [each["name"] for each in described["results"]]
    wanted = flat.leaves(expected)
    assert set(results) == set(wanted)
    for name, array in wanted.items():
        found = np.asarray(results[name])
        if name.endswith("history"):
            assert len(array) > 1
            assert np.isnan(found[len(array) :]).all()
            found = found[: len(array)]
        np.testing.assert_allclose(found, array, rtol=1e-7, atol=1e-10, err_msg=name)


def test_overwrite_replaces_the_old_programs_and_nothing_else(tmp_path, run):  # noqa: F811
    first = ["export", tmp_path, *SMALL, "--platforms", "tpu,cpu"]
    assert run(*first, "--only", "mixtures.gmm.*")[0] == 0
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "mixtures.gmm.nll" / "notes.txt").write_text("mine", encoding="utf-8")
    code, _, err = run(*first, "--only", "mixtures.gmm.fit")
    assert (code, len(err.splitlines())) == (2, 1)
    assert "--overwrite" in err
    assert run(*first, "--only", "mixtures.gmm.fit", "--overwrite")[0] == 0
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    programs = {f"mixtures.gmm.fit/{file}" for file in FILES}
    assert (
        left
        == {"manifest.json", "notes.txt", "mixtures.gmm.nll", "mixtures.gmm.nll/notes.txt", "mixtures.gmm.fit"}
        | programs
    )
    assert json.loads((tmp_path / "mixtures.gmm.fit" / "arguments.json").read_text(encoding="utf-8"))[
        "platforms"
    ] == [
        "tpu",
        "cpu",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--platforms", "cpu,abacus"], "platforms must be one of cpu, cuda, rocm, tpu; got 'abacus'"),
        (["--dtype", "float16"], "dtype must be one of float64, float32; got 'float16'"),
        (["--size", "100", "--depth", "4"], "size must be a multiple of 16, got 100"),
        (["--size", "7", "--depth", "0"], "size must be a multiple of 2, got 7"),
        (["--classes", "0"], "classes must be at least 1, got 0"),
        (
            ["--only", "mixtures.gmm.fits"],
            "nothing is named mixtures.gmm.fits; perhaps mixtures.gmm.fit or mixtures.svgmm.fit",
        ),
    ],
)
def test_errors_are_one_line(options, message, tmp_path, run):  # noqa: F811
    code, out, err = run("export", tmp_path / "out", *options)
    assert (code, out, err) == (2, "", f"deepmix: {message}\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing", ["jax", "flatbuffers"])
def test_what_is_missing_is_named(missing, tmp_path, run, monkeypatch):  # noqa: F811
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else real(name))
    code, _, err = run("export", tmp_path / "out")
    needs = f"deepmix: deepmix export needs {missing}; install it with: pip install 'deepmix[export]'\n"
    assert (code, err) == (2, needs)
    assert list(tmp_path.iterdir()) == []

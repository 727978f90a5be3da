"""`deepmix conform` and `deepmix vectors`: modules and files, tables, exit codes, mistakes in one line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deepmix.conformance import files
from deepmix.conformance.cases import cases
from tests.app.cli.test_cli import Command, run  # noqa: F401

MODULE = """
from types import SimpleNamespace
from deepmix import reference
from deepmix.reference.evaluation import overlap

def shifted(log_likelihood, weights):
    return reference.mixtures.em.mean_nll(log_likelihood, weights) + 1e-4

mixtures = SimpleNamespace(em=SimpleNamespace(mean_nll=shifted))
evaluation = SimpleNamespace(overlap=overlap)
"""


@pytest.fixture
def module(tmp_path, monkeypatch) -> str:
    """A module in the working folder: evaluation as it should be, mean_nll wrong."""
    (tmp_path / "shifted_port.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield "shifted_port"
    sys.modules.pop("shifted_port", None)


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("1 +", "bad_port", "bad_port cannot be imported: SyntaxError: invalid syntax"),
        ("import sys; sys.exit()", "bad_port", "bad_port cannot be imported: SystemExit: (bad_port.py:1)"),
        ("raise RuntimeError('no GPU')", "bad_port", "cannot be imported: RuntimeError: no GPU (bad_port.py:1)"),
        ("", "./bad_port.py", "./bad_port.py is a file; name the module: bad_port"),
        ("DTYPES = 'float32'", "bad_port", "DTYPES of the module must be some of ('float64', 'float32')"),
    ],
)
def test_modules_that_cannot_be_imported_are_one_line(text, name, message, run, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "bad_port.py").write_text(text, encoding="utf-8")
    sys.modules.pop("bad_port", None)
    code, _, err = run("conform", name)
    assert code == 2
    assert message in err
    assert err.count("\n") == 1


def test_of_a_port_whose_session_fails_there_is_no_verdict(run, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "bad_port.py").write_text(
        "from types import SimpleNamespace\n"
        "def session(dtype):\n    raise RuntimeError('no GPU')\n"
        "conformance = SimpleNamespace(session=session)\n",
        encoding="utf-8",
    )
    sys.modules.pop("bad_port", None)
    code, out, err = run("conform", "bad_port", "--only", "mixtures.em.*")
    assert (code, out) == (2, "")
    assert err == "deepmix: bad_port could not be tried in float64: no GPU\n"


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("case.json", b"{}", "case.json lacks specification, function, case"),
        ("case.json", b"[]", "case.json lacks specification, function, case"),
        ("case.json", b"{", "case.json is no JSON"),
        ("inputs.npz", b"PK", "inputs.npz cannot be read as .npz"),
        ("expected.npz", None, "No such file or directory"),
    ],
)
def test_damaged_vectors_are_one_line(file, content, message, run, tmp_path):  # noqa: F811
    assert run("vectors", tmp_path / "v", "--only", "mixtures.em.mean_nll/one_pixel")[0] == 0
    path = tmp_path / "v" / "mixtures.em.mean_nll" / "one_pixel" / file
    path.unlink() if content is None else path.write_bytes(content)
    (tmp_path / "v" / "SHA256SUMS").unlink()
    code, _, err = run("conform", "deepmix.reference", "--vectors", tmp_path / "v")
    assert code == 2
    assert message in err
    assert err.count("\n") == 1


def test_arrays_that_are_not_described_are_one_line(run, tmp_path):  # noqa: F811
    assert run("vectors", tmp_path / "v", "--only", "mixtures.em.mean_nll/one_pixel")[0] == 0
    path = tmp_path / "v" / "mixtures.em.mean_nll" / "one_pixel" / "inputs.npz"
    np.savez(path, weights=np.ones(1))
    (tmp_path / "v" / "SHA256SUMS").unlink()
    code, _, err = run("conform", "deepmix.reference", "--vectors", tmp_path / "v")
    assert code == 2
    assert "inputs holds log_likelihood as None, case.json says ('float64', (1,))" in err


def test_the_command_prints_a_table_and_ends_with_0_or_1(module, run):  # noqa: F811
    code, out, err = run("conform", module, "--json", "all.json")
    lines = out.splitlines()
    assert (code, err) == (1, "")
    assert lines[1].split() == ["float64", "float32"]
    assert lines[2].split() == ["function", *["pass", "fail", "missing", "worst"] * 2]
    row = next(line for line in lines if "mixtures.em.mean_nll" in line).split()
    assert row[:2] == ["mixtures.em.mean_nll", "3"]
    failure = next(line for line in lines if line.startswith("fail: mixtures.em.mean_nll/all_pixels float64"))
    assert "× the tolerance): nll is " in failure
    assert lines[-1].startswith("shifted_port does not conform: 134 pass, 6 fail, ")
    written = json.loads(Path("all.json").read_text(encoding="utf-8"))
    assert written["module"] == module
    assert not written["conforms"]
    failed = {
        (result["function"], result["dtype"]) for result in written["results"] if result["outcome"] == "fail"
    }
    assert failed == {("mixtures.em.mean_nll", "float64"), ("mixtures.em.mean_nll", "float32")}
    code, out, _ = run("conform", module, "--only", "evaluation.overlap.*", "--dtype", "float64")
    assert code == 0
    assert out.splitlines()[-1].startswith("shifted_port conforms: 67 pass, 0 fail")


def test_the_command_with_expected_failures(module, run, tmp_path):  # noqa: F811
    (tmp_path / "known").write_text(
        "# shifted on purpose\nmixtures.em.mean_nll/*  # all of them\nem.typo\n\n", encoding="utf-8"
    )
    code, out, err = run(
        "conform",
        module,
        "--only",
        "mixtures.em.*",
        "--only",
        "evaluation.overlap.*",
        "--dtype",
        "float64",
        "--xfail",
        "known",
    )
    assert code == 0
    assert err == "warning: the expected failure 'em.typo' names no case that was run\n"
    assert "3 expected failure" in out
    code, out, _ = run("conform", "deepmix.reference", "--only", "mixtures.em.*", "--xfail", "known")
    assert code == 1
    unexpected = "passes, but 'mixtures.em.mean_nll/*' expects it to fail"
    assert f"unexpected pass: mixtures.em.mean_nll/all_pixels float64: {unexpected}" in out


def test_the_command_on_outputs_of_another_language(run, tmp_path, monkeypatch):  # noqa: F811
    """The files alone: write actual.npz as a port elsewhere would, from case.json and inputs.npz."""
    monkeypatch.chdir(tmp_path)
    assert run("vectors", "v", "--dtype", "float32", "--only", "mixtures.em.*", "--only", "mixtures.gmm.*")[0] == 0
    assert (tmp_path / "v" / "FORMAT.md").read_text(encoding="utf-8").startswith("# Test vectors")
    for place in (tmp_path / "v" / "mixtures.em.mean_nll").iterdir():
        given = np.load(place / "inputs.npz")
        nll = -(given["weights"] * given["log_likelihood"]).sum() / given["weights"].sum()
        assert nll.dtype == np.float32
        np.savez(place / "actual.npz", nll=nll)
    for place in (tmp_path / "v" / "mixtures.gmm.fit").glob("rejects_*"):
        np.savez(place / "actual.npz", rejected=1)
    code, out, _ = run("conform", "--outputs", "v")
    assert code == 0
    written = [case for case in cases("minimal", "float32") if case.function.split(".")[1] in ("em", "gmm")]
    missing = len(written) - 18
    assert out.splitlines()[-1].startswith(f"v conforms: 18 pass, 0 fail, {missing} missing")
    np.savez(tmp_path / "v" / "mixtures.em.mean_nll" / "one_pixel" / "actual.npz", loss=nll)
    (tmp_path / "v" / "mixtures.gmm.fit" / "rejects_empty_mask" / "actual.npz").write_bytes(b"PK")
    chosen = ["mixtures.em.*", "mixtures.gmm.fit/rejects_empty_mask", "mixtures.gmm.fit/no_step"]
    only = [word for case in chosen for word in ("--only", case)]
    code, out, _ = run("conform", "--outputs", "v", "--require", "all", *only)
    assert code == 1
    assert "fail: mixtures.em.mean_nll/one_pixel float32: nothing is called nll" in out
    place = "mixtures.gmm.fit/rejects_empty_mask"
    assert f"fail: {place} float32: v/{place}/actual.npz cannot be read" in out
    assert "fail: mixtures.gmm.fit/no_step float32: there is no actual.npz" in out


def test_the_command_on_vectors_in_files(module, run, tmp_path):  # noqa: F811
    only = "--only", "mixtures.em.*", "--only", "evaluation.overlap.*"
    assert run("vectors", tmp_path / "v", *only)[0] == 0
    code, out, _ = run("conform", module, "--vectors", tmp_path / "v", *only)
    assert code == 1
    assert out.splitlines()[-1].startswith("shifted_port does not conform: 67 pass, 3 fail")
    code, out, _ = run("conform", "deepmix.reference", "--vectors", tmp_path / "v")
    written = [case for case in cases("minimal", "float64") if case.function.split(".")[1] in ("em", "overlap")]
    total = len(written)
    assert code == 0
    assert out.splitlines()[-1].startswith(f"deepmix.reference conforms: {total} pass, 0 fail; largest error 0 × ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name a module to run, or a folder with --outputs; one of the two"),
        (["deepmix.reference", "--outputs", "v"], "name a module to run, or a folder with --outputs"),
        (["no_such_port"], "No module named 'no_such_port'"),
        (
            ["deepmix.reference", "--only", "mixtures.gmm.fits"],
            "nothing is named mixtures.gmm.fits; perhaps mixtures.gmm.fit or mixtures.svgmm.fit",
        ),
        (["deepmix.reference", "--dtype", "float16"], "dtype must be one of float64, float32; got 'float16'"),
        (["deepmix.reference", "--preset", "large"], "preset must be one of minimal, paper; got 'large'"),
        (["deepmix.reference", "--require", "some"], "require must be one of all; got 'some'"),
        (["--outputs", "."], ". holds no vectors; make some with: deepmix vectors ."),
        (
            ["deepmix.reference", "--vectors", ".", "--dtype", "float64"],
            "--preset and --dtype say which vectors to make",
        ),
        (["deepmix.reference", "--xfail", "nowhere"], "No such file or directory: 'nowhere'"),
        (
            ["deepmix.reference", "--only", "mixtures.em.*", "--json", "no/where.json"],
            "no/where.json cannot be written: name a file in a folder that exists",
        ),
    ],
)
def test_mistakes_in_the_command_are_one_line(arguments, message, run, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    code, _, err = run("conform", *arguments)
    assert code == 2
    assert message in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_vectors_go_into_an_empty_folder_only(run, tmp_path):  # noqa: F811
    (tmp_path / "mine").write_text("kept", encoding="utf-8")
    code, _, err = run("vectors", tmp_path)
    assert code == 2
    assert err == f"deepmix: {tmp_path} is not empty; name another folder\n"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_vectors_are_all_there_or_none(run, tmp_path, monkeypatch):  # noqa: F811
    def broken(*arguments):
        raise OSError("disk full")

    monkeypatch.setattr(files, "write_index", broken)
    assert run("vectors", tmp_path / "v", "--only", "mixtures.em.*")[0] == 2
    assert list(tmp_path.iterdir()) == []


def test_a_terminal_that_knows_ascii_alone_gets_question_marks():
    command = [sys.executable, "-c", "from deepmix.cli import main; main()"]
    options = ["conform", "deepmix.reference", "--only", "mixtures.em.*"]
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run([*command, *options], capture_output=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"largest error 0 ? the tolerance" in done.stdout

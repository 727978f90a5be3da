"""`python -m deepmix.conformance` says and returns what `deepmix conform` does, with NumPy and SciPy alone."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.app.cli.test_cli import Command, run  # noqa: F401
from tests.conformance.test_commands import MODULE

# What the extras bring along cannot be imported.
WITHOUT_EXTRAS = """
import runpy, sys
class Extras:
    def find_spec(name, path=None, target=None):
        if name in {"typer", "rich", "psutil", "SimpleITK", "nibabel", "tifffile", "PIL", "jax", "sklearn"}:
            raise ModuleNotFoundError(f"there is no {name} in the base install", name=name)
sys.meta_path.insert(0, Extras)
runpy.run_module("deepmix.conformance", run_name="__main__")
"""
ONLY = ("--only", "mixtures.em.*", "--only", "evaluation.overlap.*")


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    (tmp_path / "shifted_port.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path
    sys.modules.pop("shifted_port", None)


def plain(place: Path, *arguments) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", WITHOUT_EXTRAS, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", cwd=place, check=False)


def test_it_prints_what_the_command_prints(place, run):  # noqa: F811
    (place / "known").write_text("mixtures.em.mean_nll/one_pixel\nmixtures.em.typo\n", encoding="utf-8")
    arguments = ["shifted_port", *ONLY, "--dtype", "float64", "--xfail", "known", "--json", "all.json"]
    done = plain(place, *arguments)
    written = json.loads((place / "all.json").read_text(encoding="utf-8"))
    code, out, err = run("conform", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (code, out, err)
    assert code == 1
    assert err == "warning: the expected failure 'mixtures.em.typo' names no case that was run\n"
    assert written == json.loads((place / "all.json").read_text(encoding="utf-8"))
    assert (written["module"], written["preset"], written["only"]) == (
        "shifted_port",
        "minimal",
        str(list(ONLY[1::2])),
    )


def test_it_ends_with_0_where_the_port_conforms(place, run):  # noqa: F811
    done = plain(place, "deepmix.reference", *ONLY)
    assert (done.returncode, done.stderr) == (0, "")
    verdict = r"deepmix\.reference conforms: \d+ pass, 0 fail; largest error 0 × "
    assert re.match(verdict, done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name a module to run, or a folder with --outputs; one of the two"),
        (["no_such_port"], "No module named 'no_such_port'"),
        (["--outputs", "."], ". holds no vectors; make some with: deepmix vectors ."),
        (["deepmix.reference", "--require", "some"], "require must be one of all; got 'some'"),
        (["deepmix.reference", "--xfail", "nowhere"], "No such file or directory: 'nowhere'"),
    ],
)
def test_mistakes_are_one_line(arguments, message, place):
    done = plain(place, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("deepmix.conformance: ")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_help_names_the_options(place):
    done = plain(place, "--help")
    assert done.returncode == 0
    assert "Check a port against the reference." in done.stdout
    assert "--outputs OUTPUTS" in done.stdout

"""JAX that cannot start, since JAX_PLATFORMS names what is not there or a plugin fails: one line, code 2."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jax
import numpy as np
import pytest

from deepmix import segment
from deepmix.datasets import drawn
from tests.app.cli.test_cli import Command, run  # noqa: F401


@pytest.fixture
def absent(monkeypatch) -> Iterator[None]:
    """What JAX does with JAX_PLATFORMS=cuda where there is no such plugin: an assertion, without a word."""

    def devices(backend: str | None = None) -> list[jax.Device]:
        raise AssertionError

    before = jax.config.jax_platforms
    jax.config.update("jax_platforms", "cuda")
    monkeypatch.setattr(jax, "devices", devices)
    yield
    jax.config.update("jax_platforms", before)


@pytest.fixture
def folder(tmp_path) -> Path:
    """An image, two label maps, and a data set."""
    rng = np.random.default_rng(0)
    np.save(tmp_path / "image.npy", rng.normal(size=(16, 16)).astype(np.float32))
    np.save(tmp_path / "labels.npy", rng.integers(1, 3, (16, 16)).astype(np.uint8))
    drawn.write(tmp_path, 101, drawn.draw(101, 48)[:2])
    return tmp_path


LINE = "JAX cannot start on JAX_PLATFORMS=cuda; unset JAX_PLATFORMS, or set it to cpu (AssertionError)"


@pytest.mark.parametrize(
    "arguments",
    [
        "segment image.npy -k 2 -o out",
        "segment image.npy -k 2 --device cpu -o out",
        "demo -o out --size 48",
        "train . -k 2 -o out",
        "export out --only mixtures.em.*",
        "conform deepmix.accelerated --only mixtures.em.* --json out",
    ],
)
def test_what_needs_jax_says_in_a_line_that_it_cannot_start(arguments, folder, run, absent, monkeypatch):  # noqa: F811
    monkeypatch.chdir(folder)
    code, out, err = run(*arguments.split())
    assert code == 2
    assert err.startswith("deepmix: ")
    assert err.endswith(f"{LINE}\n")
    assert err.count("\n") == 1
    assert "conform" not in out
    assert not Path("out").exists()


def test_of_a_port_that_cannot_be_tried_there_is_no_verdict(run, absent):  # noqa: F811
    _, out, err = run("conform", "deepmix.accelerated", "--only", "mixtures.em.*")
    assert out == ""
    assert err == f"deepmix: deepmix.accelerated could not be tried in float64: {LINE}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        "segment image.npy -k 2 --backend reference --method gmm -o out",
        "evaluate labels.npy labels.npy -o out",
        "phantoms out -n 1 --size 48",
        "vectors out --only mixtures.em.*",
        "conform deepmix.reference --only mixtures.em.* --json out",
    ],
)
def test_what_needs_no_jax_does_not_mind(arguments, folder, run, absent, monkeypatch):  # noqa: F811
    monkeypatch.chdir(folder)
    code, _, err = run(*arguments.split())
    assert (code, err) == (0, "")
    assert Path("out").exists()


def test_in_python_it_is_a_value_error(absent):
    with pytest.raises(ValueError, match=r"^JAX cannot start on JAX_PLATFORMS=cuda; unset"):
        segment(np.eye(8), n_components=2, method="gmm")


def test_a_plugin_that_fails_by_itself(absent):
    jax.config.update("jax_platforms", None)
    with pytest.raises(ValueError, match=r"^JAX cannot start; set JAX_PLATFORMS=cpu \(AssertionError\)$"):
        segment(np.eye(8), n_components=2, method="gmm")


def test_jax_itself_is_asked(folder):
    command = [sys.executable, "-c", "from deepmix import cli; cli.main()", "segment", "image.npy", "-k", "2"]
    surroundings = os.environ | {"JAX_PLATFORMS": "abacus"}
    done = subprocess.run(
        [*command, "-o", "out"], cwd=folder, env=surroundings, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("deepmix: JAX cannot start on JAX_PLATFORMS=abacus; unset JAX_PLATFORMS, or set")
    assert done.stderr.count("\n") == 1

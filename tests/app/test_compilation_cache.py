"""The command keeps what it has compiled for its next run; the Python API does not, nor does whoever says so."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

import deepmix
from deepmix import compilation_cache
from tests.app.cli.test_cli import Command, run  # noqa: F401
from tests.app.segmentation.test_segmentation import blobs

# Everything is kept, however fast it compiles, so that a second run has nothing to add. What JAX found in its
# cache and what it missed there is counted, and printed at the end.
CODE = """
import atexit, collections, json, sys
import jax.monitoring
from deepmix import cli, compilation_cache
compilation_cache.MIN_COMPILE_SECONDS = 0
counts = collections.Counter()
jax.monitoring.register_event_listener(lambda event, **_: counts.update([event.rpartition("/")[2]]))
atexit.register(lambda: print(json.dumps([counts["cache_hits"], counts["cache_misses"]]), file=sys.stderr))
cli.main()
"""
NAMES = (
    "jax_compilation_cache_dir",
    "jax_enable_compilation_cache",
    "jax_persistent_cache_min_compile_time_secs",
)


@pytest.fixture
def image(tmp_path) -> Path:
    np.save(tmp_path / "image.npy", blobs()[0])
    return tmp_path / "image.npy"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The user's cache folder; JAX's configuration is that of a user who has said nothing, and restored."""
    before = {name: getattr(jax.config, name) for name in NAMES}
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    jax.config.update("jax_compilation_cache_dir", None)
    jax.config.update("jax_enable_compilation_cache", True)
    yield tmp_path / "cache"
    for name, value in before.items():
        jax.config.update(name, value)


def hits_and_misses(image: Path, folder: Path) -> list[int]:
    """How often a run of the command in a new process finds what it needs in the cache, and how often not."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder), "JAX_ENABLE_COMPILATION_CACHE": "true"}
    options = {"-k": 3, "--preset": "paper", "--depth": 1, "--filters": 2, "--max-steps": 2, "--min-steps": 2}
    command = [
        sys.executable,
        "-c",
        CODE,
        "segment",
        image,
        *(str(word) for pair in options.items() for word in pair),
    ]
    command += ["--overwrite", "-o", image.parent / "out"]
    done = subprocess.run(command, capture_output=True, check=True, env=environment)
    return json.loads(done.stderr.splitlines()[-1])


def test_the_second_run_compiles_nothing_anew(image, tmp_path):
    hits, misses = hits_and_misses(image, tmp_path / "cache")
    kept = [path.relative_to(tmp_path / "cache").as_posix() for path in tmp_path.rglob("jit_*-cache")]
    assert hits == 0
    assert misses == len(kept) > 5
    assert all(name.startswith("deepmix/jax/") for name in kept)
    assert hits_and_misses(image, tmp_path / "cache") == [misses, 0]


def test_it_is_set_up_in_the_users_cache_folder(folder):
    compilation_cache.enable()
    place = Path(jax.config.jax_compilation_cache_dir)
    assert place.parent == folder / "deepmix" / "jax"
    assert place.is_dir()
    assert jax.config.jax_persistent_cache_min_compile_time_secs == compilation_cache.MIN_COMPILE_SECONDS


@pytest.mark.parametrize(("name", "value"), [(NAMES[0], "elsewhere"), (NAMES[1], False)])
def test_what_jax_has_been_told_comes_first(name, value, folder):
    jax.config.update(name, value)
    compilation_cache.enable()
    assert jax.config.jax_compilation_cache_dir == (value or None)
    assert not folder.exists()


def test_a_folder_that_cannot_be_written_to_is_a_warning(folder, image, run):  # noqa: F811
    folder.touch()
    code, _, err = run("segment", image, "-k", 3, "--method", "gmm", "-o", image.parent / "out")
    assert code == 0
    assert err.startswith("warning: compiled programs cannot be kept for the next run: ")
    assert str(folder) in err
    assert len(err.splitlines()) == 1
    assert jax.config.jax_compilation_cache_dir is None


@pytest.mark.parametrize("command", ["segment", "demo"])
def test_the_commands_use_it_unless_told_not_to(command, folder, image, run, monkeypatch):  # noqa: F811
    class Ready(OSError):
        """Ends the command where the work would begin."""

    def stop(*_):
        raise Ready(str(jax.config.jax_compilation_cache_dir))

    monkeypatch.setattr("deepmix.segmentation.run.run", stop)
    given = {"segment": ["segment", image, "-k", 3], "demo": ["demo", "--size", 48]}[command]
    given += ["-o", image.parent / "out"]
    for options in (["--no-compilation-cache"], ["--backend", "reference"]):
        assert run(*given, *options)[2] == "deepmix: None\n"
    assert not folder.exists()
    assert run(*given)[2] == f"deepmix: {compilation_cache.folder()}\n"


def test_the_python_api_does_not_use_it(folder):
    deepmix.segment(blobs()[0], n_components=3, method="gmm")
    assert jax.config.jax_compilation_cache_dir is None
    assert not folder.exists()


@pytest.mark.parametrize(
    ("system", "variables", "expected"),
    [
        ("linux", {}, "/home/ada/.cache/deepmix/jax"),
        ("darwin", {}, "/home/ada/Library/Caches/deepmix/jax"),
        ("win32", {}, "/home/ada/AppData/Local/deepmix/jax"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/deepmix/jax"),
        ("darwin", {"XDG_CACHE_HOME": "/mine"}, "/mine/deepmix/jax"),
    ],
)
def test_every_system_has_its_folder(system, variables, expected, monkeypatch):
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ({"HOME": "/home/ada"} | variables).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", system)
    assert compilation_cache.folder().parent == Path(expected)


def test_processors_do_not_share_a_folder(monkeypatch):
    """What is compiled for one may be illegal instructions for another."""
    places = set()
    for processor in ("x86_64 flags: sse2 avx512f", "x86_64 flags: sse2"):
        monkeypatch.setattr(compilation_cache, "_processor", lambda processor=processor: processor)
        places.add(compilation_cache.folder())
    assert len(places) == 2

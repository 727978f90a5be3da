"""Training that is killed anywhere, again and again, ends with the parameters that it would have had."""

import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from deepmix.datasets import drawn

pytest.importorskip("orbax.checkpoint", reason="needs the extra train")

from deepmix.training import runs

KILLS = 20
EPOCHS = 20
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["deepmix.training.job", "deepmix.training.execution", "typer", "rich.progress"])


def command(log: Path, arguments: list[str]) -> None:
    """The command in a new process, which is all that a signal shall meet."""
    from deepmix import cli

    os.environ["JAX_ENABLE_COMPILATION_CACHE"] = "true"
    os.environ["XDG_CACHE_HOME"] = str(log.parent / "cache")
    sys.stdout = sys.stderr = log.open("a", encoding="utf-8", buffering=1)
    sys.argv = ["deepmix", *arguments]
    cli.main()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("interrupted")
    (folder / "phantoms").mkdir()
    for number in (101, 102, 103, 109):
        drawn.write(folder / "phantoms", number, drawn.draw(number, 48)[:2])
    return folder


def begin(folder: Path, name: str) -> multiprocessing.Process:
    """Train in a process: 3 steps an epoch, a checkpoint a step."""
    options = "-k 4 --depth 1 --filters 2 --crop 32 --batch-size 2 --tol 0 --mean-prior auto --checkpoint-every 1"
    arguments = [
        "train",
        str(folder / "phantoms"),
        "-o",
        str(folder / name),
        "--max-epochs",
        str(EPOCHS),
        "--resume",
    ]
    process = FORKS.Process(target=command, args=(folder / f"{name}.log", arguments + options.split()))
    process.start()
    return process


def steps(folder: Path) -> int:
    """How many are in a checkpoint that is whole."""
    checkpoints = folder / runs.CHECKPOINTS
    names = [path.name for path in checkpoints.iterdir()] if checkpoints.exists() else []
    return max((int(name) for name in names if name.isdigit()), default=0)


def said(folder: Path, name: str) -> str:
    return (folder / f"{name}.log").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def uninterrupted(folder) -> Path:
    process = begin(folder, "whole")
    process.join()
    assert process.exitcode == 0, said(folder, "whole")
    return folder / "whole"


def assert_same_run(one: Path, other: Path) -> None:
    first, second = (np.load(each / runs.PARAMETERS) for each in (one, other))
    assert set(first) == set(second)
    for name in first:
        np.testing.assert_array_equal(first[name], second[name])
    assert runs.metrics(one) == runs.metrics(other)


@pytest.mark.thorough
def test_killed_twenty_times(folder, uninterrupted):
    """Most times while it trains, sometimes while it starts; each time it goes on from the last checkpoint."""
    rng, killed, told = np.random.default_rng(0), 0, []
    while True:
        process, before = begin(folder, "killed"), steps(folder / "killed")
        if killed % 5 == 4:
            process.join(rng.uniform(0, 3))
        else:
            while process.is_alive() and steps(folder / "killed") <= before:
                time.sleep(0.01)
            process.join(rng.exponential(0.1))
        log = said(folder, "killed").splitlines() if (folder / "killed.log").exists() else []
        told = [int(line.split()[4].rstrip(",")) for line in log if line.startswith("going on after step")]
        if before and killed % 5 != 4:
            assert told[-1] >= before
        if process.is_alive() and killed < KILLS:
            process.kill()
            killed += 1
        process.join()
        if process.exitcode != -signal.SIGKILL:
            break
    assert process.exitcode == 0, said(folder, "killed")
    assert killed == KILLS
    assert len(told) > KILLS // 2
    assert told == sorted(told)
    assert "damaged" not in said(folder, "killed")
    assert_same_run(folder / "killed", uninterrupted)


def stopped(folder: Path, name: str, number: int) -> int:
    """Begin a run and send it a signal after some steps; the steps that are on disk then."""
    process = begin(folder, name)
    while steps(folder / name) < 5:
        assert process.is_alive(), said(folder, name)
        time.sleep(0.01)
    os.kill(process.pid, number)
    process.join()
    assert process.exitcode == 143
    assert "stopped by a signal; go on with the same command and --resume" in said(folder, name)
    return steps(folder / name)


@pytest.mark.thorough
def test_a_signal_is_answered_with_a_checkpoint_and_a_damaged_one_is_skipped(folder, uninterrupted):
    last = stopped(folder, "damaged", signal.SIGTERM)
    files = (folder / "damaged" / runs.CHECKPOINTS / str(last)).rglob("d/*")
    largest = max(files, key=lambda path: path.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:-20])
    process = begin(folder, "damaged")
    process.join()
    assert process.exitcode == 0, said(folder, "damaged")
    log = said(folder, "damaged")
    assert f"warning: the checkpoint of step {last} is damaged" in log
    assert f"going on after step {last - 1}, epoch " in log
    assert_same_run(folder / "damaged", uninterrupted)


def test_so_is_the_keyboard(folder):
    assert 5 <= stopped(folder, "by hand", signal.SIGINT) < 3 * EPOCHS


@pytest.mark.thorough
def test_a_job_that_is_queued_twice_runs_once(folder, uninterrupted):
    processes = [begin(folder, "twice") for _ in range(2)]
    for process in processes:
        process.join()
    assert sorted(process.exitcode for process in processes) == [0, 2], said(folder, "twice")
    (ran,) = (process for process in processes if not process.exitcode)
    assert f"twice is being written to by process {ran.pid} on " in said(folder, "twice")
    assert_same_run(folder / "twice", uninterrupted)

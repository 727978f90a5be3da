"""Devices and processes that share each batch train as one device does."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from deepmix.datasets import drawn
from tests.tolerances import TRAJECTORY

pytest.importorskip("orbax.checkpoint", reason="needs the extra train")

from deepmix.training import runs

COMMAND = [sys.executable, "-c", "from deepmix.cli import main; main()"]
NETWORK = ["-k", "4", "--depth", "1", "--filters", "2", "--crop", "32"]
OPTIONS = [*NETWORK, "--batch-size", "4", "--tol", "0", "--mean-prior", "auto", "--dtype", "float64"]


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("phantoms")
    for number in (101, 102, 103, 109):
        drawn.write(folder, number, drawn.draw(number, 48)[:2])
    return folder


def train(phantoms: Path, folder: Path, *options: str, devices: int = 1) -> subprocess.Popen:
    environment = os.environ | {
        "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}",
        "JAX_ENABLE_COMPILATION_CACHE": "true",
        "XDG_CACHE_HOME": str(phantoms / "cache"),
    }
    arguments = [*COMMAND, "train", str(phantoms), "-o", str(folder), *OPTIONS, *options]
    return subprocess.Popen(
        arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    )


def ended(*processes: subprocess.Popen, code: int = 0) -> list[str]:
    printed = [process.communicate(timeout=300)[0] for process in processes]
    assert [process.returncode for process in processes] == [code] * len(processes), printed
    return printed


def pair(phantoms: Path, folder: Path, *options: str) -> list[subprocess.Popen]:
    """Two processes that talk over loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    together = ["--coordinator", f"127.0.0.1:{port}", "--processes", "2"]
    return [train(phantoms, folder, *options, *together, "--process", str(number)) for number in range(2)]


@pytest.fixture(scope="module")
def alone(phantoms, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "alone"
    ended(train(phantoms, folder, "--max-epochs", "3"))
    return folder


def assert_agree(one: Path, other: Path) -> None:
    first, second = (np.load(each / runs.PARAMETERS) for each in (one, other))
    for name in first:
        np.testing.assert_allclose(first[name], second[name], rtol=TRAJECTORY, atol=TRAJECTORY)
    for line, twin in zip(runs.metrics(one), runs.metrics(other), strict=True):
        assert line.nll == pytest.approx(twin.nll, rel=TRAJECTORY)
        assert line.regularizer == pytest.approx(twin.regularizer, rel=TRAJECTORY)
        assert line.dice == pytest.approx(twin.dice)


@pytest.mark.parametrize("devices", [2, pytest.param(8, marks=pytest.mark.thorough)])
def test_several_devices(devices, phantoms, alone, tmp_path):
    ended(train(phantoms, tmp_path / "run", "--max-epochs", "3", devices=devices))
    assert_agree(tmp_path / "run", alone)


@pytest.mark.thorough
def test_two_processes(phantoms, alone, tmp_path):
    leading, other = ended(*pair(phantoms, tmp_path / "run", "--max-epochs", "3"))
    assert f"run in {tmp_path / 'run'}" in leading
    assert "run in" not in other
    assert_agree(tmp_path / "run", alone)


@pytest.mark.thorough
def test_a_signal_to_one_process_stops_both_after_the_same_step(phantoms, tmp_path):
    """And resumed, they end as if nothing had been."""
    options = ["--max-epochs", "12", "--checkpoint-every", "1"]
    ended(*pair(phantoms, tmp_path / "whole", *options))
    processes = pair(phantoms, tmp_path / "run", *options)
    while not (tmp_path / "run" / runs.CHECKPOINTS / "3").exists():
        assert all(process.poll() is None for process in processes), [
            process.communicate() for process in processes
        ]
        time.sleep(0.01)
    processes[1].send_signal(signal.SIGTERM)
    ended(*processes, code=143)
    assert not (tmp_path / "run" / runs.PARAMETERS).exists()
    ended(*pair(phantoms, tmp_path / "run", *options, "--resume"))
    first, second = (np.load(tmp_path / name / runs.PARAMETERS) for name in ("run", "whole"))
    for name in first:
        np.testing.assert_array_equal(first[name], second[name])

"""Simulated devices: their number is settled when JAX starts, so that they need a process of their own."""

import os
import subprocess
import sys


def output_on_devices(module: str, n_devices: int, *arguments: str) -> str:
    """What a module prints that runs on so many simulated devices, in float64, and is told their number.

    Raises AssertionError if it fails.
    """
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={n_devices}"
    surroundings = os.environ | {"XLA_FLAGS": flags, "JAX_ENABLE_X64": "1"}
    command = [sys.executable, "-m", module, str(n_devices), *arguments]
    run = subprocess.run(command, env=surroundings, capture_output=True, encoding="utf-8")
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout.strip()

"""Importing the project changes nothing that others see."""

import subprocess
import sys

STATE = """
import importlib, logging, os, pkgutil, random, signal, sys, warnings
import jax, matplotlib, numpy as np, SimpleITK as sitk

def state():
    return {
        "jax": {name: getattr(jax.config, name, None) for name in jax.config.values},
        "matplotlib": dict(matplotlib.rcParams),
        "NumPy's errors": np.geterr(), "NumPy's printing": str(np.get_printoptions()),
        "NumPy's random numbers": np.random.get_state()[1].tolist(), "random": random.getstate(),
        "ITK's warnings": sitk.ProcessObject.GetGlobalWarningDisplay(),
        "warnings": (warnings.showwarning, warnings.filters[:]),
        "signals": {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)},
        "environment": {k: v for k, v in os.environ.items() if k.startswith(("JAX", "XLA", "OMP", "OPENBLAS"))},
    }

import grain, orbax.checkpoint, sklearn.base, flax.linen, optax, rich.progress, typer, scipy.stats  # not ours
import nibabel, pydicom, tifffile
before = state()
import deepmix
for module in pkgutil.walk_packages(deepmix.__path__, "deepmix."):
    importlib.import_module(module.name)
after = state()
print(*(name for name in before if before[name] != after[name]), sep=", ")
"""


def test_no_import_changes_what_others_see():
    done = subprocess.run([sys.executable, "-c", STATE], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""

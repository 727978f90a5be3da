"""The base install: NumPy and SciPy alone carry the reference; all else says what to install."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REFERENCE = """
import sys, numpy as np
from deepmix.reference import deep_mixtures, mixtures, networks, types
pixels = np.concatenate([np.full((1, 9), 0.0), np.full((1, 9), 5.0)], axis=1) + np.linspace(0, 1, 18)
fit = mixtures.gmm.fit(pixels, mixtures.initialization.kmeans(pixels, 2))
assert fit.status is types.Status.converged
assert len(set(fit.labels[:9])) == len(set(fit.labels[9:])) == 1
from deepmix.reference.deep_mixtures.records import DeepModel, Optimization
from deepmix.reference.networks.records import UNetConfig
config = UNetConfig(depth=1, filters=2)
parameters = networks.parameters.unet_parameters(1, 2, config)
image, options = pixels.reshape(1, 6, 3)[:, :, :2], Optimization(max_steps=2)
deep_mixtures.one_image.fit(image, parameters, model=DeepModel(config), optimization=options)
from deepmix import segment
assert segment(pixels.reshape(3, 6), n_components=2, method="gmm", backend="reference").labels.max() == 2
from deepmix.conformance import ports, runner
from deepmix.conformance.results import summary
results = runner.run(ports.load("deepmix.reference"), only=["mixtures.em.*", "networks.layers.*"])
assert summary(results)["conforms"]
assert not {"jax", "flax", "optax", "SimpleITK", "typer", "matplotlib"} & set(sys.modules)
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory) -> Path:
    """The interpreter of a new environment with the base install."""
    folder = tmp_path_factory.mktemp("base")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", str(ROOT)], check=True, cwd=folder)
    return python


def call(python: Path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [python, *arguments], capture_output=True, encoding="utf-8", cwd=python.parent, check=False
    )


def test_only_numpy_and_scipy_come_along(python):
    listed = call(python, "-m", "pip", "list", "--format=freeze").stdout
    assert {line.split("==")[0] for line in listed.split()} <= {"deepmix", "numpy", "scipy", "pip", "setuptools"}


def test_the_reference_works(python):
    done = call(python, "-c", REFERENCE)
    assert done.returncode == 0, done.stderr


def test_ports_are_checked(python):
    done = call(python, "-m", "deepmix.conformance", "deepmix.reference", "--only", "mixtures.em.*")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("deepmix.reference conforms: 3 pass, 0 fail; ")


def test_the_command_says_what_is_missing(python):
    done = call(python, str(python.with_name("deepmix")), "demo", "-o", "out")
    assert done.returncode == 2
    assert done.stderr.startswith("deepmix: the command needs SimpleITK>=")
    assert "typer>=0.15 (missing)" in done.stderr
    assert done.stderr.endswith("; install with: pip install 'deepmix[app]'\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import deepmix.accelerated", "pip install 'deepmix[accelerated]'"),
        (
            "import numpy, deepmix; deepmix.segment(numpy.eye(8), n_components=2)",
            "pip install 'deepmix[accelerated]'",
        ),
        (
            "from deepmix import GaussianMixture",
            "need scikit-learn; install it with: pip install 'deepmix[sklearn]'",
        ),
        ("import deepmix.files.images", "pip install 'deepmix[app]'"),
        ("import deepmix.report.figures", "pip install 'deepmix[app]'"),
    ],
)
def test_a_missing_extra_is_named(python, code, message):
    done = call(python, "-c", code)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("ImportError: ")
    assert message in done.stderr.splitlines()[-1]


def test_a_backend_imports_nothing_that_it_does_not_need():
    """Neither the package nor the reference brings JAX in, also where it is installed."""
    code = """
import sys, deepmix, deepmix.reference, deepmix.segmentation.run
sys.exit(not {"jax", "sklearn"}.isdisjoint(sys.modules))
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

"""Quick or thorough: how tests compile, how many examples they draw, which run; and the folders that are given."""

import argparse
import os
import re
import shlex
import sys
from pathlib import Path
from typing import Any

# Before NumPy is imported: on arrays as small as these a second BLAS thread makes the tests twenty times
# slower as soon as anything else runs on the machine.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# What tests compile stays out of the user's cache.
os.environ.setdefault("JAX_ENABLE_COMPILATION_CACHE", "false")

# `pytest -m thorough`, known before JAX is imported. Workers of xdist have another command line: they inherit.
command = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
command.add_argument("-m", default="")
asked, _ = command.parse_known_args([*shlex.split(os.environ.get("PYTEST_ADDOPTS", "")), *sys.argv[1:]])
if re.search(r"(?<!not )\bthorough\b", asked.m):
    os.environ["DEEPMIX_THOROUGH"] = "1"
THOROUGH = os.environ.get("DEEPMIX_THOROUGH") == "1"

# Nearly all of the tests' time goes by in compiling: without most optimisations it takes half of it. What users
# run, with all of them, is proved by the thorough tests, and by those that take the fixture `optimised`.
if not THOROUGH and os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1") == "1":
    os.environ["XLA_FLAGS"] = f"--xla_cpu_use_fusion_emitters=false {os.environ.get('XLA_FLAGS', '')}"

import jax
import pytest
from hypothesis import HealthCheck, Phase, settings

from tests import budget

jax.config.update("jax_enable_x64", True)  # float64 where the inputs are; float32 inputs stay float32

# The first example of a shape compiles: no deadline. Derandomised where a failure must be repeatable.
# `explain` runs a failure again and again under a tracer, which takes minutes where JAX compiles.
common = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
    "phases": [phase for phase in Phase if phase is not Phase.explain],
}
settings.register_profile("dev", max_examples=10, **common)
settings.register_profile("ci", max_examples=15, derandomize=True, **common)
settings.register_profile("thorough", max_examples=300, **common)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "thorough" if THOROUGH else "ci"))

# What these prove in brief, `-m thorough` proves again with hundreds of examples and optimised code.
ALSO_THOROUGH = ("laws", "agreement", "fits")


@pytest.fixture(autouse=True, scope="module")
def forget_what_was_compiled():
    """Compiled functions hold memory maps; over all modules there would be more than Linux grants a process."""
    yield
    jax.clear_caches()


@pytest.fixture(scope="module")
def optimised():
    """Compile as users do, but for the emitters of fusions, which a process chooses once."""
    quick = jax.config.read("jax_disable_most_optimizations")
    jax.clear_caches()
    jax.config.update("jax_disable_most_optimizations", False)
    yield
    jax.config.update("jax_disable_most_optimizations", quick)
    jax.clear_caches()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file's tests run in one process: what they share is made, and compiled, once."""
    from xdist.scheduler import LoadFileScheduling

    return LoadFileScheduling(config, log)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--real-data", type=Path, help="folder with brain/, lesions/ and heart/")
    parser.addoption("--published", type=Path, help="folder with a clone of github.com/matthi99/deepGMM")


def pytest_configure(config: pytest.Config) -> None:
    if not config.getoption("markexpr"):  # of `-m real_data` and the like no budget is known
        config.pluginmanager.register(budget.Meter())
        if not hasattr(config, "workerinput"):
            config.pluginmanager.register(budget.Watch())


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without `-m thorough` no test that is marked so runs; with it the quick proofs run once more."""
    here = Path(__file__).parent
    if THOROUGH:
        for item in items:
            if item.path.relative_to(here).parts[0] in ALSO_THOROUGH:
                item.add_marker("thorough")
        return
    slow = [item for item in items if item.get_closest_marker("thorough")]
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]


@pytest.fixture(scope="session")
def real_data(request: pytest.FixtureRequest) -> Path:
    return given(request, "--real-data", "real images")


@pytest.fixture(scope="session")
def published(request: pytest.FixtureRequest) -> Path:
    folder = given(request, "--published", "a clone of the published code")
    if not (folder / "utils" / "unet.py").exists():
        pytest.fail(f"{folder} is no clone of github.com/matthi99/deepGMM: it has no utils/unet.py", pytrace=False)
    return folder


def given(request: pytest.FixtureRequest, option: str, what: str) -> Path:
    """The folder that an option names; without it the test is skipped."""
    folder = request.config.getoption(option)
    if folder is None:
        pytest.skip(f"needs {what}: pytest {option}=DIR")
    return folder.resolve()

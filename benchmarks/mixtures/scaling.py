"""GMM-EM from few pixels to many, and over several devices."""

import jax
import numpy as np

from ..harness import loops
from ..harness.problems import CHANNELS, CLASSES, blobs
from ..harness.setting import Setting
from ..harness.timing import Row, compare_loops
from ..harness.work import em_iteration

_SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
_QUICK_SIZES = (10_000, 100_000)
_BEARABLE = 1_000_000  # the largest number of pixels for the slow peer


def run(setting: Setting) -> list[Row]:
    """Seconds of an iteration over N, and over a mesh of 1, 2, … devices."""
    sizes = _QUICK_SIZES if setting.quick else _SIZES if setting.platform == "cpu" else (*_SIZES, 100_000_000)
    rows = [row for n in sizes for row in _pixels(setting, n)]
    return rows + _devices(setting, 10_000 if setting.quick else 2_000_000)


def _pixels(setting: Setting, n: int) -> list[Row]:
    problem, work = blobs(n, setting.dtype), em_iteration(n, CHANNELS, CLASSES, setting.dtype)
    fits = {setting.name: loops.of_gmm(setting.module(), problem)}
    if n <= _BEARABLE:
        fits["scikit-learn"] = loops.of_sklearn(problem)
    return compare_loops(f"GMM-EM iteration, N = {n:,}", fits, work, loops.turns(n, setting), setting, size=n)


def _devices(setting: Setting, n: int) -> list[Row]:
    """Rows for pixels divided over meshes; a processor counts as several devices if XLA_FLAGS says so."""
    problem, work = blobs(n, setting.dtype), em_iteration(n, CHANNELS, CLASSES, setting.dtype)
    backend, devices = setting.module(), setting.devices()
    fits = {setting.name: loops.of_gmm(backend, problem)}
    for count in range(1, len(devices) + 1):
        mesh = jax.sharding.Mesh(np.array(devices[:count]), ("pixels",))
        fits[f"mesh of {count}"] = loops.of_gmm(backend, problem, mesh=mesh)
    return compare_loops(f"GMM-EM iteration, N = {n:,}, sharded", fits, work, loops.turns(n, setting), setting)

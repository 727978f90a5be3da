"""An iteration of EM for each family of distributions, beside the Gaussian's on the same pixels [NG]."""

from typing import Any

import numpy as np

from deepmix.reference.mixtures import families
from deepmix.reference.mixtures.records import AnyMixture

from ..harness import loops
from ..harness.problems import CHANNELS, CLASSES, Blobs, blobs
from ..harness.setting import Setting
from ..harness.timing import Row, compare_loops
from ..harness.work import Work, em_iteration
from ..peers import student_mixture

_FAMILIES = ("gaussian", "student", "rician", "gamma", "lognormal", "poisson")
_QUICK_FAMILIES = ("gamma",)  # each number of turns compiles anew
_SIZE, _TURNS = 300_000, 3
_QUICK_SIZE = 5_000
_PEER_SIZE, _PEER_CHANNELS = 50_000, 2
PEER_DEGREES = 4.0


def run(setting: Setting) -> list[Row]:
    """The backend, the reference (float64) and Gaussians for each family; studenttmixture for Student, ν fixed."""
    n = _QUICK_SIZE if setting.quick else _SIZE
    families_ = _QUICK_FAMILIES if setting.quick else _FAMILIES
    rows = [row for family in families_ for row in _of(family, n, setting)]
    return rows + _beside_studenttmixture(_QUICK_SIZE if setting.quick else _PEER_SIZE, setting)


def _of(family: str, n: int, setting: Setting) -> list[Row]:
    problem = _positive(n, setting.dtype, counts=family == "poisson")
    start = _start(problem, family)
    fits = {
        who: loops.of_family(backend, problem.pixels, start, family) for who, backend in setting.backends().items()
    }
    plain = loops.of_family(setting.module(), problem.pixels, _start(problem, "gaussian"), "gaussian")
    task, beside = (
        f"EM iteration, {family}, N = {n:,}",
        {} if family == "gaussian" else {"Gaussian classes": plain},
    )
    return compare_loops(task, fits, _work(n, setting), _TURNS, setting, beside=beside)


def _beside_studenttmixture(n: int, setting: Setting) -> list[Row]:
    """Two rows of one task; their results are equal in the limit only, which an oracle tests."""
    problem = blobs(n, setting.dtype, "full")
    pixels = problem.pixels[:_PEER_CHANNELS]
    gaussians = problem.start._replace(
        means=problem.start.means[:, :_PEER_CHANNELS],
        covariances=problem.start.covariances[:, :_PEER_CHANNELS, :_PEER_CHANNELS],
    )
    of_gaussians = families.FAMILIES["student_fixed"].of_gaussians(gaussians, "full")
    start = of_gaussians._replace(degrees=np.full(CLASSES, PEER_DEGREES, pixels.dtype))
    task, samples = f"EM iteration, student, full, ν fixed, N = {n:,}", np.ascontiguousarray(pixels.T, float)
    work, ours = em_iteration(n, _PEER_CHANNELS, CLASSES, setting.dtype, "full"), setting.module()
    contestants: dict[str, Any] = {
        setting.name: loops.of_family(ours, pixels, start, "student_fixed", "full"),
        "studenttmixture": lambda turns: student_mixture.fit(samples, start, turns),
    }
    return [row for who, loop in contestants.items() for row in compare_loops(task, {who: loop}, work, 3, setting)]


def _positive(n: int, dtype: str, counts: bool) -> Blobs:
    """The pixels of `blobs`, moved to where every family has densities."""
    problem = blobs(n, dtype)
    moved = problem.pixels + (4 - problem.pixels.min(axis=1, keepdims=True))
    start = problem.start._replace(means=problem.start.means + (4 - problem.pixels.min(axis=1)))
    return Blobs(np.round(moved) if counts else moved, start)


def _start(problem: Blobs, family: str) -> AnyMixture:
    weights = np.ones(problem.pixels.shape[1], problem.pixels.dtype)
    begun = families.begin(problem.pixels, problem.start, weights, "diag", family)
    return type(begun)(*(np.asarray(array, problem.pixels.dtype) for array in begun))


def _work(n: int, setting: Setting) -> Work:
    """That of the Gaussian, the least that any family needs."""
    return em_iteration(n, CHANNELS, CLASSES, setting.dtype)

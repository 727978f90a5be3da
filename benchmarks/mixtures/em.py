"""An iteration of EM, for the Gaussian mixture and for the spatially variant one."""

from ..harness import loops
from ..harness.problems import CHANNELS, CLASSES, blobs, per_pixel
from ..harness.setting import Setting
from ..harness.timing import Row, compare_loops
from ..harness.work import em_iteration
from ..peers import numpy_svgmm

# (covariance type, pixels, iterations after which results must match)
_GMM = (("diag", 5_000, 100), ("diag", 100_000, 20), ("diag", 2_000_000, 3), ("full", 100_000, 20))
_SVGMM = (100_000, 10)
_QUICK_GMM = (("diag", 5_000, 100), ("full", 5_000, 50))
_QUICK_SVGMM = (5_000, 50)


def run(setting: Setting) -> list[Row]:
    """The backend, the reference (float64), and scikit-learn or a plain NumPy program, from the same start."""
    rows = [row for size in (_QUICK_GMM if setting.quick else _GMM) for row in _gmm(setting, *size)]
    if hasattr(setting.module().mixtures, "svgmm"):  # a port may have less
        rows += _svgmm(setting, *(_QUICK_SVGMM if setting.quick else _SVGMM))
    return rows


def _gmm(setting: Setting, covariance_type: str, n: int, turns: int) -> list[Row]:
    problem = blobs(n, setting.dtype, covariance_type)
    fits = {
        who: loops.of_gmm(backend, problem, covariance_type) for who, backend in setting.backends().items()
    } | {"scikit-learn": loops.of_sklearn(problem, covariance_type)}
    work = em_iteration(n, CHANNELS, CLASSES, setting.dtype, covariance_type)
    return compare_loops(f"GMM-EM iteration, {covariance_type}, N = {n:,}", fits, work, turns, setting)


def _svgmm(setting: Setting, n: int, turns: int) -> list[Row]:
    problem = blobs(n, setting.dtype)
    start = per_pixel(problem)
    fits = {who: loops.of_svgmm(backend, problem.pixels, start) for who, backend in setting.backends().items()} | {
        "plain NumPy": lambda turns: numpy_svgmm.fit(problem.pixels, start, turns)[0]
    }
    work = em_iteration(n, CHANNELS, CLASSES, setting.dtype, per_pixel=True)
    return compare_loops(f"SVGMM-EM iteration, diag, N = {n:,}", fits, work, turns, setting)

"""A round of fuzzy C-means: centres, memberships, objective and the largest change."""

import numpy as np

from deepmix.reference.mixtures import initialization

from ..harness import loops
from ..harness.problems import CHANNELS, CLASSES, blobs
from ..harness.setting import Setting
from ..harness.timing import Row, compare_loops
from ..harness.work import fuzzy_round

_SIZE, _TURNS = 100_000, 10
_QUICK_SIZE = 5_000


def run(setting: Setting) -> list[Row]:
    """The backend, the reference (float64) and scikit-fuzzy, from the same memberships."""
    n = _QUICK_SIZE if setting.quick else _SIZE
    pixels = blobs(n, setting.dtype).pixels
    start = initialization.random_memberships(CLASSES, n).astype(setting.dtype)
    fits = {who: loops.of_fcm(backend, pixels, start) for who, backend in setting.backends().items()}
    fits["scikit-fuzzy"] = _of_skfuzzy(pixels, start)
    work = fuzzy_round(n, CHANNELS, CLASSES, setting.dtype)
    return compare_loops(f"fuzzy C-means, a round, N = {n:,}", fits, work, _TURNS, setting)


def _of_skfuzzy(pixels: np.ndarray, start: np.ndarray) -> loops.Loop:
    """scikit-fuzzy's rounds, which end early only if nothing changes at all."""
    from skfuzzy import cmeans

    def rounds(n: int) -> np.ndarray:
        centres, _, _, _, _, taken, _ = cmeans(pixels, len(start), 2.0, error=0.0, maxiter=n, init=start)
        if taken != n:
            raise AssertionError(f"scikit-fuzzy stopped after {taken} of {n} rounds")
        return centres

    return rounds

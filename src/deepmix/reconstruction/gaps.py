"""Detectors and views that measured nothing, and what stands in the place of what they did not."""

from collections.abc import Sequence

import numpy as np

FEWEST_VIEWS = 8  # with fewer, a detector may count the same in all of them by chance
SAME = 1e-6  # of the largest count: what varies by less does not vary


def never_finite(values: np.ndarray) -> np.ndarray:
    """Which detectors (D,) have no finite value in any view. values: (n, D)."""
    return ~np.isfinite(values).any(axis=0)


def dead_detectors(passed: np.ndarray, incident: np.ndarray) -> np.ndarray:
    """Which detectors (D,) say nothing of the object.

    Their flat field is not above the dark one or not finite, or they count nothing in any view, or the same in
    every one between others that vary. passed, incident: (n, D) and (D,), counts above the dark field.
    """
    silent = ~(incident > 0) | ~(passed > 0).any(axis=0)
    return silent | _stuck(np.where(silent, 0, passed))


def _stuck(passed: np.ndarray) -> np.ndarray:
    """(D,): the same in every view. Beside all that vary it may be air without noise."""
    if len(passed) < FEWEST_VIEWS:
        return np.zeros(passed.shape[1], bool)
    varies = np.ptp(passed, axis=0) > SAME * passed.max()
    between = np.maximum.accumulate(varies) & np.maximum.accumulate(varies[::-1])[::-1]
    return ~varies & between


def bridged(data: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The data (n, D), and where the weight is 0 a line between the nearest detectors of the view that count.

    Views without any are left as they are.
    """
    counted, places = weights > 0, np.arange(data.shape[1])
    filled = data.copy()
    for view in np.flatnonzero(counted.any(axis=1) & ~counted.all(axis=1)):
        here = counted[view]
        filled[view, ~here] = np.interp(places[~here], places[here], data[view, here])
    return filled


def named(places: Sequence[int], most: int = 8) -> str:
    """Numbers for a message, counted from 0; of many, the first."""
    shown = ", ".join(map(str, places[:most]))
    return shown + (", …" if len(places) > most else "")

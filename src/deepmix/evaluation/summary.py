"""Scores over many cases: means with bootstrap confidence intervals, and how many values are not finite."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from .measures import MEASURES, CaseScores

RESAMPLES = 2000


class Summary(NamedTuple):
    """One measure over the cases.

    mean: of the n finite values, NaN if n = 0. low, high: its 95 % interval, NaN for fewer than two values.
    misses: values that are infinite: a structure that was missed, or found where there is none.
    undefined: values that are NaN, such as the precision where nothing was predicted.
    """

    mean: float
    low: float
    high: float
    n: int
    misses: int
    undefined: int


def summary(values: Iterable[float], seed: int) -> Summary:
    """The mean of the finite values, its interval by percentile bootstrap (Efron 1979), and other counts."""
    every = np.array(list(values), dtype=float)
    finite, low, high = every[np.isfinite(every)], np.nan, np.nan
    if len(finite) > 1:
        drawn = np.random.default_rng(seed).integers(len(finite), size=(RESAMPLES, len(finite)))
        low, high = (float(each) for each in np.percentile(finite[drawn].mean(axis=1), (2.5, 97.5)))
    misses, undefined = int(np.isinf(every).sum()), int(np.isnan(every).sum())
    return Summary(mean=_mean(finite), low=low, high=high, n=len(finite), misses=misses, undefined=undefined)


def by_class(cases: Sequence[CaseScores], seed: int) -> dict[int, dict[str, Summary]]:
    """Every measure of every class, over the cases in which either map holds the class."""
    codes = sorted({code for case in cases for code in case.classes})
    return {
        code: {
            measure: summary((case.classes[code][measure] for case in cases if code in case.classes), seed)
            for measure in MEASURES
        }
        for code in codes
    }


def over_classes(cases: Sequence[CaseScores], seed: int) -> dict[str, Summary]:
    """Every measure averaged over the classes of each case, then over the cases; misses of all classes count."""
    found = {}
    for measure in MEASURES:
        rows = [np.array([scores[measure] for scores in case.classes.values()]) for case in cases]
        every = np.concatenate(rows)
        misses, undefined = int(np.isinf(every).sum()), int(np.isnan(every).sum())
        found[measure] = summary(map(_mean, rows), seed)._replace(misses=misses, undefined=undefined)
    return found


def _mean(values: np.ndarray) -> float:
    """The mean of the finite values; NaN if there are none."""
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else np.nan

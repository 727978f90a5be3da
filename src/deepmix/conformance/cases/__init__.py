"""The cases, a file a subject: inputs of every function, typical ones and edges."""

from collections.abc import Iterator

from . import deep, distances, em, gaussian, initialization, layers, metrics, optimization, paper, training
from .case import Case

__all__ = ["PRESETS", "Case", "cases"]

PRESETS = ("minimal", "paper")


def cases(preset: str, dtype: str) -> Iterator[Case]:
    """The cases of a preset, from the bottom up. dtype: says how near to singular an edge can be."""
    if preset == "paper":
        yield from paper.cases()
        return
    for subject in (gaussian, em, initialization, layers, optimization, deep, distances, training, metrics):
        yield from subject.cases(dtype)

"""The cases, a file a subject: inputs of every function, typical ones and edges."""

from collections.abc import Iterator

from . import attention, deep, em, fcm, gaussian, initialization, layers, metrics, optimization, paper, training
from .case import Case

__all__ = ["PRESETS", "Case", "cases"]

PRESETS = ("minimal", "paper")


def cases(preset: str, dtype: str) -> Iterator[Case]:
    """The cases of a preset, from the bottom up. dtype: says how near to singular an edge can be."""
    if preset == "paper":
        yield from paper.cases()
        return
    subjects = gaussian, em, initialization, layers, optimization, deep, training, metrics, fcm, attention
    for subject in subjects:
        yield from subject.cases(dtype)

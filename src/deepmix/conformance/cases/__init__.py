"""The cases, a file a subject: inputs of every function, typical ones and edges."""

from collections.abc import Iterator

from . import (
    attention,
    deep,
    distances,
    em,
    fcm,
    gaussian,
    hmrf,
    initialization,
    layers,
    losses,
    metrics,
    optimization,
    paper,
    training,
)
from .case import Case

__all__ = ["PRESETS", "Case", "cases"]

PRESETS = ("minimal", "paper")


def cases(preset: str, dtype: str) -> Iterator[Case]:
    """The cases of a preset, from the bottom up. dtype: says how near to singular an edge can be."""
    if preset == "paper":
        yield from paper.cases()
        return
    mixtures, network = (gaussian, em, hmrf, fcm, initialization), (layers, attention, optimization, deep)
    for subject in (*mixtures, *network, distances, losses, training, metrics):
        yield from subject.cases(dtype)

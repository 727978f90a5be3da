"""The cases, a file a subject: inputs of every function, typical ones and edges."""

from collections.abc import Iterator

from . import paper
from .case import Case
from .deep_mixtures import many_images, one_image
from .evaluation import distances, overlap
from .losses import segmentation
from .mixtures import em, fcm, gaussian, hmrf, initialization
from .networks import attention, layers
from .optimization import adamw

__all__ = ["PRESETS", "Case", "cases"]

PRESETS = ("minimal", "paper")


def cases(preset: str, dtype: str) -> Iterator[Case]:
    """The cases of a preset, from the bottom up. dtype: says how near to singular an edge can be."""
    if preset == "paper":
        yield from paper.cases()
        return
    mixtures, network = (gaussian, em, hmrf, fcm, initialization), (layers, attention, adamw, one_image)
    for subject in (*mixtures, *network, distances, segmentation, many_images, overlap):
        yield from subject.cases(dtype)

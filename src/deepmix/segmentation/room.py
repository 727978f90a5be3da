"""Whether a segmentation fits into memory: checked before the work, as a system kills a process without a word."""

import numpy as np

from deepmix import memory
from deepmix.settings import changed

from .choice import candidates
from .distributions import AUTO
from .groups import PATCH
from .methods import METHODS
from .settings import Settings
from .size import Size

LIGHT = "gmm"  # the method that needs least
ALWAYS = 3 * 2**27  # bytes of libraries and compiled programs, for any image
TRIED = 2**26  # bytes of the programs of each further distribution from which one is chosen
# Numbers that the descent takes, per pixel that a network sees and filter of the first level, by its dimension.
NETWORK = {2: 450, 3: 150}
FINE = 12  # bytes per pixel of labels, ambiguity and what making them takes, where the rest is on a coarser grid
PROBABILITY = 4  # bytes
COARSEST = 16  # the largest --shrink that is suggested


def check(size: Size, held: int, reading: int, *, settings: Settings, source: str) -> float:
    """About how many bytes a segmentation holds at its peak; ValueError if they are not there.

    held, reading: bytes that the image takes, and at the peak of reading it. source: name of the image for the
    error.
    """
    there = memory.available()

    def wanted(method: str = settings.method, shrink: int = settings.shrink, of: Settings = settings) -> float:
        return always(of) + max(reading, held + need(size, of, method, shrink))

    if wanted() <= max(there, 2 * ALWAYS):  # small ones are tried, whatever the system says
        return wanted()
    advice = ["cut it to what counts, or into parts, or store it with fewer pixels"]
    coarser = [factor for factor in range(settings.shrink + 1, COARSEST + 1) if wanted(shrink=factor) <= there]
    if coarser:
        advice.append(f"or take --shrink {coarser[0]}, which needs {memory.said(wanted(shrink=coarser[0]))}")
    for option, other in _smaller_networks(settings).items():
        if wanted(of=other) <= there:
            advice.append(f"or take {option}, which needs {memory.said(wanted(of=other))}")
    if wanted(LIGHT) <= there:
        advice.append(f"or take --method {LIGHT}, which needs {memory.said(wanted(LIGHT))}")
    channels, classes = _counted(size.n_channels, "channel"), _counted(settings.n_components, "class", "es")
    raise ValueError(
        f"{source} has {size.n_pixels} pixels: with {channels} and {classes}, {settings.method} needs about "
        f"{memory.said(wanted())} of memory, {memory.said(there)} are free; " + ", ".join(advice)
    )


def _smaller_networks(settings: Settings) -> dict[str, Settings]:
    """For a network of a volume: what sees less at a time, by the option that says so."""
    if settings.dimension != 3:
        return {}
    by_slices = {"--dimension 2, slice by slice": changed(settings, dimension=2, spacing=None, patch=None)}
    if settings.model.objective != "free_energy" or (settings.patch or np.inf) <= PATCH:
        return by_slices
    return {f"--patch {PATCH}": changed(settings, patch=PATCH)} | by_slices


def _counted(n: int, thing: str, plural: str = "s") -> str:
    return f"{n} {thing}{'' if n == 1 else plural}"


def always(settings: Settings) -> int:
    """About how many bytes libraries and compiled programs take, for any image."""
    others = len(candidates(settings)) - 1 if settings.densities.distribution == AUTO else 0
    return ALWAYS + TRIED * others


def need(size: Size, settings: Settings, method: str, shrink: int) -> float:
    """About how many bytes a method holds at its peak beyond the image."""
    at = size.shrunk(shrink)
    deep = METHODS[method].deep
    guide = [settings.guidance.guide] if deep else []  # over all slices at once
    rooms = [METHODS[each].room for each in (method, *guide)]
    numbers = at.n_pixels * max(
        room.pixel + size.n_channels * room.channel + settings.n_components * room.component for room in rooms
    )
    if deep:
        n_slices = len(range(round(size.n_pixels / size.of_slice))[slice(*settings.slices or (None, None))])
        seen = at.of_slice * (n_slices if settings.dimension == 3 else 1)
        if settings.patch is not None:
            side = -(-settings.patch // 2**settings.network.depth) * 2**settings.network.depth
            seen = min(seen, side**2 * min(side, n_slices))
        numbers += seen * settings.network.filters * NETWORK[settings.dimension]
    of_number = 8 if settings.floating == "float64" else 4
    return numbers * of_number + (size.n_pixels * _brought_back(settings, method, of_number) if shrink > 1 else 0)


def _brought_back(settings: Settings, method: str, of_number: int) -> int:
    """Bytes a pixel of the image, from a coarser grid: the probabilities, and the γ of a field or a network."""
    consensus = of_number if METHODS[method].field or METHODS[method].deep else 0
    return FINE + settings.n_components * (PROBABILITY + consensus)

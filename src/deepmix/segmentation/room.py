"""Whether the memory holds a segmentation: asked before the work, since a system kills without a word."""

from deepmix import memory

from .methods import METHODS
from .settings import Settings

LIGHT = "gmm"  # the method that needs least
ALWAYS = 2**28  # bytes of libraries and compiled programs, whatever the image


def check(n_pixels: int, n_channels: int, held: int, reading: int, settings: Settings, source: str) -> None:
    """Raise ValueError if a segmentation would not fit.

    held, reading: bytes that the image takes, and at the peak of reading it. source: what the error calls it.
    """
    there = memory.available()
    wanted, light = (
        ALWAYS + max(reading, held + need(n_pixels, n_channels, settings, method))
        for method in (settings.method, LIGHT)
    )
    if wanted <= there:
        return
    advice = "cut it into parts, or store it with fewer pixels"
    if light <= there:
        advice += f", or take --method {LIGHT}, which needs {memory.said(light)}"
    raise ValueError(
        f"{source} has {n_pixels} pixels: with {n_channels} channels and {settings.n_components} classes, "
        f"{settings.method} needs about {memory.said(wanted)} of memory, {memory.said(there)} are free; {advice}"
    )


def need(n_pixels: int, n_channels: int, settings: Settings, method: str) -> float:
    """About the bytes that a method holds at its peak beyond the image."""
    guide = [settings.guidance.guide] if METHODS[method].deep else []  # over all slices at once
    rooms = [METHODS[each].room for each in (method, *guide)]
    numbers = max(
        room.pixel + n_channels * room.channel + settings.n_components * room.component for room in rooms
    )
    return n_pixels * numbers * (8 if settings.floating == "float64" else 4)

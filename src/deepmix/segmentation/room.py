"""Whether the memory holds a segmentation: asked before the work, since a system kills without a word."""

from deepmix import memory

from .methods import METHODS
from .settings import Settings

LIGHT = "gmm"  # the method that needs least
ALWAYS = 3 * 2**27  # bytes of libraries and compiled programs, whatever the image
NETWORK = 450  # numbers that descending takes, a pixel of a slice and a filter of the first level


def check(
    n_pixels: int, n_channels: int, of_slice: int, held: int, reading: int, *, settings: Settings, source: str
) -> None:
    """Raise ValueError if a segmentation would not fit.

    of_slice: pixels of one slice. held, reading: bytes that the image takes, and at the peak of reading it.
    source: what the error calls the image.
    """
    there = memory.available()
    wanted, light = (
        ALWAYS + max(reading, held + need(n_pixels, n_channels, of_slice, settings, method))
        for method in (settings.method, LIGHT)
    )
    if wanted <= max(there, 2 * ALWAYS):  # what is small is tried, whatever the system says
        return
    advice = "cut it to what counts, or into parts, or store it with fewer pixels"
    if light <= there:
        advice += f", or take --method {LIGHT}, which needs {memory.said(light)}"
    raise ValueError(
        f"{source} has {n_pixels} pixels: with {n_channels} channels and {settings.n_components} classes, "
        f"{settings.method} needs about {memory.said(wanted)} of memory, {memory.said(there)} are free; {advice}"
    )


def need(n_pixels: int, n_channels: int, of_slice: int, settings: Settings, method: str) -> float:
    """About the bytes that a method holds at its peak beyond the image."""
    deep = METHODS[method].deep
    guide = [settings.guidance.guide] if deep else []  # over all slices at once
    rooms = [METHODS[each].room for each in (method, *guide)]
    numbers = n_pixels * max(
        room.pixel + n_channels * room.channel + settings.n_components * room.component for room in rooms
    )
    if deep:
        numbers += of_slice * settings.network.filters * NETWORK
    return numbers * (8 if settings.floating == "float64" else 4)

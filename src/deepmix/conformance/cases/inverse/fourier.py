"""The Fourier transform of images [IP0], and filters in it [IP5]."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.drawing_inverse import draw_array
from deepmix.conformance.operation import Operation

from ..case import Case, generator

OPERATIONS = (
    Operation(
        name="transform",
        equations=("IP0",),
        result=("spectrum",),
        notes={"image": "(…, *spatial)"},
        example=lambda shapes: {"image": shapes.mask, "n_axes": 2},
    ),
    Operation(
        name="inverse",
        equations=("IP0",),
        result=("image",),
        notes={"spectrum": "(…, *spatial)"},
        example=lambda shapes: {"spectrum": shapes.mask, "n_axes": 2},
    ),
    Operation(
        name="transfer",
        equations=("IP5",),
        result=("response",),
        notes={"kernel": "(*sides)", "image": "(only the shape counts)", "response": "(*spatial)"},
        example=lambda shapes: {"kernel": shapes.array(5, 5), "image": shapes.mask},
    ),
    Operation(
        name="filtered",
        equations=("IP5",),
        result=("image",),
        notes={"image": "(…, *spatial)", "response": "(*spatial)"},
        example=lambda shapes: {"image": shapes.mask, "response": shapes.mask},
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """Even and odd sides, channels, one axis; kernels of even sides and of the whole image."""
    rng = generator("fourier")
    images: dict[str, tuple[np.ndarray, int]] = {
        "even": (draw_array(rng, (4, 6), True), 2),
        "odd": (draw_array(rng, (5, 3), True), 2),
        "real": (draw_array(rng, (4, 3)), 2),
        "channels": (draw_array(rng, (2, 4, 5), True), 2),
        "last_axis": (draw_array(rng, (3, 6), True), 1),
    }
    for name, (image, n_axes) in images.items():
        yield Case(function="transform", name=name, arguments={"image": image, "n_axes": n_axes})
        yield Case(function="inverse", name=name, arguments={"spectrum": image, "n_axes": n_axes})
    kernels = {"odd": (3, 3), "even": (2, 4), "whole": (4, 6), "one": (1, 1)}
    for name, sides in kernels.items():
        given = {"kernel": draw_array(rng, sides), "image": np.zeros((4, 6))}
        yield Case(function="transfer", name=name, arguments=given)
    response = draw_array(rng, (4, 6), True)
    for name, image in {"image": draw_array(rng, (4, 6)), "channels": draw_array(rng, (2, 4, 6), True)}.items():
        yield Case(function="filtered", name=name, arguments={"image": image, "response": response})

"""The Wiener filter [IP5]."""

from collections.abc import Iterator
from typing import Any

from deepmix.conformance.drawing_inverse import draw_array
from deepmix.conformance.operation import Operation

from ..case import Case, generator

OPERATIONS = (
    Operation(
        name="wiener",
        equations=("IP5",),
        result=("image",),
        notes={"image": "f (…, *spatial)", "kernel": "(*sides)", "power": "(a number, or *spatial)"},
        example=lambda shapes: {
            "image": shapes.mask,
            "kernel": shapes.array(5, 5),
            "noise": shapes.array(),
            "power": shapes.mask,
        },
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """A number and a spectrum; channels; complex numbers; odd sides."""
    rng = generator("wiener")
    given: dict[str, Any] = {"kernel": draw_array(rng, (3, 2)), "noise": 0.3, "power": 1.7}
    images = {"even": (4, 6), "odd": (5, 3), "channels": (2, 4, 6)}
    for name, shape in images.items():
        arguments = given | {"image": draw_array(rng, shape)}
        yield Case(function="wiener", name=name, arguments=arguments)
        spectrum = {"power": rng.uniform(0.5, 2, shape[-2:])}
        yield Case(function="wiener", name=f"{name}_spectrum", arguments=arguments | spectrum)
    waves = {"image": draw_array(rng, (4, 6), True), "kernel": draw_array(rng, (3, 2), True)}
    yield Case(function="wiener", name="complex", arguments=given | waves)

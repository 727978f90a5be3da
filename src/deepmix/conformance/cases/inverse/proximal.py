"""Soft-thresholding and projections [IP7]."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.drawing_inverse import draw_array
from deepmix.conformance.operation import Operation

from ..case import Case, generator

OPERATIONS = (
    Operation(
        name="soft_threshold",
        equations=("IP7",),
        result=("shrunk",),
        notes={"array": "(any shape)"},
        example=lambda shapes: {"array": shapes.mask, "threshold": shapes.array()},
    ),
    Operation(
        name="project_box",
        equations=("IP7",),
        result=("projected",),
        notes={"array": "(any shape)"},
        example=lambda shapes: {"array": shapes.mask, "lower": shapes.array(), "upper": shapes.array()},
    ),
    Operation(
        name="project_balls",
        equations=("IP7",),
        result=("projected",),
        notes={"field": "(axes, *spatial)"},
        example=lambda shapes: {"field": shapes.image(2), "radius": shapes.array()},
    ),
    Operation(
        name="project_discs",
        equations=("IP7",),
        result=("projected",),
        notes={"field": "(any shape)"},
        example=lambda shapes: {"field": shapes.image(2), "radius": shapes.array()},
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """Real and complex; 0, what lies on the border, and a radius of 0."""
    rng = generator("proximal")
    for name, is_complex in {"real": False, "complex": True}.items():
        array, field = draw_array(rng, (3, 4), is_complex), draw_array(rng, (2, 3, 4), is_complex)
        yield Case(function="soft_threshold", name=name, arguments={"array": array, "threshold": 0.7})
        thresholds = {"array": array, "threshold": rng.uniform(0, 1, (3, 4))}
        yield Case(function="soft_threshold", name=f"{name}_thresholds_of_pixels", arguments=thresholds)
        for function in ("project_balls", "project_discs"):
            yield Case(function=function, name=name, arguments={"field": field, "radius": 0.8})
    border = np.array([0.0, 0.5, -0.5, 0.25, 2.0])
    yield Case(function="soft_threshold", name="border", arguments={"array": border, "threshold": 0.5})
    yield Case(function="soft_threshold", name="threshold_0", arguments={"array": border, "threshold": 0.0})
    for function in ("project_balls", "project_discs"):
        still = {"field": np.stack([border, 0 * border]), "radius": 0.5}
        yield Case(function=function, name="border", arguments=still)
        yield Case(function=function, name="radius_0", arguments=still | {"radius": 0.0})
    bounds = {"array": border, "lower": -0.3, "upper": 0.5}
    yield Case(function="project_box", name="numbers", arguments=bounds)
    of_pixels = {"array": border, "lower": border - 1, "upper": border - 0.1}
    yield Case(function="project_box", name="of_pixels", arguments=of_pixels)

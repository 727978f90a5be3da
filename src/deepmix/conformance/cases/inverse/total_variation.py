"""Total variation [IP6] and what it makes of a noisy image [IP9]."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.drawing_inverse import draw_array
from deepmix.conformance.operation import Operation
from deepmix.conformance.tolerances import backward, largest
from deepmix.reference.inverse import total_variation
from deepmix.reference.inverse.total_variation import VARIATIONS

from ..case import Case, generator
from ._problem import SHORT, Arguments

FIELD = {"start": "p (axes, *spatial)", "image": "v (*spatial)"}
OPERATIONS = (
    Operation(
        name="value",
        equations=("IP6",),
        result=("variation",),
        notes={"image": "(*spatial)"},
        example=lambda shapes: {"image": shapes.mask},
    ),
    Operation(
        name="gradient",
        equations=("IP6",),
        result=("gradient",),
        rule=backward(largest("gradient", 1.0)),  # a sum of unit vectors, which may cancel
        notes={"image": "(*spatial)"},
        example=lambda shapes: {"image": shapes.mask},
    ),
    Operation(
        name="begin",
        equations=("IP9",),
        result=("state",),
        notes=FIELD,
        example=lambda shapes: {
            "start": shapes.image(2),
            "image": shapes.mask,
            "strength": shapes.array(),
            "variation": "isotropic",
        },
    ),
    Operation(
        name="step",
        equations=("IP9",),
        result=("state",),
        notes={"image": "v (*spatial)"},
        example=lambda shapes: {
            "state": shapes.state(total_variation.begin(shapes.image(2), shapes.mask, 1.0, "isotropic")),
            "image": shapes.mask,
            "strength": shapes.array(),
            "variation": "isotropic",
        },
    ),
    Operation(
        name="denoise",
        equations=("IP9",),
        result=("solution",),
        form="as_it_is",
        notes=FIELD,
        example=lambda shapes: {"image": shapes.mask, "strength": shapes.array(), "start": shapes.image(2)},
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """Both variations, of rows, images and volumes, real and complex; flat ones."""
    rng = generator("total variation")
    images = {
        "image": draw_array(rng, (4, 5)),
        "complex": draw_array(rng, (4, 3), True),
        "volume": draw_array(rng, (2, 3, 3)),
        "flat": np.full((3, 3), 2.0),
        "steps": np.repeat(np.array([[0.0, 3.0, 1.0]]), 2, axis=1),
    }
    for variation in VARIATIONS:
        for name, image in images.items():
            given = {"image": image, "variation": variation}
            yield Case(function="value", name=f"{variation}_{name}", arguments=given)
            yield Case(function="gradient", name=f"{variation}_{name}", arguments=given)
        smooth = {"image": images["steps"], "variation": variation, "eps": 0.1}
        yield Case(function="value", name=f"{variation}_smooth", arguments=smooth)
        yield Case(function="gradient", name=f"{variation}_smooth", arguments=smooth)
        yield from _loops(variation, images["image"], draw_array(rng, (2, 4, 5)))
    yield from _denoised(images)


def _loops(variation: str, image: np.ndarray, dual: np.ndarray) -> Iterator[Case]:
    given: Arguments = {"image": image, "strength": 0.4, "variation": variation}
    start = 0.2 * dual
    yield Case(function="begin", name=variation, arguments={"start": start} | given)
    state = total_variation.begin(start, **given)
    yield Case(function="step", name=f"{variation}_first", arguments={"state": state} | given)
    later = total_variation.step(total_variation.step(state, **given), **given)
    yield Case(function="step", name=f"{variation}_later", arguments={"state": later} | given)


def _denoised(images: dict[str, np.ndarray]) -> Iterator[Case]:
    for name in ("image", "complex", "volume", "flat"):
        for variation in VARIATIONS:
            given = {"image": images[name], "strength": 0.4, "variation": variation}
            yield Case(function="denoise", name=f"{variation}_{name}", arguments=given | SHORT)
    image: Arguments = {"image": images["image"], "strength": 0.4}
    yield Case(function="denoise", name="no_step", arguments=image | {"max_iter": 0})
    yield Case(function="denoise", name="converged", arguments=image | {"tol": 10.0})
    start = 0.1 * np.stack([images["image"]] * 2)
    yield Case(function="denoise", name="from_a_start", arguments=image | SHORT | {"start": start})
    spoilt = np.array(images["image"])
    spoilt[1, 2] = np.inf
    bad: dict[str, Arguments] = {
        "infinity": {"image": spoilt},
        "strength_0": {"strength": 0.0},
        "unknown_variation": {"variation": "diagonal"},
    }
    for name, change in bad.items():
        yield Case(function="denoise", name=f"rejects_{name}", arguments=image | change, rejected=True)

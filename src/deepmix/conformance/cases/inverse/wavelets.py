"""Wavelets [IP13]."""

from collections.abc import Iterator

from deepmix.conformance.drawing_inverse import draw_array
from deepmix.conformance.operation import Operation
from deepmix.reference.inverse.wavelets import daubechies

from ..case import Case, generator

OPERATIONS = (
    Operation(
        name="daubechies",
        equations=("IP13",),
        result=("scaling",),
        form="shared",
        notes={"moments": "(1: Haar)", "scaling": "(levels, 2 · moments)"},
        not_exported="a filter: there is nothing to compute on a device",
    ),
    Operation(
        name="transform",
        equations=("IP13",),
        result=("coefficients",),
        notes={"image": "(*spatial)", "scaling": "(levels, taps)"},
        example=lambda shapes: {"image": shapes.mask, "scaling": shapes.array(1, 8)},
    ),
    Operation(
        name="inverse",
        equations=("IP13",),
        result=("image",),
        notes={"coefficients": "(*spatial)", "scaling": "(levels, taps)"},
        example=lambda shapes: {"coefficients": shapes.mask, "scaling": shapes.array(1, 8)},
    ),
    Operation(
        name="details",
        equations=("IP13",),
        result=("mask",),
        notes={"image": "(only the shape counts)", "mask": "(booleans)"},
        example=lambda shapes: {"image": shapes.mask, "scaling": shapes.array(1, 8)},
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """Haar and longer filters, one level and more, also longer than the image; rows and volumes."""
    rng = generator("wavelets")
    for moments, levels in ((1, 1), (2, 3), (4, 1)):
        options = {"moments": moments, "levels": levels}
        yield Case(function="daubechies", name=f"moments_{moments}", arguments=options)
    images = {
        "haar": ((4, 6), 1, 1),
        "two_levels": ((4, 8), 1, 2),
        "long_filter": ((8, 4), 4, 1),
        "row": ((8,), 2, 1),
        "volume": ((2, 4, 2), 2, 1),
    }
    for name, (shape, moments, levels) in images.items():
        scaling = daubechies(moments, levels)
        for parts, is_complex in {"": False, "_complex": True}.items():
            image = draw_array(rng, shape, is_complex)
            yield Case(function="transform", name=f"{name}{parts}", arguments={"image": image, "scaling": scaling})
            yield Case(
                function="inverse", name=f"{name}{parts}", arguments={"coefficients": image, "scaling": scaling}
            )
        yield Case(function="details", name=name, arguments={"image": image.real, "scaling": scaling})
    odd = {"scaling": daubechies(1, 2)}
    for function, argument in {"transform": "image", "inverse": "coefficients"}.items():
        arguments = odd | {argument: draw_array(rng, (4, 6))}
        yield Case(
            function=function, name="rejects_sides_that_cannot_be_halved", arguments=arguments, rejected=True
        )

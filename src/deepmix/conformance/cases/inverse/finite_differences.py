"""Forward differences and their adjoint [IP6]."""

from collections.abc import Iterator

from deepmix.conformance.drawing_inverse import draw_array
from deepmix.conformance.operation import Operation

from ..case import Case, generator

OPERATIONS = (
    Operation(
        name="gradient",
        equations=("IP6",),
        result=("field",),
        notes={"image": "(*spatial)", "field": "(axes, *spatial)"},
        example=lambda shapes: {"image": shapes.mask},
    ),
    Operation(
        name="adjoint",
        equations=("IP6",),
        result=("image",),
        notes={"field": "(axes, *spatial)", "image": "(*spatial)"},
        example=lambda shapes: {"field": shapes.image(2)},
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """A row, images, a volume, one pixel; complex ones."""
    rng = generator("differences")
    shapes = {"row": (5,), "image": (4, 3), "volume": (2, 3, 4), "one_pixel": (1, 1), "one_row": (1, 4)}
    for name, shape in shapes.items():
        yield Case(function="gradient", name=name, arguments={"image": draw_array(rng, shape)})
        yield Case(function="adjoint", name=name, arguments={"field": draw_array(rng, (len(shape), *shape))})
    yield Case(function="gradient", name="complex", arguments={"image": draw_array(rng, (4, 3), True)})
    yield Case(function="adjoint", name="complex", arguments={"field": draw_array(rng, (2, 4, 3), True)})

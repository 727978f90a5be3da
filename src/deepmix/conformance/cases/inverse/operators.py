"""Operators [IP0], their norms [IP8], and the solution with their Gram matrix [IP12]."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from deepmix.conformance.drawing_inverse import DRAWN, draw_array, draw_operator, shapes_of
from deepmix.conformance.examples import Shapes
from deepmix.conformance.operation import Operation
from deepmix.reference.inverse import operators
from deepmix.reference.inverse.records import Blur, Fourier, Inpaint, Matrix

from ..case import Case, generator


def _example(shapes: Shapes) -> dict[str, Any]:
    """Undersampled frequencies of an image (H, W)."""
    return {
        "operator": Fourier(mask=shapes.mask),
        "image": shapes.mask,
        "data": shapes.mask.astype(np.result_type(shapes.dtype, np.complex64)),
        "weights": shapes.mask,
        "alpha": shapes.array(),
    }


def _taking(*names: str) -> Any:
    return lambda shapes: {name: _example(shapes)[name] for name in names}


PLACE = {"image": "(of the operator)", "data": "(of the operator)"}
OPERATIONS = (
    Operation(
        name="forward",
        equations=("IP0",),
        result=("data",),
        notes=PLACE,
        example=_taking("operator", "image"),
    ),
    Operation(
        name="adjoint", equations=("IP0",), result=("image",), notes=PLACE, example=_taking("operator", "data")
    ),
    Operation(
        name="normal",
        equations=("IP0",),
        result=("image",),
        notes={"weights": "(of the data)"},
        example=_taking("operator", "image", "weights"),
    ),
    Operation(
        name="gram_solve", equations=("IP12",), result=("image",), example=_taking("operator", "image", "alpha")
    ),
    Operation(name="norm", equations=("IP8",), result=("norm",), example=_taking("operator", "image")),
    Operation(
        name="says_nothing",
        equations=("IP0",),
        result=("nothing",),
        notes={"nothing": "(a boolean)"},
        example=_taking("operator", "data", "weights"),
    ),
    Operation(name="power_norm", equations=("IP8",), result=("norm",), example=_taking("operator", "image")),
    Operation(
        name="schur_bound",
        equations=("IP8",),
        result=("norm",),
        example=lambda shapes: {"operator": Inpaint(mask=shapes.mask), "image": shapes.mask},
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """Every kind, real and complex, on an image of even sides and one of odd ones."""
    for kind in DRAWN:
        for parts, is_complex in (("real", False), ("complex", True)):
            for sides, shape in shapes_of(kind).items():
                yield from _of_kind(f"{kind.lower()}_{parts}_{sides}", kind, shape, is_complex)
    yield from _others()


def _of_kind(name: str, kind: str, shape: tuple[int, ...], is_complex: bool) -> Iterator[Case]:
    rng = generator(name)
    operator, image = draw_operator(rng, kind, shape, is_complex), draw_array(rng, shape, is_complex)
    data = operators.forward(operator, image)
    values, weights = draw_array(rng, data.shape, np.iscomplexobj(data)), rng.uniform(0, 2, data.shape)
    given = {"operator": operator, "image": image}
    yield Case(function="forward", name=name, arguments=given)
    yield Case(function="adjoint", name=name, arguments={"operator": operator, "data": values})
    yield Case(function="normal", name=name, arguments=given)
    yield Case(function="normal", name=f"{name}_weighted", arguments=given | {"weights": weights})
    options = {"alpha": 0.7, "max_iter": 60}
    yield Case(function="gram_solve", name=name, arguments=given | options)
    yield Case(function="norm", name=name, arguments=given)
    seen = {"operator": operator, "data": values, "weights": weights}
    yield Case(function="says_nothing", name=name, arguments=seen)


def _others() -> Iterator[Case]:
    """Channels, a volume, a single pixel, real images with complex operators; and bounds of the norm."""
    rng = generator("channels")
    channels, mask = draw_array(rng, (2, 4, 6)), (rng.random((4, 6)) < 0.5).astype(float)
    for operator in (Fourier(mask=mask), Blur(kernel=draw_array(rng, (3, 3))), Inpaint(mask=mask)):
        name = f"channels_{type(operator).__name__.lower()}"
        yield Case(function="forward", name=name, arguments={"operator": operator, "image": channels})
    volume = draw_array(rng, (3, 4, 2))
    for kind in ("Fourier", "Blur", "Gradient"):
        given = {"operator": draw_operator(rng, kind, volume.shape), "image": volume}
        yield Case(function="forward", name=f"volume_{kind.lower()}", arguments=given)
    rows = draw_array(rng, (3, 2), is_complex=True)
    pair = {"operator": Matrix(rows=rows), "image": draw_array(rng, (2,))}
    yield Case(function="forward", name="real_image_complex_rows", arguments=pair)
    yield Case(function="gram_solve", name="real_image_complex_rows", arguments=pair | {"alpha": 0.2})
    pixel = {"operator": Blur(kernel=np.full((1, 1), 2.0)), "image": np.full((1, 1), 3.0)}
    yield Case(function="forward", name="one_pixel", arguments=pixel)
    positive = {"operator": Matrix(rows=rng.uniform(0, 1, (5, 2, 3))), "image": np.zeros((2, 3))}
    for function in ("power_norm", "schur_bound"):
        yield Case(function=function, name="positive_rows", arguments=positive)
    mixed = {"operator": Matrix(rows=draw_array(rng, (5, 2, 3), True)), "image": np.zeros((2, 3), complex)}
    yield Case(function="power_norm", name="complex_rows", arguments=mixed)
    blind = {"operator": mixed["operator"], "data": np.zeros(5), "weights": np.ones(5)}
    yield Case(function="says_nothing", name="of_no_signal", arguments=blind)
    nothing = {"operator": Matrix(rows=np.zeros((2, 3))), "image": np.zeros(3)}
    yield Case(function="power_norm", name="nothing", arguments=nothing)

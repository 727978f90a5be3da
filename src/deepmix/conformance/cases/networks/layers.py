"""The layers [U1]–[U4], [NN1], each with its pullback."""

from collections.abc import Iterator
from math import prod

import numpy as np

from deepmix.conformance.flat import Arrays
from deepmix.conformance.operation import Operation
from deepmix.conformance.tolerances import EXACT, Magnitude, backward, counted, probability, relative
from deepmix.reference.networks import layers

from ..case import Case, draw_normal, generator


def size_of_conv(output: str) -> Magnitude:
    """The convolution of absolute values; so many products a sum, and their sum."""

    def magnitude(inputs: Arrays, expected: Arrays) -> tuple[np.ndarray, int]:
        arrays = [np.abs(inputs[name]) for name in ("x", "kernel", "bias") if name in inputs]
        value, pullback = layers.conv(*arrays)
        sums = dict(zip(("x", "kernel", "bias"), pullback(np.abs(inputs["cotangent"])), strict=True))
        (*sides, n_in, n_out), pixels = inputs["kernel"].shape, prod(value.shape[1:])
        terms = {"value": prod(sides) * n_in + 1, "x": prod(sides) * n_out, "kernel": pixels, "bias": pixels}
        return (value if output == "value" else sums[output]), 2 * terms[output]

    return magnitude


def size_of_upsample(inputs: Arrays, expected: Arrays) -> tuple[np.ndarray, int]:
    """Two terms a sum along each axis; with a factor of 1 fewer."""
    larger, smaller = inputs["cotangent"], inputs["x"].shape
    factor = tuple(many // few for many, few in zip(larger.shape[1:], smaller[1:], strict=True))
    _, pullback = layers.upsample(inputs["x"], factor)
    return pullback(np.abs(larger)), prod(factor)


FACTOR = {"factor": "(1 or 2 for each axis)"}
Shape = tuple[int, ...]
FACTORS: dict[str, tuple[Shape, Shape | None, Shape]] = {  # the smaller map, the factors, the larger one
    "volume": ((2, 2, 1, 3), None, (2, 4, 2, 6)),
    "volume_of_thick_slices": ((2, 2, 1, 3), (2, 2, 1), (2, 4, 2, 3)),
    "one_axis": ((2, 4, 3), (1, 2), (2, 4, 6)),
}
OPERATIONS = (
    Operation(
        name="conv",
        equations=("U1", "NN1"),
        result=("value",),
        rules={
            "value": counted(size_of_conv("value")),
            **{f"pullback/{name}": counted(size_of_conv(name)) for name in ("x", "kernel", "bias")},
        },
        pullback=("x", "kernel", "bias"),
        form="layer",
        notes={"x": "(in, *spatial)"},
        example=lambda shapes: {
            "x": shapes.image(shapes.m),
            "kernel": shapes.array(3, 3, shapes.m, shapes.filters),
            "bias": shapes.array(shapes.filters),
            "cotangent": shapes.image(shapes.filters),
        },
    ),
    Operation(
        name="leaky_relu",
        equations=("U1",),
        result=("value",),
        rule=relative(2),
        pullback=("x",),
        form="layer",
        example=lambda shapes: dict.fromkeys(("x", "cotangent"), shapes.image(shapes.filters)),
    ),
    Operation(
        name="instance_norm",
        equations=("U1",),
        result=("value",),
        pullback=("x", "scale", "shift"),
        form="layer",
        example=lambda shapes: {
            **dict.fromkeys(("x", "cotangent"), shapes.image(shapes.filters)),
            **dict.fromkeys(("scale", "shift"), shapes.array(shapes.filters)),
        },
    ),
    Operation(
        name="max_pool",
        equations=("U2", "NN1"),
        result=("value",),
        rule=EXACT,
        pullback=("x",),
        form="layer",
        static=("factor",),
        notes=FACTOR,
        example=lambda shapes: {
            "x": shapes.image(shapes.filters),
            "cotangent": shapes.array(shapes.filters, shapes.side // 2, shapes.side // 2),
        },
    ),
    Operation(
        name="upsample",
        equations=("U3", "NN1"),
        result=("value",),
        rule=EXACT,
        rules={"pullback/x": counted(size_of_upsample)},
        pullback=("x",),
        form="layer",
        static=("factor",),
        notes=FACTOR,
        example=lambda shapes: {
            "x": shapes.image(shapes.filters),
            "cotangent": shapes.array(shapes.filters, 2 * shapes.side, 2 * shapes.side),
        },
    ),
    Operation(
        name="softmax",
        equations=("U4",),
        result=("value",),
        rules={"value": backward(probability("value"))},
        pullback=("logits",),
        form="pullback",
        example=lambda shapes: dict.fromkeys(("logits", "cotangent"), shapes.image(shapes.k)),
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """Typical maps, and edges of each layer."""
    yield from _conv()
    yield from _leaky_relu()
    yield from _instance_norm()
    yield from _max_pool()
    yield from _upsample()
    yield from _softmax()


def _conv() -> Iterator[Case]:
    shapes = {
        "volume": ((2, 4, 3, 5), (3, 3, 3, 2, 3), (3,)),
        "volume_of_thick_slices": ((3, 4, 3, 5), (3, 3, 1, 3, 2), (2,)),
        "volume_one_by_one": ((3, 4, 3, 5), (1, 1, 1, 3, 2), (2,)),
        "three_by_three": ((2, 4, 6), (3, 3, 2, 3), (3,)),
        "one_by_one": ((3, 4, 6), (1, 1, 3, 2), (2,)),
        "one_channel": ((1, 4, 4), (3, 3, 1, 1), (1,)),
        "five_by_three": ((2, 6, 7), (5, 3, 2, 2), (2,)),
        "three_by_five": ((2, 6, 7), (3, 5, 2, 2), (2,)),
        "image_smaller_than_the_kernel": ((2, 2, 1), (3, 3, 2, 2), (2,)),
    }
    for name, (image, kernel, bias) in shapes.items():
        x, k, b, dy = draw_normal(name, image, kernel, bias, (kernel[-1], *image[1:]))
        arguments = {"x": x, "kernel": k, "bias": b, "cotangent": dy}
        yield Case(function="conv", name=name, arguments=arguments)
    yield Case(function="conv", name="without_bias", arguments={"x": x, "kernel": k, "cotangent": dy})


def _leaky_relu() -> Iterator[Case]:
    x, dy = draw_normal("leaky_relu", (2, 3, 4), (2, 3, 4))
    yield Case(function="leaky_relu", name="default_slope", arguments={"x": x, "cotangent": dy})
    yield Case(
        function="leaky_relu", name="other_slope", arguments={"x": x, "negative_slope": 0.2, "cotangent": dy}
    )
    zeros = np.where(x > 0.5, 0.0, x)
    yield Case(function="leaky_relu", name="zeros_have_slope_1", arguments={"x": zeros, "cotangent": dy})


def _instance_norm() -> Iterator[Case]:
    x, scale, shift, dy = draw_normal("instance_norm", (3, 4, 6), (3,), (3,), (3, 4, 6))
    maps = {
        "typical": x,
        "far_from_zero": x + 100,
        "constant_channel": np.concatenate([x[:2], np.full((1, 4, 6), 0.5)]),
        "small_deviations": x * 1e-3,  # ε matters
    }
    for name, values in maps.items():
        yield Case(
            function="instance_norm",
            name=name,
            arguments={"x": values, "scale": scale, "shift": shift, "cotangent": dy},
        )
    x, dy = x[:1, :2, :2], dy[:1, :2, :2]
    arguments = {"x": x, "scale": scale[:1], "shift": shift[:1], "cotangent": dy}
    volume, cotangent = draw_normal("instance_norm of a volume", (1, 4, 3, 5), (1, 4, 3, 5))
    of_volume = arguments | {"x": volume, "cotangent": cotangent}
    yield Case(function="instance_norm", name="volume", arguments=of_volume)
    yield Case(function="instance_norm", name="one_channel", arguments=arguments)
    yield Case(function="instance_norm", name="other_epsilon", arguments=arguments | {"eps": 0.1})


def _max_pool() -> Iterator[Case]:
    x, dy = draw_normal("max_pool", (2, 4, 6), (2, 2, 3))
    yield Case(function="max_pool", name="typical", arguments={"x": x, "cotangent": dy})
    yield Case(function="max_pool", name="one_window", arguments={"x": x[:1, :2, :2], "cotangent": dy[:1, :1, :1]})
    ties = generator("ties").integers(0, 2, (2, 4, 6)).astype(float)
    yield Case(function="max_pool", name="ties_go_to_the_first", arguments={"x": ties, "cotangent": dy})
    for name, (small, factor, large) in FACTORS.items():
        yield _of_factor("max_pool", name, large, factor, small)


def _upsample() -> Iterator[Case]:
    x, dy = draw_normal("upsample", (2, 2, 3), (2, 4, 6))
    yield Case(function="upsample", name="typical", arguments={"x": x, "cotangent": dy})
    yield Case(function="upsample", name="one_pixel", arguments={"x": x[:1, :1, :1], "cotangent": dy[:1, :2, :2]})
    for name, (small, factor, large) in FACTORS.items():
        yield _of_factor("upsample", name, small, factor, large)


def _of_factor(function: str, name: str, before: Shape, factor: Shape | None, after: Shape) -> Case:
    """A map of the shape before, whose value has the shape after."""
    x, dy = draw_normal(f"{function} {name}", before, after)
    option = {} if factor is None else {"factor": factor}
    return Case(function=function, name=name, arguments={"x": x, "cotangent": dy} | option)


def _softmax() -> Iterator[Case]:
    x, dy = draw_normal("softmax", (3, 2, 4), (3, 2, 4))
    for name, logits in {"typical": x, "far_logits": 1e4 * x, "ties": 0 * x, "one_class": x[:1]}.items():
        yield Case(function="softmax", name=name, arguments={"logits": logits, "cotangent": dy[: len(logits)]})

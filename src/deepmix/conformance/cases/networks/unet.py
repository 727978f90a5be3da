"""The network [U] and its block, each with its pullback."""

from collections.abc import Iterator

from deepmix.conformance.drawing import draw_parameters
from deepmix.conformance.operation import Operation
from deepmix.reference.networks.records import UNetConfig

from ..case import Case, draw_normal, generator

OPERATIONS = (
    Operation(
        name="block",
        equations=("U1",),
        result=("value",),
        pullback=("parameters", "x"),
        form="block",
        example=lambda shapes: {
            "parameters": shapes.parameters["encoder_0" if shapes.depth else "bottom"],
            "x": shapes.image(shapes.m),
            "cotangent": shapes.image(shapes.filters),
        },
    ),
    Operation(
        name="unet",
        equations=("U1", "U2", "U3", "U4", "NN2"),
        result=("value",),
        pullback=("parameters", "image"),
        form="pullback",
        static=("config",),
        notes={"value": "(logits)"},
        example=lambda shapes: {"config": shapes.config, "cotangent": shapes.image(shapes.k)},
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """The block, then the whole network."""
    yield from _block()
    yield from _unet()


def _block() -> Iterator[Case]:
    parameters = draw_parameters(generator("block"), 2, 3, UNetConfig(depth=1, filters=3))["encoder_0"]
    x, dy = draw_normal("block", (2, 4, 6), (3, 4, 6))
    yield Case(function="block", name="typical", arguments={"parameters": parameters, "x": x, "cotangent": dy})
    arguments = {"parameters": parameters, "x": x, "negative_slope": 0.2, "cotangent": dy}
    yield Case(function="block", name="other_slope", arguments=arguments)


def _unet() -> Iterator[Case]:
    sizes = {
        "one_pooling": (2, 3, UNetConfig(depth=1, filters=3)),
        "two_poolings": (2, 3, UNetConfig(depth=2, filters=2, negative_slope=0.2)),
        "no_pooling": (1, 2, UNetConfig(depth=0, filters=3)),
        "one_class_one_channel": (1, 1, UNetConfig(depth=1, filters=2)),
    }
    for name, (m, k, config) in sizes.items():
        parameters = draw_parameters(generator(name), m, k, config)
        image, dy = draw_normal(name, (m, 8, 12), (k, 8, 12))
        arguments = {"parameters": parameters, "image": image, "config": config, "cotangent": dy}
        yield Case(function="unet", name=name, arguments=arguments)
    volumes = {
        "volume": UNetConfig(depth=1, filters=2, spacing=(1.0, 1.0, 1.0)),
        "volume_of_thick_slices": UNetConfig(depth=2, filters=2, spacing=(1.0, 1.0, 3.0), size=(8, 8, 2)),
    }
    for name, config in volumes.items():
        parameters = draw_parameters(generator(name), 1, 2, config)
        image, dy = draw_normal(name, (1, 8, 8, 2), (2, 8, 8, 2))
        arguments = {"parameters": parameters, "image": image, "config": config, "cotangent": dy}
        yield Case(function="unet", name=name, arguments=arguments)

"""The layers and the network [U], each with its pullback."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.drawing import draw_parameters
from deepmix.reference.networks.records import UNetConfig

from ..case import Case, generator


def cases(dtype: str) -> Iterator[Case]:
    """Single layers, then the block, then the whole network."""
    yield from _conv()
    yield from _leaky_relu()
    yield from _instance_norm()
    yield from _max_pool()
    yield from _upsample()
    yield from _softmax()
    yield from _block()
    yield from _unet()


def _normal(name: str, *shapes: tuple[int, ...]) -> list[np.ndarray]:
    rng = generator(name)
    return [rng.normal(size=shape) for shape in shapes]


def _conv() -> Iterator[Case]:
    shapes = {
        "three_by_three": ((2, 4, 6), (3, 3, 2, 3), (3,)),
        "one_by_one": ((3, 4, 6), (1, 1, 3, 2), (2,)),
        "one_channel": ((1, 4, 4), (3, 3, 1, 1), (1,)),
        "five_by_three": ((2, 6, 7), (5, 3, 2, 2), (2,)),
        "three_by_five": ((2, 6, 7), (3, 5, 2, 2), (2,)),
        "image_smaller_than_the_kernel": ((2, 2, 1), (3, 3, 2, 2), (2,)),
    }
    for name, (image, kernel, bias) in shapes.items():
        x, k, b, dy = _normal(name, image, kernel, bias, (kernel[-1], *image[1:]))
        arguments = {"x": x, "kernel": k, "bias": b, "cotangent": dy}
        yield Case("networks.layers.conv", name, arguments)
    yield Case("networks.layers.conv", "without_bias", {"x": x, "kernel": k, "cotangent": dy})


def _leaky_relu() -> Iterator[Case]:
    x, dy = _normal("leaky_relu", (2, 3, 4), (2, 3, 4))
    yield Case("networks.layers.leaky_relu", "default_slope", {"x": x, "cotangent": dy})
    yield Case("networks.layers.leaky_relu", "other_slope", {"x": x, "negative_slope": 0.2, "cotangent": dy})
    zeros = np.where(x > 0.5, 0.0, x)
    yield Case("networks.layers.leaky_relu", "zeros_have_slope_1", {"x": zeros, "cotangent": dy})


def _instance_norm() -> Iterator[Case]:
    x, scale, shift, dy = _normal("instance_norm", (3, 4, 6), (3,), (3,), (3, 4, 6))
    maps = {
        "typical": x,
        "far_from_zero": x + 100,
        "constant_channel": np.concatenate([x[:2], np.full((1, 4, 6), 0.5)]),
        "small_deviations": x * 1e-3,  # ε matters
    }
    for name, values in maps.items():
        yield Case(
            "networks.layers.instance_norm", name, {"x": values, "scale": scale, "shift": shift, "cotangent": dy}
        )
    x, dy = x[:1, :2, :2], dy[:1, :2, :2]
    arguments = {"x": x, "scale": scale[:1], "shift": shift[:1], "cotangent": dy}
    yield Case("networks.layers.instance_norm", "one_channel", arguments)
    yield Case("networks.layers.instance_norm", "other_epsilon", arguments | {"eps": 0.1})


def _max_pool() -> Iterator[Case]:
    x, dy = _normal("max_pool", (2, 4, 6), (2, 2, 3))
    yield Case("networks.layers.max_pool", "typical", {"x": x, "cotangent": dy})
    yield Case("networks.layers.max_pool", "one_window", {"x": x[:1, :2, :2], "cotangent": dy[:1, :1, :1]})
    ties = generator("ties").integers(0, 2, (2, 4, 6)).astype(float)
    yield Case("networks.layers.max_pool", "ties_go_to_the_first", {"x": ties, "cotangent": dy})


def _upsample() -> Iterator[Case]:
    x, dy = _normal("upsample", (2, 2, 3), (2, 4, 6))
    yield Case("networks.layers.upsample", "typical", {"x": x, "cotangent": dy})
    yield Case("networks.layers.upsample", "one_pixel", {"x": x[:1, :1, :1], "cotangent": dy[:1, :2, :2]})


def _softmax() -> Iterator[Case]:
    x, dy = _normal("softmax", (3, 2, 4), (3, 2, 4))
    for name, logits in {"typical": x, "far_logits": 1e4 * x, "ties": 0 * x, "one_class": x[:1]}.items():
        yield Case("networks.layers.softmax", name, {"logits": logits, "cotangent": dy[: len(logits)]})


def _block() -> Iterator[Case]:
    parameters = draw_parameters(generator("block"), 2, 3, UNetConfig(1, 3))["encoder_0"]
    x, dy = _normal("block", (2, 4, 6), (3, 4, 6))
    yield Case("networks.unet.block", "typical", {"parameters": parameters, "x": x, "cotangent": dy})
    arguments = {"parameters": parameters, "x": x, "negative_slope": 0.2, "cotangent": dy}
    yield Case("networks.unet.block", "other_slope", arguments)


def _unet() -> Iterator[Case]:
    sizes = {
        "one_pooling": (2, 3, UNetConfig(1, 3)),
        "two_poolings": (2, 3, UNetConfig(2, 2, 0.2)),
        "no_pooling": (1, 2, UNetConfig(0, 3)),
        "one_class_one_channel": (1, 1, UNetConfig(1, 2)),
    }
    for name, (m, k, config) in sizes.items():
        parameters = draw_parameters(generator(name), m, k, config)
        image, dy = _normal(name, (m, 8, 12), (k, 8, 12))
        arguments = {"parameters": parameters, "image": image, "config": config, "cotangent": dy}
        yield Case("networks.unet.unet", name, arguments)

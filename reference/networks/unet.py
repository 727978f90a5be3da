"""The U-Net Φ_θ [U1]–[U4], [NN2] and its pullback, over a nested dict of arrays."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..types import Tree
from . import layers
from .levels import plan
from .records import UNetConfig

# From the gradient at a value to the gradients at the parameters and at the input.
TreePullback = Callable[[np.ndarray], tuple[Tree, np.ndarray]]


def unet(
    parameters: Tree, image: np.ndarray, config: UNetConfig = UNetConfig()
) -> tuple[np.ndarray, TreePullback]:
    """Logits of the classes at every pixel; Φ_θ(I) is their `networks.layers.softmax` over K.

    parameters: from `networks.parameters.unet_parameters`. image: (M, *spatial), of sizes that are
    multiples of those of `networks.levels.plan`; of an image, 2^L. config: size of the network.
    Returns the logits (K, *spatial) and their pullback.
    """
    x, slope = image, config.negative_slope
    factors = plan(config).factors
    levels = range(len(factors))
    skips: list[np.ndarray] = []
    pulls: dict[tuple[str, int], Any] = {}
    for level in levels:  # encoder [U2]
        x, pulls["encoder", level] = block(parameters[f"encoder_{level}"], x, slope)
        skips.append(x)
        x, pulls["pool", level] = layers.max_pool(x, factors[level])
    x, pull_bottom = block(parameters["bottom"], x, slope)
    for level in reversed(levels):  # decoder [U3]
        up = parameters[f"up_{level}"]
        x, pulls["upsample", level] = layers.upsample(x, factors[level])
        x, pulls["up", level] = layers.conv(x, up["kernel"], up["bias"])
        x = np.concatenate([x, skips[level]])
        x, pulls["decoder", level] = block(parameters[f"decoder_{level}"], x, slope)
    head = parameters["head"]
    logits, pull_head = layers.conv(x, head["kernel"], head["bias"])  # [U4]

    def pullback(dy: np.ndarray) -> tuple[Tree, np.ndarray]:
        gradient, dskips = {}, {}
        dy, *dhead = pull_head(dy)
        gradient["head"] = dict(zip(("kernel", "bias"), dhead, strict=True))
        for level in levels:
            gradient[f"decoder_{level}"], dy = pulls["decoder", level](dy)
            dy, dskips[level] = np.split(dy, 2)
            dy, *dup = pulls["up", level](dy)
            gradient[f"up_{level}"] = dict(zip(("kernel", "bias"), dup, strict=True))
            dy = pulls["upsample", level](dy)
        gradient["bottom"], dy = pull_bottom(dy)
        for level in reversed(levels):
            dy = pulls["pool", level](dy) + dskips[level]
            gradient[f"encoder_{level}"], dy = pulls["encoder", level](dy)
        return gradient, dy

    return logits, pullback


def block(parameters: Tree, x: np.ndarray, negative_slope: float = 0.01) -> tuple[np.ndarray, TreePullback]:
    """conv → LeakyReLU → conv without bias → instance norm → LeakyReLU [U1].

    x: (C, *spatial). Returns (filters, *spatial) and the pullback to the parameters and x.
    """
    first, second, norm = parameters["conv_0"], parameters["conv_1"], parameters["norm"]
    x, pull_first = layers.conv(x, first["kernel"], first["bias"])
    x, pull_relu = layers.leaky_relu(x, negative_slope)
    x, pull_second = layers.conv(x, second["kernel"])
    x, pull_norm = layers.instance_norm(x, norm["scale"], norm["shift"])
    x, pull_last = layers.leaky_relu(x, negative_slope)

    def pullback(dy: np.ndarray) -> tuple[Tree, np.ndarray]:
        dy, dscale, dshift = pull_norm(pull_last(dy))
        dy, dsecond, _ = pull_second(dy)
        dx, dfirst, dbias = pull_first(pull_relu(dy))
        return {
            "conv_0": {"kernel": dfirst, "bias": dbias},
            "conv_1": {"kernel": dsecond},
            "norm": {"scale": dscale, "shift": dshift},
        }, dx

    return x, pullback

"""Sizes that bound the rounding of an output: Σ|terms| with the number of roundings, or what goes into an exp."""

import numpy as np

from deepmix.reference.networks import layers

from .flat import Arrays
from .tolerances import Magnitude


def mean_nll(inputs: Arrays, expected: Arrays) -> tuple[np.ndarray, int]:
    """N products, their sum, the sum of the weights, a division."""
    weights = inputs["weights"]
    return np.asarray(weights @ np.abs(inputs["log_likelihood"]) / weights.sum()), 2 * weights.size + 1


def conv(output: str) -> Magnitude:
    """The convolution of absolute values; so many products a sum, and their sum."""

    def magnitude(inputs: Arrays, expected: Arrays) -> tuple[np.ndarray, int]:
        arrays = [np.abs(inputs[name]) for name in ("x", "kernel", "bias") if name in inputs]
        value, pullback = layers.conv(*arrays)
        sums = dict(zip(("x", "kernel", "bias"), pullback(np.abs(inputs["cotangent"])), strict=True))
        (kh, kw, n_in, n_out), (h, w) = inputs["kernel"].shape, value.shape[1:]
        terms = {"value": kh * kw * n_in + 1, "x": kh * kw * n_out, "kernel": h * w, "bias": h * w}
        return (value if output == "value" else sums[output]), 2 * terms[output]

    return magnitude


def upsample(inputs: Arrays, expected: Arrays) -> tuple[np.ndarray, int]:
    """Four terms a sum."""
    _, pullback = layers.upsample(inputs["x"])
    return pullback(np.abs(inputs["cotangent"])), 4


def total_variation(inputs: Arrays, expected: Arrays) -> tuple[np.ndarray, int]:
    """A sum over pairs, none of them negative."""
    return np.abs(expected["value"]), 4 * inputs["proportions"].size


def total_variation_gradient(inputs: Arrays, expected: Arrays) -> tuple[np.ndarray, int]:
    """Four signs over N, the sum of the weights."""
    mask = inputs["mask"]
    return np.full(expected["gradient"].shape, 4 / mask.sum()), mask.size + 4


def agreement(inputs: Arrays, expected: Arrays) -> tuple[np.ndarray, int]:
    """Differences of sums over the table, of the size 1 by their denominator."""
    return np.ones(()), 8 * inputs["table"].size


def probability(output: str) -> Magnitude:
    """exp of a logarithm is as uncertain, relatively, as the logarithm is absolutely."""

    def magnitude(inputs: Arrays, expected: Arrays) -> tuple[np.ndarray, int]:
        p = expected[output]
        log_p = np.log(np.where(p > 0, p, 1))
        likelihood = expected.get("log_likelihood", np.zeros(()))
        return p * (1 + np.abs(log_p) + np.abs(likelihood)), 1

    return magnitude

"""Attention [AT], each with its pullback."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from deepmix.conformance.drawing import draw_pooling

from ..case import Case, generator

N, D = 5, 3


def cases(dtype: str) -> Iterator[Case]:
    """With and without a mask, large scores, a single row."""
    yield from _dot_product()
    yield from _self_attention()
    yield from _pooling()


def _masks() -> dict[str, dict[str, np.ndarray]]:
    mask = np.array([True, True, False, True, False])
    return {"all": {}, "padded": {"mask": mask}, "nothing_but_padding": {"mask": np.zeros(N, bool)}}


def _dot_product() -> Iterator[Case]:
    rng = generator("attention")
    given = {"queries": rng.normal(size=(2, 4)), "keys": rng.normal(size=(N, 4))}
    values = {"values": rng.normal(size=(N, 2))}
    for name, mask in _masks().items():
        yield Case("networks.attention.weights", name, given | mask | {"cotangent": rng.normal(size=(2, N))})
        yield Case(
            "networks.attention.dot_product", name, given | values | mask | {"cotangent": rng.normal(size=(2, 2))}
        )
    large = {name: 30 * array for name, array in given.items()}
    yield Case("networks.attention.weights", "large_scores", large | {"cotangent": rng.normal(size=(2, N))})


def _self_attention() -> Iterator[Case]:
    x = np.array([[1.0, 0, 2], [2, 1, 1]])
    kernels: dict[str, Any] = {"query": [[1, 0], [0, 1], [1, 0]], "key": [[0, 1], [1, 0], [1, 0]]}
    kernels["value"] = [[1, 1], [0, 1], [1, 0]]
    example = {name: {"kernel": np.array(kernel, float)} for name, kernel in kernels.items()}
    given = {"parameters": example, "x": x, "cotangent": np.array([[1.0, -1], [0.5, 2]])}
    yield Case("networks.attention.self_attention", "worked_example", given)
    rng = generator("self-attention")
    sizes = {"query": 4, "key": 4, "value": 2}
    parameters = {name: {"kernel": rng.normal(size=(D, size))} for name, size in sizes.items()}
    for name, mask in _masks().items():
        arguments = {"parameters": parameters, "x": rng.normal(size=(N, D)), "cotangent": rng.normal(size=(N, 2))}
        yield Case("networks.attention.self_attention", name, arguments | mask)


def _pooling() -> Iterator[Case]:
    for gated in (False, True):
        rng = generator(f"pooling {gated}")
        parameters, bag = draw_pooling(rng, D, 4, gated), rng.normal(size=(N, D))
        of_weights, of_pooled = {"cotangent": rng.normal(size=N)}, {"cotangent": rng.normal(size=D)}
        for name, mask in _masks().items():
            case = f"{name}_gated" if gated else name
            given = {"parameters": parameters, "bag": bag} | mask
            yield Case("networks.attention.pooling_weights", case, given | of_weights)
            yield Case("networks.attention.pooling", case, given | of_pooled)
    one = {"parameters": parameters, "bag": bag[:1]}
    yield Case("networks.attention.pooling", "bag_of_one", one | of_pooled)

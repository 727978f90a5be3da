"""Laws of attention [AT]."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.conformance.drawing import draw_pooling
from deepmix.reference.networks import attention
from tests.laws.helpers import check_gradient, close, inner
from tests.problems import generators

gates = pytest.mark.parametrize("gated", [False, True], ids=["plain", "gated"])
masks = st.sampled_from([None, np.array([True, True, False, True, False])])
N, D, HIDDEN = 5, 3, 4


def draw_self_attention(rng: np.random.Generator, d_k: int = 4, d_v: int = 2):
    sizes = {"query": d_k, "key": d_k, "value": d_v}
    return {name: {"kernel": rng.normal(size=(D, size))} for name, size in sizes.items()}


def test_at1_worked_example():
    x = np.array([[1.0, 0, 2], [2, 1, 1]])
    kernels = {
        "query": np.array([[1.0, 0], [0, 1], [1, 0]]),
        "key": np.array([[0.0, 1], [1, 0], [1, 0]]),
        "value": np.array([[1.0, 1], [0, 1], [1, 0]]),
    }
    q, k, v = (x @ kernels[name] for name in ("query", "key", "value"))
    assert np.array_equal(q, [[3, 0], [3, 1]])
    assert np.array_equal(k, [[2, 1], [2, 2]])
    assert np.array_equal(v, [[3, 1], [3, 3]])
    weights, _ = attention.weights(q, k)
    np.testing.assert_allclose(weights, [[0.5, 0.5], [0.33, 0.67]], atol=5e-3)
    output, _ = attention.self_attention({name: {"kernel": each} for name, each in kernels.items()}, x)
    np.testing.assert_allclose(output, [[3, 2], [3, 2.34]], atol=5e-3)
    assert np.array_equal(output, attention.dot_product(q, k, v)[0])


@given(rng=generators, mask=masks)
def test_at1_outputs_are_means_of_values(rng, mask):
    q, k, v = rng.normal(size=(2, 4)), rng.normal(size=(N, 4)), rng.normal(size=(N, 2))
    weights, _ = attention.weights(q, k, mask)
    close(weights.sum(axis=1), np.ones(2))
    assert (weights >= 0).all()
    if mask is not None:
        assert (weights[:, ~mask] == 0).all()
    close(attention.dot_product(q, k, v, mask)[0], weights @ v)
    by_loops = np.exp([[query @ key / 2 for key in k] for query in q])  # √4
    by_loops *= 1 if mask is None else mask
    close(weights, by_loops / by_loops.sum(axis=1, keepdims=True))


@given(rng=generators, mask=masks)
def test_at1_permuting_the_rows_permutes_the_output(rng, mask):
    parameters, x, order = draw_self_attention(rng), rng.normal(size=(N, D)), rng.permutation(N)
    output, _ = attention.self_attention(parameters, x, mask)
    permuted, _ = attention.self_attention(parameters, x[order], None if mask is None else mask[order])
    close(permuted, output[order], scale=1)


@given(rng=generators, mask=masks)
def test_at1_gradient(rng, mask):
    parameters, x, dy = draw_self_attention(rng), rng.normal(size=(N, D)), rng.normal(size=(N, 2))
    _, pullback = attention.self_attention(parameters, x, mask)

    def loss(tree):
        return inner(attention.self_attention(tree["parameters"], tree["x"], mask)[0], dy)

    gradient = dict(zip(("parameters", "x"), pullback(dy), strict=True))
    check_gradient(loss, {"parameters": parameters, "x": x}, gradient, rng)


@given(rng=generators, mask=masks)
def test_at1_gradient_at_keys_queries_and_values(rng, mask):
    shapes = {"queries": (2, 4), "keys": (N, 4), "values": (N, 3)}
    given = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    dy = rng.normal(size=(2, 3))
    _, pullback = attention.dot_product(**given, mask=mask)
    gradient = dict(zip(shapes, pullback(dy), strict=True))
    check_gradient(lambda tree: inner(attention.dot_product(**tree, mask=mask)[0], dy), given, gradient, rng)


@gates
@given(rng=generators, mask=masks)
def test_at2_at3_weights_by_loops(gated, rng, mask):
    parameters, bag = draw_pooling(rng, D, HIDDEN, gated), rng.normal(size=(N, D))
    v, w = parameters["hidden"]["kernel"].T, parameters["score"]["kernel"][:, 0]
    scores = []
    for h in bag:
        hidden = np.tanh(v @ h)
        if gated:
            hidden /= 1 + np.exp(-parameters["gate"]["kernel"].T @ h)
        scores.append(w @ hidden)
    power = np.exp(scores) * (1 if mask is None else mask)
    a, _ = attention.pooling_weights(parameters, bag, mask)
    close(a, power / power.sum())
    close(attention.pooling(parameters, bag, mask)[0], sum(weight * h for weight, h in zip(a, bag, strict=True)))


@gates
@given(rng=generators, mask=masks)
def test_at2_at3_the_order_of_a_bag_does_not_matter(gated, rng, mask):
    parameters, bag = draw_pooling(rng, D, HIDDEN, gated), rng.normal(size=(N, D))
    order = rng.permutation(N)
    pooled, _ = attention.pooling(parameters, bag, mask)
    permuted, _ = attention.pooling(parameters, bag[order], None if mask is None else mask[order])
    close(permuted, pooled, scale=1)


@gates
@given(rng=generators, mask=masks)
def test_at2_at3_gradient(gated, rng, mask):
    parameters, bag = draw_pooling(rng, D, HIDDEN, gated), rng.normal(size=(N, D))
    for function, dy in ((attention.pooling, rng.normal(size=D)), (attention.pooling_weights, rng.normal(size=N))):
        _, pullback = function(parameters, bag, mask)
        gradient = dict(zip(("parameters", "bag"), pullback(dy), strict=True))
        check_gradient(
            lambda tree, function=function, dy=dy: inner(function(tree["parameters"], tree["bag"], mask)[0], dy),
            {"parameters": parameters, "bag": bag},
            gradient,
            rng,
        )


@gates
def test_at_padding_changes_nothing(gated):
    """However many rows of padding, and whatever stands in them; without any element the pooled bag is 0 [AT2]."""
    rng = np.random.default_rng(0)
    parameters, bag = draw_pooling(rng, D, HIDDEN, gated), rng.normal(size=(N, D))
    padded, mask = np.concatenate([bag, np.full((3, D), 99.0)]), np.arange(N + 3) < N
    close(attention.pooling(parameters, padded, mask)[0], attention.pooling(parameters, bag)[0], scale=1)
    _, pullback = attention.pooling(parameters, padded, mask)
    assert (pullback(np.ones(D))[1][N:] == 0).all()
    nobody = np.zeros(N, bool)
    pooled, pullback = attention.pooling(parameters, bag, nobody)
    assert (pooled == 0).all()
    assert all((leaf["kernel"] == 0).all() for leaf in pullback(np.ones(D))[0].values())


@gates
def test_at_scores_of_any_size_give_finite_weights(gated):
    rng = np.random.default_rng(1)
    parameters = {name: {"kernel": 1e4 * each["kernel"]} for name, each in draw_pooling(rng, D, 4, gated).items()}
    a, _ = attention.pooling_weights(parameters, rng.normal(size=(N, D)))
    assert np.isfinite(a).all()
    close(a.sum(), 1)

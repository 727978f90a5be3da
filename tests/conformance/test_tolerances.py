"""The rules of tolerance and the comparison: they pass what rounds, and nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from deepmix.conformance import tolerances
from deepmix.conformance.cases.mixtures.em import size_of_mean
from deepmix.conformance.comparison import Difference, compare
from deepmix.conformance.rounding import rounding
from deepmix.conformance.tolerances import BACKWARD, EXACT, counted, eps_of, relative, tolerance

finite = arrays(np.float64, array_shapes(max_dims=3, max_side=4), elements=st.floats(-1e6, 1e6))


def bound_of(rule, values, dtype="float64", inputs=None, rounded=()):
    return tolerance(rule, "x", dtype, inputs or {}, {"x": values}, lambda: [{"x": each} for each in rounded])


@given(values=finite, share=st.floats(0, 0.99))
def test_within_the_tolerance_passes_beyond_it_fails(values, share):
    bound = np.abs(values) * 1e-6 + 1e-12
    inside = compare("x", values + share * bound, values, bound)
    assert inside.message == ""
    assert inside.worst <= 1
    beyond = compare("x", values + 2 * bound, values, bound)
    assert beyond.worst > 1.5
    assert beyond.message.startswith("x")


@given(values=finite)
def test_equal_passes_exactly(values):
    assert compare("x", values.copy(), values, None) == Difference(output="x", worst=0.0)


def test_exactly_means_exactly():
    expected = np.array([1.0, 2.0])
    found = compare("x", np.nextafter(expected, 3), expected, None)
    assert found.worst == np.inf
    assert "expected 1 exactly (2 elements differ)" in found.message


def test_the_first_element_that_differs_is_named():
    expected = np.zeros((2, 3))
    actual = expected.copy()
    actual[1, 0], actual[1, 2] = 5, 7
    assert compare("mixture/means", actual, expected, expected + 1).message == (
        "mixture/means[1, 0] is 5, expected 0 ±1 (2 elements differ)"
    )
    assert compare("nll", np.array(2.0), np.array(0.0), np.array(1.0)).message == "nll is 2, expected 0 ±1"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_must_be_the_same(bad):
    expected, bound = np.array([bad, 1.0]), np.array([0.0, 1.0])
    assert compare("x", expected, expected, bound).worst == 0
    for other in {np.nan, np.inf, -np.inf, 1.0} - {bad}:
        if not (np.isnan(other) and np.isnan(bad)):
            assert compare("x", np.array([other, 1.0]), expected, bound).worst == np.inf
            assert compare("x", np.array([other, 1.0]), np.array([2.0, 1.0]), bound + 0.5).worst > 1


def test_shapes_and_kinds_must_be_right():
    assert "shape (2,), expected ()" in compare("x", np.ones(2), np.ones(()), None).message
    assert "expected numbers" in compare("x", np.array(["a"]), np.ones(1), None).message
    assert compare("x", np.ones((1, 1)), np.ones(()), None).message == ""  # a single number
    assert compare("x", np.array([True]), np.array([1]), None).message == ""  # only the values count


def test_the_rules_say_what_they_do():
    values = np.array([2.0, -4.0, np.nan])
    said, bound = bound_of(relative(3), values, "float32")
    eps, tiny = eps_of("float32"), 10 * np.finfo(np.float32).tiny
    assert said == {"rule": "relative", "factor": 3, "eps": eps, "tiny": tiny}
    np.testing.assert_allclose(bound, [6 * eps, 12 * eps, 0], rtol=2**-7)
    said, bound = bound_of(counted(lambda inputs, expected: (np.full(3, 10.0), 7)), values)
    assert said["operations"] == 7
    np.testing.assert_allclose(bound, [70 * eps_of("float64")] * 2 + [0], rtol=2**-7)
    moved = [np.array([2.001, -4, np.nan]), np.array([2, -4.0001, np.nan])]
    said, bound = bound_of(BACKWARD, values, rounded=moved)
    assert (said["factor"], said["samples"]) == (256, 8)
    assert (bound >= [0.256, 0.0256, 0]).all()  # rounded up to eight bits
    np.testing.assert_allclose(bound, [0.256, 0.0256, 0], rtol=2**-7)
    assert bound_of(EXACT, values) == ({"rule": "exact"}, None)
    assert bound_of(BACKWARD, np.arange(3)) == ({"rule": "exact"}, None)  # integers are exact


def test_a_case_on_an_edge_is_refused():
    """Where rounding decides whether a value is finite, no tolerance can be right."""
    with pytest.raises(AssertionError, match="lies on an edge"):
        bound_of(BACKWARD, np.ones(1), rounded=[np.array([np.inf])])


@given(st.integers(1, 50), st.integers(0, 2**32 - 1))
def test_the_operation_count_bounds_a_sum_in_any_order(n, seed):
    rng = np.random.default_rng(seed)
    values, weights = rng.normal(0, 1e3, n).astype(np.float32), rng.random(n).astype(np.float32) + 0.1
    inputs = {"log_likelihood": values.astype(float), "weights": weights.astype(float)}
    expected = -(inputs["weights"] @ inputs["log_likelihood"]) / inputs["weights"].sum()
    size, count = size_of_mean(inputs, {})
    total, mass = np.float32(0), np.float32(0)
    for i in rng.permutation(n):
        total, mass = total + weights[i] * values[i], mass + weights[i]
    assert abs(float(-total / mass) - expected) <= count * eps_of("float32") * size


def test_rounding_moves_every_number_a_little_and_nothing_else():
    eps = 1e-6
    value = {"a": np.array([1.0, 1.0, -3.0, 0.0, np.inf]), "n": np.arange(3), "s": "word", "t": (2.0, True)}
    with rounding(eps, np.random.default_rng(0)) as (port, move):
        moved = move(value)
        first = port.function("mixtures.gaussian.variance_floor")(np.array([[0.0, 2.0]]), np.ones(2))
        value_and_pullback = port.function("networks.layers.softmax")(np.zeros((2, 1, 1)))
    a = moved["a"]
    assert a[0] == a[1] != 1.0  # equal numbers stay equal
    assert a[3] == 0
    assert a[4] == np.inf
    assert np.abs(a[:3] / [1, 1, -3] - 1).max() <= eps
    assert moved["s"] == "word"
    assert moved["t"][1] is True
    assert moved["t"][0] != 2.0
    np.testing.assert_array_equal(moved["n"], [0, 1, 2])
    assert 0 < abs(first[0] / 1e-6 - 1) <= 3 * eps
    assert 0 < abs(value_and_pullback[1](np.array([[[1.0]], [[0.0]]]))[0, 0, 0] / 0.25 - 1) < 10 * eps


def test_rounding_leaves_the_reference_alone():
    from deepmix.reference.mixtures import gmm

    with rounding(1.0, np.random.default_rng(0)):
        assert gmm.em.mean_nll(np.array([-2.0]), np.ones(1)) == 2.0
    assert tolerances.SAMPLES == 8  # FORMAT.md says eight

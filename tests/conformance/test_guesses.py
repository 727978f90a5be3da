"""The causes that are guessed are those that were made; where nothing is known, nothing is said."""

import numpy as np
import pytest

from deepmix.conformance.guesses import guess

RNG = np.random.default_rng(3)
EXPECTED = RNG.uniform(0.1, 0.9, (3, 4))
MAPS = RNG.normal(size=(2, 3, 4))
LABELS = np.array([[0, 2, 1], [1, 1, 0]])
HALF = np.log(2 * np.pi) / 2


@pytest.mark.parametrize(
    ("actual", "cause"),
    [
        (EXPECTED + 0.25, "the constant 0.25 is added"),
        (EXPECTED - 4 * HALF, "-4 · ½ log 2π is added"),
        (EXPECTED * 3, "it is multiplied by 3"),
        (EXPECTED.T, "it is transposed"),
        (EXPECTED.ravel(order="F").reshape(3, 4), "the first index runs fastest, not the last"),
        (EXPECTED.ravel(), "the numbers are right, but not the shape"),
        (EXPECTED[[2, 0, 1]], "axis 0 is in another order: 1, 2, 0"),
        (EXPECTED[:, ::-1], "axis 1 is in another order: 3, 2, 1, 0"),
        (-EXPECTED, "the sign is reversed"),
        (np.log(EXPECTED), "it is the logarithm"),
        (np.exp(EXPECTED), "it is no logarithm yet"),
        (np.sqrt(EXPECTED), "it is the square root"),
        (EXPECTED**2, "it is the square"),
        (1 / EXPECTED, "it is the inverse"),
        (1 - EXPECTED, "it is 1 minus that"),
        (EXPECTED * 2, "it is twice that"),
        (EXPECTED / 2, "it is half of that"),
    ],
)
def test_the_cause_is_found(actual, cause):
    for noise in (0, 1e-13):
        assert guess(actual * (1 + noise), EXPECTED, np.full(EXPECTED.shape, 1e-12)) == cause


def test_the_cause_of_exact_outputs():
    assert guess(LABELS + 1, LABELS, None) == "it is counted from 1, not from 0"
    assert guess(LABELS - 1, LABELS, None) == "it is counted from 0, not from 1"
    assert guess(LABELS == 0, LABELS > 0, None) == "it is 1 minus that"


def test_axes_of_maps():
    bound = np.full(MAPS.shape, 1e-12)
    channels_last = np.moveaxis(MAPS, 0, -1)
    assert guess(channels_last, MAPS, bound) == "its axes are transposed; (2, 0, 1) puts them right"
    assert guess(MAPS[:, ::-1], MAPS, bound) == "axis 1 is in another order: 2, 1, 0"


def test_a_single_number_tells_little():
    value, bound = np.array(0.7), np.array(1e-12)
    assert guess(value + 2 * HALF, value, bound) == "2 · ½ log 2π is added"
    assert guess(-value, value, bound) == "the sign is reversed"
    assert guess(value + 0.3, value, bound) == ""
    assert guess(value * 3.3, value, bound) == ""


def test_what_is_only_inexact_has_no_cause():
    """No mistake explains what is off by a few times the tolerance, and would be whatever were undone."""
    bound = np.full(EXPECTED.shape, 1e-6)
    assert guess(EXPECTED + RNG.uniform(-5e-6, 5e-6, EXPECTED.shape), EXPECTED, bound) == ""


@pytest.mark.parametrize(
    "actual",
    [
        RNG.normal(size=(3, 4)),
        EXPECTED[:2],
        np.full((3, 4), np.nan),
        np.where(np.arange(4) == 1, np.inf, EXPECTED),
        np.array(["a"]),
        np.zeros((3, 4)),
        np.zeros((0,)),
    ],
)
def test_where_nothing_is_known_nothing_is_said(actual):
    assert guess(actual, EXPECTED, np.full(EXPECTED.shape, 1e-12)) == ""


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (0, True),
        (1, 2),
        (np.inf, 0.0),
        (0.0, np.nan),
        (0.0, np.inf),
        (np.zeros(3), np.zeros(0)),
        (np.zeros((3, 4)), np.ones((3, 4))),
        (np.array([0, 1]), np.array([2, 3])),
        (np.array([np.nan, 0.5]), np.array([np.nan, 1.0])),
    ],
)
def test_whole_numbers_that_any_mistake_explains_tell_nothing(actual, expected):
    expected = np.asarray(expected)
    assert guess(np.asarray(actual), expected, None) == ""
    assert guess(np.asarray(actual), expected, np.full(expected.shape, 1e-12)) == ""


def test_the_same_number_everywhere_is_no_constant_added():
    assert guess(np.full(5, 7.7), np.full(5, 0.3), np.full(5, 1e-12)) == ""


def test_mistakes_of_complex_numbers():
    expected = MAPS[0] + 1j * MAPS[1]
    bound = np.full(expected.shape, 1e-12)
    assert guess(expected.conj(), expected, bound) == "it is the complex conjugate"
    assert guess(1j * expected, expected, bound) == "it is i times that"
    assert guess(expected.T, expected, bound) == "it is transposed"
    assert guess(-expected, expected, bound) == "the sign is reversed"
    assert guess(expected.real, expected, bound) == ""

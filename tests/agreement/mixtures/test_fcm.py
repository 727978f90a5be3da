"""Both backends: fuzzy C-means [FC]."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix import accelerated, reference
from deepmix.reference.mixtures import initialization
from deepmix.reference.types import Status
from tests.problems.mixtures import fuzzy_problems
from tests.tolerances import EPS32, TRAJECTORY, assert_agree, rounded, tolerance

IN_BOTH_DTYPES = pytest.mark.parametrize("dtype", [np.float64, np.float32])


@IN_BOTH_DTYPES
@given(data=st.data())
def test_the_halves_of_a_round(dtype, data):
    problem = data.draw(fuzzy_problems())
    (x, u, w), (x64, u64, w64) = rounded(problem[:3], dtype)
    m = problem.fuzzifier
    previous = np.zeros((len(u), len(x)))
    actual = jax.jit(accelerated.mixtures.fcm.centres)(x, u, w, previous.astype(dtype), m)
    expected = reference.mixtures.fcm.centres(x64, u64, w64, previous, m)
    assert_agree(actual, expected, tolerance("centres", dtype), dtype)
    c, c64 = rounded(expected[0], dtype)
    for name, low, high in (
        ("squared_distances", (x, c), (x64, c64)),
        ("memberships", (x, c, m), (x64, c64, m)),
        ("objective", (x, u, c, w, m), (x64, u64, c64, w64, m)),
        ("partition_coefficient", (u, w), (u64, w64)),
    ):
        found = jax.jit(getattr(accelerated.mixtures.fcm, name))(*low)
        assert_agree(found, getattr(reference.mixtures.fcm, name)(*high), tolerance(name, dtype), dtype)


def test_fit_ends_alike():
    rng = np.random.default_rng(3)
    pixels = np.concatenate([rng.normal(mean, 1, (2, 50)) for mean in (-2, 2)], axis=1)
    start = initialization.random_memberships(2, 100, seed=1)
    weights = np.r_[np.ones(90), np.zeros(10)]
    for options in ({}, {"tol": 1e-2}, {"max_iter": 1}, {"tol": 1e-9, "max_iter": 500}):
        actual = accelerated.mixtures.fcm.fit(pixels, start, weights, **options)
        expected = reference.mixtures.fcm.fit(pixels, start, weights, **options)
        assert_agree(actual, expected, TRAJECTORY)
        assert actual.status is expected.status


def test_in_float32_m_near_1_and_large_distances_neither_overflow_nor_underflow():
    """Distances of 10⁶ to powers of 2/(m − 1) = 200 are beyond any float32; the labels are those of K-means."""
    rng = np.random.default_rng(4)
    pixels = np.concatenate([rng.normal(mean, 1e3, (2, 40)) for mean in (-1e6, 0, 1e6)], axis=1)
    start = initialization.random_memberships(3, 120, seed=0)
    start = np.concatenate([0.9 * np.eye(3)[:, np.arange(120) // 40] + 0.1 * start])
    low, high = rounded((pixels, start), np.float32)
    actual = accelerated.mixtures.fcm.fit(*low, fuzzifier=1.01)
    expected = reference.mixtures.fcm.fit(*high, fuzzifier=1.01)
    assert np.array_equal(actual.labels, np.arange(120) // 40)
    assert actual.status is expected.status is Status.converged
    # sums of 40 terms of size 10⁶
    np.testing.assert_allclose(actual.centres, expected.centres, atol=40**0.5 * EPS32 * 1e6)
    np.testing.assert_allclose(actual.memberships, expected.memberships, atol=1e-6)


@pytest.mark.parametrize("n_pixels", [999, 1024, 1025])
def test_padding_never_shows(n_pixels):
    rng = np.random.default_rng(5)
    pixels, start = rng.normal(size=(2, n_pixels)), initialization.random_memberships(3, n_pixels)
    options = {"tol": -1.0, "max_iter": 4}
    actual = accelerated.mixtures.fcm.fit(pixels, start, **options)
    assert_agree(actual, reference.mixtures.fcm.fit(pixels, start, **options), TRAJECTORY)


def test_bad_input_is_refused_in_the_same_words():
    pixels, start = np.arange(6.0)[None], np.full((2, 6), 0.5)
    for options in ({"fuzzifier": 1.0}, {"max_iter": 0}, {"start": start[:, :5]}, {"start": 2 * start}):
        messages = []
        for backend in (accelerated, reference):
            with pytest.raises(ValueError, match=r".") as raised:
                backend.mixtures.fcm.fit(**{"pixels": pixels, "start": start} | options)
            messages.append(str(raised.value))
        assert messages[0] == messages[1]

"""Both backends: the starts of the mixtures, from the same uniform numbers."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix import accelerated, reference
from deepmix.accelerated.mixtures import _sums
from deepmix.accelerated.mixtures import initialization as twin
from tests import problems
from tests.agreement.mixtures.clusters import clusters
from tests.problems.drawn import generators
from tests.tolerances import assert_agree, rounded, tolerance

IN_BOTH_DTYPES = pytest.mark.parametrize("dtype", [np.float64, np.float32])


def both(function: str, low: tuple, high: tuple, dtype: type, **options) -> None:
    """In float32 on inputs rounded first; the uniform numbers are the same."""
    actual = getattr(accelerated.mixtures.initialization, function)(*low, **options)
    expected = getattr(reference.mixtures.initialization, function)(*high, **options)
    assert_agree(actual, expected, tolerance("moments", dtype), dtype)


@IN_BOTH_DTYPES
@given(data=st.data())
def test_given_labels_means_and_responsibilities(dtype, data):
    kind = data.draw(problems.mixtures.covariance_types)
    problem = data.draw(problems.mixtures.em_problems(kind))
    k, n = len(problem.start.means), problem.pixels.shape[1]
    responsibilities = data.draw(problems.mixtures.responsibilities(k, n))
    given = problem.pixels, problem.weights, responsibilities, problem.start.means
    (x, w, r, means), (x64, w64, r64, means64) = rounded(given, dtype)
    labels = r64.argmax(axis=0)
    both("from_labels", (x, labels, k, w), (x64, labels, k, w64), dtype, covariance_type=kind)
    both("from_responsibilities", (x, r, w, kind), (x64, r64, w64, kind), dtype)
    if dtype is np.float64:  # in float32 a pixel half way between two means may change sides
        both("from_means", (x, means, w), (x64, means64, w64), dtype, covariance_type=kind)


@IN_BOTH_DTYPES
@given(data=st.data())
def test_drawn_responsibilities(dtype, data):
    kind = data.draw(problems.mixtures.covariance_types)
    problem = data.draw(problems.mixtures.em_problems(kind))
    k, n = len(problem.start.means), problem.pixels.shape[1]
    uniforms = data.draw(generators).random((k, n))
    (x, w), (x64, w64) = rounded((problem.pixels, problem.weights), dtype)
    both("random_responsibilities", (x, k, w), (x64, k, w64), dtype, uniforms=uniforms, covariance_type=kind)


def test_drawn_memberships():
    uniforms = np.random.default_rng(6).random((3, 40))
    both("random_memberships", (3, 40), (3, 40), np.float64, uniforms=uniforms)
    both("random_memberships", (3, 40), (3, 40), np.float64, seed=7)


@given(data=st.data())
def test_kmeans(data):
    kind = data.draw(problems.mixtures.covariance_types)
    problem = data.draw(problems.mixtures.em_problems(kind))
    k = len(problem.start.means)
    options = {"seed": data.draw(st.integers(0, 9)), "max_iter": data.draw(st.sampled_from([1, 3, 100]))}
    given = problem.pixels, k, problem.weights
    both("kmeans", given, given, np.float64, covariance_type=kind, **options)


@IN_BOTH_DTYPES
@pytest.mark.parametrize("n_pixels", [500, 5000])
def test_kmeans_of_clusters_apart(dtype, n_pixels):
    """Over several rows of pixels, several blocks and with pixels that do not count, in float32 too."""
    pixels, rng = clusters(n_pixels, seed=2, n_classes=4), np.random.default_rng(3)
    weights = rng.random(n_pixels) * (rng.random(n_pixels) > 0.3)
    (x, w), (x64, w64) = rounded((3 * pixels, weights), dtype)
    for seed in range(3):
        both("kmeans", (x, 4, w), (x64, 4, w64), dtype, seed=seed)


def test_kmeans_is_the_same_in_blocks(monkeypatch):
    pixels = clusters(5000)
    whole = twin.kmeans(pixels, 3)
    monkeypatch.setattr(_sums, "BLOCK_BYTES", 2**15)
    jax.clear_caches()
    found = twin.kmeans(pixels, 3)
    jax.clear_caches()
    assert_agree(found, whole, tolerance("moments", np.float64))


@pytest.mark.parametrize("n_pixels", [2048, 4096])
def test_a_uniform_number_falls_on_the_pixel_that_the_reference_draws(n_pixels):
    rng = np.random.default_rng(4)
    chance = rng.random(n_pixels) * (rng.random(n_pixels) > 0.5)
    chance[:7] = chance[-1030:] = 0  # a whole row of them at the end
    ladder = np.cumsum(chance)
    uniforms = np.r_[0, rng.random(200), np.nextafter(1, 0)]
    expected = np.searchsorted(ladder, uniforms * ladder[-1], side="right")
    last = np.flatnonzero(chance)[-1]
    assert np.array_equal(jax.jit(twin._drawn)(chance, uniforms), np.minimum(expected, last))
    low = np.asarray(jax.jit(twin._drawn)(chance.astype(np.float32), uniforms.astype(np.float32)))
    assert (chance[low] > 0).all()
    assert np.abs(low - np.minimum(expected, last)).max() <= 3


def test_a_start_has_the_dtype_of_the_pixels():
    pixels = clusters(40).astype(np.float32)
    start = twin.kmeans(pixels, 3)
    assert {leaf.dtype for leaf in jax.tree.leaves(start)} == {np.dtype(np.float32)}

"""Both backends: Gaussians, moments, both EM algorithms, from the same input."""

from functools import partial

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix import accelerated, reference
from deepmix.conformance.drawing import draw_responsibilities
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.reference.types import Status
from tests.problems.mixtures import em_problems
from tests.tolerances import EPS32, FUNCTION, STEP, TRAJECTORY, assert_agree, rounded, tolerance

DTYPES = (np.float64, np.float32)
KINDS = pytest.mark.parametrize("kind", COVARIANCE_TYPES)
IN_BOTH_DTYPES = pytest.mark.parametrize("dtype", DTYPES)


def compiled(function, kind: str):
    """The function compiled for one covariance type; cached, so that one shape compiles once."""
    if (function, kind) not in _COMPILED:
        _COMPILED[function, kind] = jax.jit(partial(function, covariance_type=kind))
    return _COMPILED[function, kind]


_COMPILED: dict = {}


@IN_BOTH_DTYPES
@KINDS
@given(data=st.data())
def test_log_density_g1(kind, dtype, data):
    problem = data.draw(em_problems(kind))
    (x, start), (x64, start64) = rounded((problem.pixels, problem.start), dtype)
    actual = compiled(accelerated.mixtures.gaussian.log_density, kind)(x, start.means, start.covariances)
    expected = reference.mixtures.gaussian.log_density(x64, start64.means, start64.covariances, kind)
    assert_agree(actual, expected, tolerance("log_density", dtype), dtype)


@pytest.mark.parametrize("kind", ["full", "tied"])
def test_a_covariance_that_is_not_positive_definite_gives_nan_in_both(kind):
    matrix = np.array([[1.0, 2.0], [2.0, 1.0]])
    covariances = matrix if kind == "tied" else matrix[None]
    arguments = np.ones((2, 3)), np.zeros((1, 2)), covariances, kind
    assert np.isnan(reference.mixtures.gaussian.log_density(*arguments)).all()
    assert np.isnan(accelerated.mixtures.gaussian.log_density(*arguments)).all()


@IN_BOTH_DTYPES
@given(data=st.data())
def test_posterior_em1(dtype, data):
    problem = data.draw(em_problems("diag"))
    densities = reference.mixtures.gaussian.log_density(problem.pixels, *problem.start[1:])
    drawn = np.log(draw_responsibilities(np.random.default_rng(data.draw(st.integers(0, 99))), *densities.shape))
    low, high = rounded((drawn, densities), dtype)
    actual = jax.jit(accelerated.mixtures.gaussian.posterior)(*low)
    assert_agree(actual, reference.mixtures.gaussian.posterior(*high), tolerance("posterior", dtype), dtype)


@IN_BOTH_DTYPES
@KINDS
@given(data=st.data())
def test_moments_g2(kind, dtype, data):
    problem = data.draw(em_problems(kind))
    shape = len(problem.start.means), problem.pixels.shape[1]
    r = draw_responsibilities(np.random.default_rng(data.draw(st.integers(0, 99))), *shape)
    if data.draw(st.booleans()) and shape[0] > 1:  # an empty class keeps its moments [G3]
        r = np.vstack([r[1:], np.zeros_like(r[:1])])
    low, high = rounded((problem.pixels, r, problem.weights, problem.floor, problem.start), dtype)
    actual = compiled(accelerated.mixtures.gaussian.moments, kind)(*low)
    assert_agree(actual, reference.mixtures.gaussian.moments(*high, kind), tolerance("moments", dtype), dtype)


@IN_BOTH_DTYPES
@KINDS
@given(data=st.data())
def test_global_mixture_and_floor_g3(kind, dtype, data):
    problem = data.draw(em_problems(kind))
    low, high = rounded((problem.pixels, problem.weights, problem.floor), dtype)
    actual = accelerated.mixtures.gaussian.global_mixture(*low, 2, kind)
    assert_agree(
        actual, reference.mixtures.gaussian.global_mixture(*high, 2, kind), tolerance("moments", dtype), dtype
    )
    floor = jax.jit(accelerated.mixtures.gaussian.variance_floor)(*low[:2])
    assert_agree(
        floor, reference.mixtures.gaussian.variance_floor(*high[:2]), tolerance("variance_floor", dtype), dtype
    )


def test_the_floor_of_a_constant_channel_g3():
    pixels, weights = np.stack([np.full(9, 0.1), np.arange(9.0)]), np.ones(9)
    assert_agree(
        accelerated.mixtures.gaussian.variance_floor(pixels, weights),
        reference.mixtures.gaussian.variance_floor(pixels, weights),
        FUNCTION,
    )


@IN_BOTH_DTYPES
@KINDS
@pytest.mark.parametrize("name", ["gmm", "svgmm"])
@given(data=st.data())
def test_e_step_m_step_and_nll(name, kind, dtype, data):
    mine, theirs = getattr(accelerated.mixtures, name), getattr(reference.mixtures, name)
    problem = data.draw(em_problems(kind))
    start = problem.start
    if name == "svgmm":
        start = reference.mixtures.svgmm.begin(problem.pixels, start, kind)
    low, high = rounded((problem.pixels, start, problem.weights, problem.floor), dtype)
    (x, mixture, w, floor), (x64, mixture64, w64, floor64) = low, high
    expected = theirs.e_step(x64, mixture64, kind)
    assert_agree(compiled(mine.e_step, kind)(x, mixture), expected, tolerance("posterior", dtype), dtype)
    nll = compiled(mine.nll, kind)(x, mixture, w)
    assert_agree(nll, theirs.nll(x64, mixture64, w64, kind), tolerance("posterior", dtype), dtype)
    r, r64 = rounded(expected[0], dtype)
    step = compiled(mine.m_step, kind)(x, r, w, floor, mixture)
    assert_agree(
        step, theirs.m_step(x64, r64, w64, floor64, mixture64, kind), tolerance("m_step", dtype, STEP), dtype
    )


@given(data=st.data())
def test_svgmm_begin(data):
    problem = data.draw(em_problems("full"))
    arguments = problem.pixels, problem.start, "full"
    assert_agree(
        accelerated.mixtures.svgmm.begin(*arguments), reference.mixtures.svgmm.begin(*arguments), FUNCTION
    )


@pytest.mark.parametrize("name", ["gmm", "svgmm"])
def test_fit_ends_alike(name):
    """The stopping rule, the statuses and the parameters kept are those of the reference."""
    rng = np.random.default_rng(3)
    pixels = np.concatenate([rng.normal(mean, 1, (2, 50)) for mean in (-2, 2)], axis=1)
    start = reference.mixtures.initialization.random_responsibilities(pixels, 2, seed=1)
    for options in ({"tol": 1e-2}, {"max_iter": 3}, {"max_iter": 0}, {"tol": 1e-9, "max_iter": 500}):
        begin = start if name == "gmm" else reference.mixtures.svgmm.begin(pixels, start)
        actual = getattr(accelerated.mixtures, name).fit(pixels, begin, **options)
        expected = getattr(reference.mixtures, name).fit(pixels, begin, **options)
        assert_agree(actual, expected, TRAJECTORY)
        assert actual.status is expected.status


def test_a_fit_that_blows_up_keeps_its_last_finite_parameters():
    """Without a floor a class shrinks on a doubled pixel until its density is infinite."""
    pixels = np.array([[0.0, 0.0, 1.0, 2.0, 5.0, 6.0]])
    start = reference.mixtures.initialization.from_labels(pixels, np.array([0, 0, 1, 1, 1, 1]), 2)
    start = start._replace(covariances=np.array([[1e-3], [4.0]]))
    options = {"floor": np.zeros(1), "tol": -np.inf}
    actual, expected = (
        accelerated.mixtures.gmm.fit(pixels, start, **options),
        reference.mixtures.gmm.fit(pixels, start, **options),
    )
    for fit in (actual, expected):
        assert fit.status is Status.non_finite
        assert np.isfinite(fit.value)
        assert not np.isfinite(fit.history[-1])
        assert all(np.isfinite(array).all() for array in fit.mixture)


@pytest.mark.parametrize("enabled", [True, False])
def test_the_dtype_follows_the_input(enabled):
    rng = np.random.default_rng(0)
    start = reference.mixtures.initialization.kmeans(rng.normal(size=(2, 30)), 2)
    with jax.enable_x64(enabled):
        fits = {
            dtype: accelerated.mixtures.gmm.fit(rng.normal(size=(2, 30)).astype(dtype), start) for dtype in DTYPES
        }
    for dtype, fit in fits.items():
        expected = dtype if enabled else np.float32
        assert {array.dtype for array in (*fit.mixture, fit.responsibilities, fit.value)} == {np.dtype(expected)}


@pytest.mark.parametrize("name", ["gmm", "svgmm"])
def test_fit_in_float32_reaches_the_same_optimum(name):
    """At convergence the NLL is flat: its error is that of one evaluation, not of the path."""
    rng = np.random.default_rng(5)
    pixels = np.concatenate([rng.normal(mean, 1, (2, 300)) for mean in (-4, 0, 4)], axis=1).astype(np.float32)
    start = reference.mixtures.initialization.kmeans(pixels, 3)
    if name == "svgmm":
        start = reference.mixtures.svgmm.begin(pixels.astype(float), start)
    actual = getattr(accelerated.mixtures, name).fit(pixels, start, tol=-np.inf, max_iter=20)
    expected = getattr(reference.mixtures, name).fit(pixels, start, tol=-np.inf, max_iter=20)
    # 900 terms of size ≤ 20 in the mean, and twenty M-steps that pass their errors on
    assert abs(float(actual.value) - expected.value) < 20 * 900**0.5 * 20 * EPS32

"""Laws of gamma, log-normal and Poisson distributions [NG6], [NG7], [NG8]: what is their own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import psi

from deepmix.reference.mixtures import gamma, gmm, lognormal, poisson
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.reference.mixtures.records import Gamma, LogNormal, Mixture, Poisson
from tests import problems
from tests.laws.helpers import FEW_STEPS, close


@given(rate=st.floats(0.01, 100), rng=problems.generators)
def test_ng6_of_shape_1_it_is_exponential(rate, rng):
    x = rng.exponential(1 / rate, (1, 30))
    mixture = Gamma(proportions=np.ones(1), shapes=np.ones((1, 1)), rates=np.full((1, 1), rate))
    close(gamma.log_density(x, mixture)[0], np.log(rate) - rate * x[0])


@given(data=st.data())
def test_ng6_the_mean_is_the_pixels_and_looks_stay(data):
    problem = data.draw(problems.mixtures.family_problems("gamma", "diag"))
    r = data.draw(problems.mixtures.responsibilities(len(problem.start.shapes), problem.weights.size))
    sums = gamma.statistics(problem.pixels, r, problem.weights, problem.start)
    free, fixed = (
        gamma.estimate(sums, problem.floor, problem.start, shapes=word).mixture for word in ("each", "fixed")
    )
    share = problem.weights * r
    mean = share @ problem.pixels.T / share.sum(axis=1)[:, None]
    close(free.shapes / free.rates, mean)
    close(fixed.shapes / fixed.rates, mean)
    np.testing.assert_array_equal(fixed.shapes, problem.start.shapes)


def test_ng6_g3_equal_pixels_get_the_greatest_shape():
    pixels = np.array([[2.0, 2.0, 2.0, 2.0 + 1e-9]])
    start = Gamma(proportions=np.ones(1), shapes=np.ones((1, 1)), rates=np.ones((1, 1)))
    fitted = gmm.fit(pixels, start, family="gamma")
    assert fitted.mixture.shapes[0, 0] == gamma.GREATEST
    np.testing.assert_allclose(fitted.mixture.rates, gamma.GREATEST / 2)
    assert np.isfinite(fitted.value)


@pytest.mark.parametrize("least", [1e-9, 1e-20, 1e-200])
def test_ng6_a_pixel_far_below_the_mean_has_its_logarithm(least):
    """x/x̄ − 1 rounds to −1 there, whose log1p is −∞."""
    pixels = np.array([[least, 1.0, 2.0, 5.0]])
    start = Gamma(proportions=np.ones(1), shapes=np.ones((1, 1)), rates=np.ones((1, 1)))
    with np.errstate(all="raise"):
        sums = gamma.statistics(pixels, np.ones((1, 4)), np.ones(4), start)
    close(sums.excess, np.array([[(pixels - 1 - np.log(pixels)).sum()]]))
    fitted = gmm.fit(pixels, start, family="gamma", tol=1e-12)
    a = fitted.mixture.shapes[0, 0]
    close(np.log(a) - psi(a), np.log(pixels.mean()) - np.log(pixels).mean())


@pytest.mark.parametrize("kind", COVARIANCE_TYPES)
@given(data=st.data())
def test_ng7_log_normal_is_the_gmm_of_the_logarithms(kind, data):
    problem = data.draw(problems.mixtures.family_problems("lognormal", kind))
    logs = np.log(problem.pixels)
    options = {"covariance_type": kind, "tol": -np.inf, "max_iter": 3}
    found = gmm.fit(problem.pixels, problem.start, problem.weights, family="lognormal", **options)
    expected = gmm.fit(logs, Mixture(**problem.start._asdict()), problem.weights, **options)
    close(tuple(found.mixture), tuple(expected.mixture), FEW_STEPS)
    close(found.responsibilities, expected.responsibilities, FEW_STEPS)
    jacobian = logs.sum(axis=0) @ problem.weights / problem.weights.sum()
    close(found.history, expected.history + jacobian, FEW_STEPS, scale=1 + abs(jacobian))


@pytest.mark.parametrize("kind", COVARIANCE_TYPES)
@given(data=st.data())
def test_ng7_starts_have_the_means_and_variances_of_the_gaussians(kind, data):
    start = data.draw(problems.mixtures.mixtures(kind, (2, 3)))
    start = start._replace(means=1 + np.abs(start.means))
    found = lognormal.of_gaussians(start, kind)
    assert type(found) is LogNormal
    assert found.covariances.shape == start.covariances.shape
    if kind == "diag":
        means = np.exp(found.means + found.covariances / 2)
        close(means, start.means)
        close(means**2 * np.expm1(found.covariances), start.covariances)


@given(data=st.data())
def test_ng8_rates_are_weighted_means_and_never_0(data):
    problem = data.draw(problems.mixtures.family_problems("poisson", "diag"))
    r = data.draw(problems.mixtures.responsibilities(len(problem.start.rates), problem.weights.size))
    share = problem.weights * r
    sums = poisson.statistics(problem.pixels, r, problem.weights, problem.start)
    found = poisson.estimate(sums, problem.floor, problem.start).mixture
    close(found.rates, share @ problem.pixels.T / share.sum(axis=1)[:, None])
    empty = poisson.statistics(0 * problem.pixels, r, problem.weights, problem.start)
    dark = poisson.estimate(empty, problem.floor, problem.start).mixture
    np.testing.assert_array_equal(dark.rates, poisson.LEAST)
    assert np.isfinite(poisson.log_density(problem.pixels, dark)).all()


def test_ng8_a_class_of_zeros_is_found():
    pixels = np.array([[0.0, 0, 0, 0, 5, 6, 7, 5]])
    start = Poisson(proportions=np.full(2, 0.5), rates=np.array([[0.1], [5.0]]))
    fitted = gmm.fit(pixels, start, family="poisson", tol=1e-9)
    np.testing.assert_array_equal(fitted.labels, [0] * 4 + [1] * 4)

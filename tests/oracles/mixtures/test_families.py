"""Families of distributions against SciPy [NG]."""

import numpy as np
import pytest
from hypothesis import given
from scipy import stats

from deepmix.conformance.drawing_families import draw_of_family, draw_values
from deepmix.reference.mixtures import gamma, gaussian, gmm, lognormal, poisson, rician, student
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.reference.mixtures.records import Gamma, Rician
from tests import problems
from tests.laws.helpers import close

M, K, N = 2, 3, 40


def by_channel(frozen, pixels: np.ndarray, *parameters: np.ndarray) -> np.ndarray:
    """Σ log p of independent channels (K, N)."""
    return frozen(pixels, *(each[:, :, None] for each in parameters)).sum(axis=1)


@pytest.mark.parametrize("kind", COVARIANCE_TYPES)
@given(rng=problems.generators)
def test_ng2_student(kind, rng):
    mixture = draw_of_family(rng, "student", M, K, kind)
    pixels = draw_values(rng, "student", mixture, N, kind)
    matrices = gaussian.covariance_matrices(mixture.covariances, kind, K, M)
    expected = [
        stats.multivariate_t(mean, shape, df).logpdf(pixels.T)
        for mean, shape, df in zip(mixture.means, matrices, mixture.degrees, strict=True)
    ]
    close(student.log_density(pixels, mixture, kind), np.stack(expected))


@given(rng=problems.generators)
def test_ng4_rician(rng):
    mixture = draw_of_family(rng, "rician_each", M, K)
    pixels, scale = draw_values(rng, "rician_each", mixture, N), np.sqrt(mixture.variances)
    expected = by_channel(
        lambda x, nu, sigma: stats.rice.logpdf(x, nu / sigma, scale=sigma), pixels, mixture.signals, scale
    )
    close(rician.log_density(pixels, mixture), expected)


@given(rng=problems.generators)
def test_ng6_gamma(rng):
    mixture = draw_of_family(rng, "gamma", M, K)
    pixels = draw_values(rng, "gamma", mixture, N)
    expected = by_channel(
        lambda x, a, b: stats.gamma.logpdf(x, a, scale=1 / b), pixels, mixture.shapes, mixture.rates
    )
    close(gamma.log_density(pixels, mixture), expected)


@given(rng=problems.generators)
def test_ng7_log_normal(rng):
    mixture = draw_of_family(rng, "lognormal", M, K)
    pixels, spread = draw_values(rng, "lognormal", mixture, N), np.sqrt(mixture.covariances)
    expected = by_channel(
        lambda x, mu, s: stats.lognorm.logpdf(x, s, scale=np.exp(mu)), pixels, mixture.means, spread
    )
    close(lognormal.log_density(pixels, mixture), expected)


@given(rng=problems.generators)
def test_ng8_poisson(rng):
    mixture = draw_of_family(rng, "poisson", M, K)
    pixels = draw_values(rng, "poisson", mixture, N)
    close(poisson.log_density(pixels, mixture), by_channel(stats.poisson.logpmf, pixels, mixture.rates))


@pytest.mark.parametrize("seed", [1, 2])
def test_ng6_one_gamma_class_is_the_maximum_likelihood(seed):
    x = np.random.default_rng(seed).gamma(3.0, 2.0, (1, 300))
    start = Gamma(proportions=np.ones(1), shapes=np.ones((1, 1)), rates=np.ones((1, 1)))
    fitted = gmm.fit(x, start, family="gamma", tol=1e-12).mixture
    shape, _, scale = stats.gamma.fit(x[0], floc=0)
    np.testing.assert_allclose([fitted.shapes[0, 0], 1 / fitted.rates[0, 0]], [shape, scale], rtol=1e-6)


@pytest.mark.parametrize("signal", [1.5, 6.0])
def test_ng5_one_rician_class_is_the_maximum_likelihood(signal):
    """Nelder and Mead's simplex, as SciPy maximises it, ends within 10⁻⁴."""
    x = stats.rice.rvs(signal, scale=2.0, size=300, random_state=3)[None]
    start = Rician(proportions=np.ones(1), signals=np.full((1, 1), x.mean()), variances=np.ones((1, 1)))
    fitted = gmm.fit(x, start, family="rician", tol=1e-12, max_iter=2000, floor=np.zeros(1))
    shape, _, scale = stats.rice.fit(x[0], floc=0)
    found = [fitted.mixture.signals[0, 0], np.sqrt(fitted.mixture.variances[0, 0])]
    np.testing.assert_allclose(found, [shape * scale, scale], rtol=1e-3)
    assert fitted.value <= -stats.rice.logpdf(x[0], shape, scale=scale).mean() + 1e-8

"""Laws of Rician distributions [NG4], [NG5]: what is their own."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rice

from deepmix.conformance.drawing_families import draw_of_family, draw_values
from deepmix.reference.mixtures import gaussian, gmm, rician
from deepmix.reference.mixtures.records import Mixture, Rician
from tests import problems
from tests.laws.helpers import close


def one_class(signal: float, variance: float) -> Rician:
    return Rician(proportions=np.ones(1), signals=np.array([[signal]]), variances=np.array([[variance]]))


@given(variance=st.floats(0.1, 10), rng=problems.generators)
def test_ng4_of_little_noise_it_is_the_gaussian(variance, rng):
    """log i0e(z) → −½ log 2πz: but for x/ν it is N(ν, σ²)."""
    signal = 1e7 * np.sqrt(variance)
    x = signal + np.sqrt(variance) * rng.normal(size=(1, 30))
    found = rician.log_density(x, one_class(signal, variance))
    expected = gaussian.log_density(x, np.array([[signal]]), np.array([[variance]]))
    close(found, expected, 1e-6)


@given(variance=st.floats(0.1, 10), rng=problems.generators)
def test_ng4_without_a_signal_it_is_rayleigh(variance, rng):
    x = rng.rayleigh(np.sqrt(variance), (1, 30))
    close(rician.log_density(x, one_class(0.0, variance))[0], np.log(x / variance)[0] - x[0] ** 2 / (2 * variance))


def test_ng5_alignment_rises_from_0_to_1():
    x = np.append(0, np.logspace(-8, 12, 2000))
    lost = rician.misalignment(x[None], one_class(1.0, 1.0)).ravel()
    assert lost[0] == 1
    assert (lost >= 0).all()
    assert (np.diff(lost[x < 1e3]) < 0).all()
    assert (np.diff(lost) <= 1e-16).all()


def test_ng4_ng5_large_values_and_little_noise_stay_finite():
    """I₀ itself overflows beyond 713."""
    mixture, x = one_class(1e6, 1e-6), np.array([[1e6 - 1e-3, 1e6, 1e6 + 2e-3]])
    assert np.isfinite(rician.log_density(x, mixture)).all()
    sums = rician.statistics(x, np.ones((1, 3)), np.ones(3), mixture)
    found = rician.estimate(sums, np.zeros(1), mixture).mixture
    np.testing.assert_allclose(found.signals, x.mean(), rtol=1e-15)
    np.testing.assert_allclose(found.variances, (x.var() + 1e-6) / 2, rtol=1e-6)  # x itself has no more digits
    far = rician.log_density(np.array([[1e-3, 1e6]]), one_class(1e-3, 1e-6))
    assert np.isfinite(far).all()


@given(data=st.data())
def test_ng5_a_class_without_signal_stays_without(data):
    """The background: 0 is a fixed point."""
    family = data.draw(st.sampled_from(("rician", "rician_each")))
    problem = data.draw(problems.mixtures.family_problems(family, "diag"))
    signals = np.array(problem.start.signals)
    signals[0] = 0
    fitted = gmm.fit(
        problem.pixels, problem.start._replace(signals=signals), problem.weights, family=family, tol=0.0
    )
    assert (fitted.mixture.signals[0] == 0).all()
    assert (fitted.mixture.signals[1:] > 0).all()


@given(rng=problems.generators)
def test_ng5_noise_is_one_number_a_channel_or_one_of_each_class(rng):
    truth = draw_of_family(rng, "rician_each", 2, 3)
    pixels = draw_values(rng, "rician_each", truth, 60)
    shared, of_each = (gmm.fit(pixels, truth, family=family).mixture for family in ("rician", "rician_each"))
    np.testing.assert_array_equal(shared.variances, shared.variances[:1].repeat(3, axis=0))
    assert len(np.unique(of_each.variances)) == 6


@given(theta=st.floats(0.3, 30), scale=st.floats(0.01, 100))
def test_ng5_koays_inversion_finds_signal_and_noise(theta, scale):
    mean, variance = rice.stats(theta, scale=scale)
    found = rician.of_gaussians(
        Mixture(proportions=np.ones(1), means=np.array([[mean]]), covariances=np.array([[variance]]))
    )
    close(rician.correction(np.array(theta)), variance / scale**2, 1e-9)
    slow = 1e-6 if theta > 1 else 0.3  # the fixed point is slow near 0, where the moments tell little
    np.testing.assert_allclose(found.signals, theta * scale, rtol=slow)
    np.testing.assert_allclose(found.variances, scale**2, rtol=slow)


def test_ng5_of_rayleigh_moments_there_is_no_signal():
    mean, variance = rice.stats(0.0)
    for factor in (0.999, 0.5):
        gauss = Mixture(
            proportions=np.ones(1), means=np.array([[factor * mean]]), covariances=np.array([[variance]])
        )
        found = rician.of_gaussians(gauss)
        assert found.signals[0, 0] == 0
        np.testing.assert_allclose(found.variances, variance / (2 - np.pi / 2))

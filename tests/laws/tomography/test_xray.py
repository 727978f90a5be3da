"""Laws of counts [CT1], of the water correction [CT2], of noise [CT3], and of Hounsfield units [CT10]."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.reference.tomography import hounsfield, xray
from tests.laws.helpers import close
from tests.problems import generators
from tests.problems.tomography import beams

DETECTORS = pytest.mark.parametrize("detector", xray.SIGNALS)


@given(rng=generators, dark=st.sampled_from((0.0, 12.5)))
def test_ct1_counts_and_back(rng, dark):
    p, flat = rng.uniform(0, 5, (3, 4)), rng.uniform(900, 1100, 4)
    counts = xray.transmitted(p, flat, dark)
    assert ((dark < counts) & (counts <= flat)).all()
    found = xray.line_integrals(counts, flat, dark)
    close(found.sinogram, p, 1e-9)
    close(found.weights, (flat - dark) * np.exp(-p), 1e-9)
    assert not found.starved.any()


def test_ct3_no_counts_are_half_a_count_and_dead_detectors_say_nothing():
    counts, flat = np.array([[7.0, 5.0, 3.0], [6.0, 5.0, 9.0]]), np.array([105.0, 105.0, 5.0])
    found = xray.line_integrals(counts, flat, 5.0)
    close(found.sinogram, np.log([[50.0, 200, 1], [100, 200, 1]]))
    close(found.weights, np.array([[2, 0.5, 0], [1, 0.5, 0]]))
    assert (found.starved == [[False, True, True], [False, True, True]]).all()


@given(rng=generators, p=st.floats(0, 3))
def test_ct3_the_weight_is_the_inverse_variance(rng, p):
    flat = np.full(20000, 1e4)
    counts = rng.poisson(xray.transmitted(np.full(20000, p), flat)).astype(float)
    found = xray.line_integrals(counts, flat)
    assert found.sinogram.var() * found.weights.mean() == pytest.approx(1, abs=0.06)
    assert found.sinogram.mean() == pytest.approx(p, abs=0.002)


@given(rng=generators, background=st.floats(10, 1000), share=st.floats(-0.5, 0.5))
def test_ct3_contrast_over_the_noise_of_the_background(rng, background, share):
    target = background * (1 + share)
    contrast = xray.contrast(target, background)
    close(contrast, share, 1e-9, scale=1.0)
    close(xray.signal_to_noise(contrast, background), (target - background) / np.sqrt(background), 1e-9)


@DETECTORS
@given(beam=beams(1))
def test_ct1_one_energy_is_the_monoenergetic_case(beam, detector):
    found = xray.polyenergetic(beam.lengths, beam.attenuation, beam.spectrum, beam.energies, detector)
    close(found, np.tensordot(beam.attenuation[:, 0], beam.lengths, 1), 1e-9, scale=1.0)


@DETECTORS
@given(beam=beams())
def test_ct1_beams_harden(beam, detector):
    """p of one material rises, less and less; it begins with the effective attenuation."""
    lengths, about = np.linspace(0, 300, 40), (beam.spectrum, beam.energies, detector)
    p = xray.polyenergetic(lengths[None], beam.attenuation[:1], *about)
    steps = np.diff(p)
    assert abs(p[0]) < 1e-12
    assert (steps > 0).all()
    assert (np.diff(steps) <= 1e-12).all()
    slope = xray.effective_attenuation(beam.attenuation[0], *about)
    tiny = xray.polyenergetic(np.array([[1e-6]]), beam.attenuation[:1], *about)
    close(tiny, 1e-6 * slope, 1e-5)
    assert beam.attenuation[0].min() <= slope <= beam.attenuation[0].max()


@given(beam=beams())
def test_ct1_detectors_that_count_see_softer_beams(beam):
    """ω = E weighs high energies, which are absorbed less."""
    given = beam.attenuation, beam.spectrum, beam.energies
    counting, integrating = (xray.effective_attenuation(*given, each) for each in ("counting", "integrating"))
    assert (counting >= integrating).all()


@DETECTORS
@given(beam=beams())
def test_ct2_water_becomes_linear(beam, detector):
    lengths, about = np.linspace(0, 200, 30), (beam.spectrum, beam.energies, detector)
    water = beam.attenuation[0]
    coefficients = xray.water_correction(lengths, water, *about)
    p = xray.polyenergetic(lengths[None], water[None], *about)
    wanted = xray.effective_attenuation(water, *about) * lengths
    error, before = np.abs(xray.corrected(p, coefficients) - wanted), np.abs(p - wanted)
    assert error.max() <= 0.05 * before.max() + 1e-9
    close(xray.corrected(np.zeros(3), coefficients), np.zeros(3), scale=1.0)
    powers = coefficients @ p ** np.arange(1, 5)[:, None]
    close(xray.corrected(p, coefficients), powers, 1e-9)


@given(rng=generators, water=st.floats(0.01, 0.03), air=st.sampled_from((0.0, 2e-5)))
def test_ct10_water_is_0_air_is_minus_1000_and_back(rng, water, air):
    close(hounsfield.to_hounsfield(np.array([water, air]), water, air), np.array([0.0, -1000]))
    units = rng.uniform(-1000, 3000, (3, 4))
    close(hounsfield.to_hounsfield(hounsfield.from_hounsfield(units, water, air), water, air), units, 1e-9)


def test_ct10_tissues_are_ordered_ranges():
    assert all(low <= high for low, high in hounsfield.TISSUES.values())
    assert hounsfield.TISSUES["air"] == (-1000, -1000)
    assert hounsfield.TISSUES["water"] == (0, 0)

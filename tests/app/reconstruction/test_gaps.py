"""Detectors and views that measured nothing, and counts that are taken for line integrals, or the other way."""

import warnings

import numpy as np
import pytest

import deepmix
from deepmix.datasets.phantoms_exact import Ellipse, level_of, sinogram_of
from deepmix.reference.tomography import geometry as geometries
from tests.problems.tomography import turn

ELLIPSE = Ellipse(x=3, y=-2, a=9, b=6, phi=0.4, value=0.02)
GEOMETRY = geometries.parallel(turn(60), 28, 31, 51)
SINOGRAM = sinogram_of([ELLIPSE], GEOMETRY)
FLAT, DARK = np.full(51, 1e4), np.full(51, 100.0)
COUNTS = np.random.default_rng(0).poisson(100 + 9900 * np.exp(-SINOGRAM)).astype(float)
INSIDE = level_of(ELLIPSE, GEOMETRY) < 0.7
DEAD = [0, 24, 25]  # one at the border, two beside each other


def spoilt(how):
    """Counts, flat and dark field with dead detectors."""
    counts, flat, dark = COUNTS.copy(), FLAT.copy(), DARK.copy()
    if how == "no beam":
        flat[DEAD] = dark[DEAD]
    elif how == "no flat field":
        flat[DEAD] = np.nan
    else:
        counts[:, DEAD] = {"NaN": np.nan, "infinite": np.inf, "zero": 0, "dark": 100}[how]
    return counts, flat, dark


@pytest.mark.parametrize("how", ["no beam", "no flat field", "NaN", "infinite", "zero", "dark"])
@pytest.mark.parametrize("method", ["fbp", "tikhonov"])
def test_dead_detectors_are_bridged_or_left_out(method, how):
    counts, flat, dark = spoilt(how)
    with pytest.warns(UserWarning, match=r"3 of 51 detectors are dead \(counted from 0: 0, 24, 25\)"):
        found = deepmix.reconstruct(counts, GEOMETRY, method, flat=flat, dark=dark)
    whole = deepmix.reconstruct(COUNTS, GEOMETRY, method, flat=FLAT, dark=DARK)
    assert found.report["dead_detectors"] == DEAD
    assert found.report["starved"] == 0
    assert whole.report["dead_detectors"] == []
    assert np.abs(found.image - whole.image).mean() < 0.0015
    assert found.image[INSIDE].mean() == pytest.approx(0.02, rel=0.03)
    np.testing.assert_allclose(found.data[:, 24:26], SINOGRAM[:, 24:26], atol=0.08)


@pytest.mark.parametrize("value", [37.0, 1e4])
def test_a_detector_that_counts_the_same_in_every_view_is_dead(value):
    counts = COUNTS.copy()
    counts[:, 20] = value
    with pytest.warns(UserWarning, match="1 of 51 detectors are dead"):
        found = deepmix.reconstruct(counts, GEOMETRY, flat=FLAT, dark=DARK * 0)
    assert found.report["dead_detectors"] == [20]


def test_air_without_noise_is_not_dead():
    disc = sinogram_of([Ellipse(x=0, y=0, a=8, b=8, phi=0, value=0.02)], GEOMETRY)
    for exact in (SINOGRAM, disc):  # of a disc about the axis every detector counts the same in every view
        assert deepmix.reconstruct(1e4 * np.exp(-exact), GEOMETRY, flat=1e4).report["dead_detectors"] == []


def test_a_detector_without_a_line_integral_is_dead():
    data = SINOGRAM.copy()
    data[:, 7] = np.inf
    with pytest.warns(UserWarning, match="1 of 51 detectors are dead"):
        found = deepmix.reconstruct(data, GEOMETRY)
    assert found.report["dead_detectors"] == [7]
    assert found.image[INSIDE].mean() == pytest.approx(0.02, rel=0.03)


@pytest.mark.parametrize(
    ("counts", "flat", "words"),
    [
        (COUNTS, DARK, "every detector is dead"),
        (0 * COUNTS, FLAT, "every detector is dead"),
        (np.nan * COUNTS, FLAT, "the counts: 3060 of 3060 values are NaN or infinite"),
        (COUNTS, np.nan * FLAT, "the flat field: 51 of 51 values are NaN or infinite"),
    ],
)
def test_nothing_measured_is_an_error(counts, flat, words):
    with pytest.raises(ValueError, match=words):
        deepmix.reconstruct(counts, GEOMETRY, flat=flat, dark=DARK)


def test_views_without_a_beam_do_not_count():
    counts = COUNTS.copy()
    counts[[5, 40]] = 100
    with pytest.warns(
        UserWarning, match="102 of 3060 counts are none above the dark field; they count ½, or nothing"
    ):
        found = deepmix.reconstruct(counts, GEOMETRY, "tikhonov", flat=FLAT, dark=DARK)
    assert found.image[INSIDE].mean() == pytest.approx(0.02, rel=0.03)
    with (
        pytest.warns(UserWarning, match="none above the dark field"),
        pytest.raises(
            ValueError, match=r"nothing was measured in 2 views \(counted from 0: 5, 40\): leave them out"
        ),
    ):
        deepmix.reconstruct(counts, GEOMETRY, flat=FLAT, dark=DARK)


def test_fbp_bridges_what_has_no_weight_and_says_that_it_does_not_weigh():
    data, weights = SINOGRAM.copy(), np.ones(SINOGRAM.shape)
    data[::2, 30], weights[::2, 30] = np.nan, 0
    with pytest.warns(UserWarning, match="fbp does not weigh the data: weights count only where they are 0"):
        found = deepmix.reconstruct(data, GEOMETRY, weights=weights)
    np.testing.assert_allclose(found.data[::2, 30], (SINOGRAM[::2, 29] + SINOGRAM[::2, 31]) / 2, rtol=1e-5)


@pytest.mark.parametrize(
    ("data", "options", "words"),
    [
        (
            COUNTS + 0.5,
            {},
            "the values go up to .*, line integrals of real scans to about 15: if these are counts",
        ),
        (1.2 * COUNTS, {"flat": FLAT}, "most counts are above the flat field: is it of the same exposure"),
        (SINOGRAM + 0.1, {"flat": FLAT}, "no count is above 5% of the flat field: are these counts"),
    ],
)
def test_what_does_not_look_like_what_it_is_taken_for_is_told_of(data, options, words):
    with pytest.warns(UserWarning, match=words):
        deepmix.reconstruct(data, GEOMETRY, **options)


def test_whole_numbers_beyond_line_integrals_are_counts():
    with pytest.raises(
        ValueError, match=r"the values go up to 10328, .* these are counts, so give their flat field"
    ):
        deepmix.reconstruct(COUNTS, GEOMETRY)


def test_nothing_is_said_of_data_as_they_should_be():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        deepmix.reconstruct(COUNTS, GEOMETRY, flat=FLAT, dark=DARK)
        deepmix.reconstruct(SINOGRAM, GEOMETRY)

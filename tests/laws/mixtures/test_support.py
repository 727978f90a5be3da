"""What bad input gets that concerns families of distributions."""

import warnings

import numpy as np
import pytest

from deepmix.conformance.drawing_families import draw_of_family, draw_values
from deepmix.reference.mixtures import gmm, hmrf, svgmm
from deepmix.reference.mixtures.forms import FORMS
from deepmix.reference.mixtures.records import Mixture, Student

POSITIVE = [name for name, family in FORMS.items() if family.support == "positive"]
N = 30


def drawn(family: str) -> tuple:
    rng = np.random.default_rng(1)
    start = draw_of_family(rng, family, 2, 2)
    return draw_values(rng, family, start, N), start


@pytest.mark.parametrize("fit", [gmm.fit, svgmm.fit, hmrf.fit], ids=["gmm", "svgmm", "hmrf"])
def test_an_unknown_family_is_told_the_known_ones(fit):
    pixels, start = drawn("gaussian")
    given = pixels.reshape(2, 5, 6) if fit is hmrf.fit else pixels
    with pytest.raises(ValueError, match=r"family must be one of gaussian, student, .*, poisson"):
        fit(given, start, family="laplace")


@pytest.mark.parametrize("family", ["rician", "rician_each", "gamma", "gamma_fixed", "poisson"])
@pytest.mark.parametrize("kind", ["full", "tied", "spherical"])
def test_channels_that_are_independent_have_no_other_covariance_type(family, kind):
    pixels, start = drawn(family)
    with pytest.raises(ValueError, match=f"are independent: covariance_type must be diag, got {kind}"):
        gmm.fit(pixels, start, family=family, covariance_type=kind)


def test_a_start_of_another_family_is_told_how_to_make_one():
    pixels, start = drawn("gaussian")
    with pytest.raises(ValueError, match=r'the start is a Mixture, but family="gamma" needs a Gamma; .*begin'):
        gmm.fit(pixels, start, family="gamma")


@pytest.mark.parametrize("family", POSITIVE)
def test_values_without_a_density_are_refused_with_their_number(family):
    pixels, start = drawn(family)
    spoiled = np.array(pixels)
    spoiled[1, [3, 4, 8]] = 0, -1, 0
    expected = f'channel 1 has 3 values inside the mask that are not greater than 0, as family="{family}" needs'
    with pytest.raises(ValueError, match=expected):
        gmm.fit(spoiled, start, family=family)


def test_counts_may_be_0_but_not_negative_and_should_be_integers():
    pixels, start = drawn("poisson")
    counts = np.array(pixels)
    counts[0, :5] = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gmm.fit(counts, start, family="poisson")
    with pytest.warns(UserWarning, match="the counts are not integers"):
        gmm.fit(counts + 0.5, start, family="poisson")
    counts[0, 7] = -2
    with pytest.raises(ValueError, match="channel 0 has 1 values inside the mask that are not 0 or greater"):
        gmm.fit(counts, start, family="poisson")


@pytest.mark.parametrize("family", [*POSITIVE, "poisson"])
@pytest.mark.parametrize("fit", [gmm.fit, svgmm.fit], ids=["gmm", "svgmm"])
def test_values_outside_the_mask_are_no_matter(family, fit):
    pixels, start = drawn(family)
    weights = np.where(np.arange(N) % 5 == 2, 0.0, 1.0)
    if fit is svgmm.fit:
        start = svgmm.begin(pixels, start, family=family)
    soiled = np.array(pixels)
    soiled[:, 2], soiled[:, 7], soiled[:, 12] = -3, np.nan, 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one, other = (fit(x, start, weights, family=family) for x in (pixels, soiled))
    np.testing.assert_allclose(other.history, one.history, rtol=1e-12)
    assert all(np.isfinite(array).all() for array in other.mixture[1:])
    assert np.isfinite(other.responsibilities).all()


@pytest.mark.parametrize("family", ["student", "student_shared", "student_fixed"])
def test_degrees_of_a_start_are_at_least_1(family):
    pixels, start = drawn(family)
    with pytest.raises(ValueError, match=r"degrees of the start must be at least 1, got 0\.5"):
        gmm.fit(pixels, start._replace(degrees=np.array([4.0, 0.5])), family=family)


def test_parameters_of_another_shape_are_named():
    pixels, gauss = drawn("gaussian")
    start = Student(**gauss._asdict(), degrees=np.array([10.0]))
    with pytest.raises(ValueError, match=r"degrees of the start have the shape \(1,\), expected \(2,\)"):
        gmm.fit(pixels, start, family="student")
    assert type(gauss) is Mixture

"""Laws of the wavelets [IP13]."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.reference.inverse import wavelets
from tests.laws.helpers import close
from tests.problems import generators
from tests.problems.inverse import draw_array

FILTERS = pytest.mark.parametrize(("moments", "levels"), [(1, 1), (1, 2), (2, 1), (4, 2), (3, 3)])


@FILTERS
@given(rng=generators, is_complex=st.booleans())
def test_ip13_the_transform_is_unitary(moments, levels, rng, is_complex):
    """Also where the filter is longer than the image."""
    scaling, image = wavelets.daubechies(moments, levels), draw_array(rng, (8, 16), is_complex)
    found = wavelets.transform(image, scaling)
    close(np.linalg.norm(found), np.linalg.norm(image))
    close(wavelets.inverse(found, scaling), image)
    close(wavelets.transform(wavelets.inverse(image, scaling), scaling), image)


@pytest.mark.parametrize("moments", range(1, 7))
def test_ip13_the_filters_are_those_of_daubechies(moments):
    """Σh = √2, shifts by two are orthonormal, and Σ(−1)^i i^k h_i = 0 for k below the number of moments."""
    (taps,) = wavelets.daubechies(moments, 1)
    close(taps.sum(), np.sqrt(2))
    for shift in range(moments):
        close(taps[2 * shift :] @ taps[: len(taps) - 2 * shift], float(shift == 0), scale=1)
    places = np.arange(len(taps)) / len(taps)
    for k in range(moments):
        close(((-1.0) ** np.arange(len(taps)) * places**k) @ taps, 0.0, 1e-8, scale=1)


def test_ip13_known_filters():
    close(wavelets.daubechies(1, 2), np.full((2, 2), np.sqrt(0.5)))
    root = np.sqrt(3)
    close(wavelets.daubechies(2, 1)[0], np.array([1 + root, 3 + root, 3 - root, 1 - root]) / (4 * np.sqrt(2)))


@FILTERS
def test_ip13_a_constant_has_no_details(moments, levels):
    scaling, image = wavelets.daubechies(moments, levels), np.full((8, 16), 3.0)
    found, details = wavelets.transform(image, scaling), wavelets.details(image, scaling)
    close(found[details], 0 * found[details], scale=1)
    close(found[~details], np.full((~details).sum(), 3.0 * 2**levels))
    assert (~details).sum() == image.size / 4**levels


def test_ip13_haar_by_hand():
    """Sums and differences of neighbours; the second level takes the sums alone."""
    found = wavelets.transform(np.array([1.0, 3, 6, 2]), wavelets.daubechies(1, 2))
    close(found, np.array([6, -2, -np.sqrt(2), 2 * np.sqrt(2)]))


@pytest.mark.parametrize("function", [wavelets.transform, wavelets.inverse])
def test_ip13_sides_that_cannot_be_halved_are_refused(function):
    with pytest.raises(ValueError, match=r"multiple of 4, got \(8, 6\)"):
        function(np.zeros((8, 6)), wavelets.daubechies(2, 2))

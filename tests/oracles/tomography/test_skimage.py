"""Filtered back-projection against scikit-image's, whose axis is at pixel N//2: of odd images it is the middle."""

import numpy as np
import pytest

from deepmix.datasets.phantoms_exact import sinogram_of
from deepmix.reference.tomography import backprojection
from deepmix.reference.tomography import geometry as geometries
from tests.problems.tomography import ELLIPSE, turn

transform = pytest.importorskip("skimage.transform")
pytestmark = pytest.mark.oracles
FILTERS = {
    "ram-lak": "ramp",
    "shepp-logan": "shepp-logan",
    "cosine": "cosine",
    "hamming": "hamming",
    "hann": "hann",
}


@pytest.mark.parametrize("window", FILTERS)
def test_ct7_windows(window):
    geometry = geometries.parallel(turn(60, 0.5), 41, 41, 41)
    sinogram = sinogram_of([ELLIPSE], geometry)
    angles = np.rad2deg(geometry.angles)
    # scikit-image's rays turn the other way
    expected = transform.iradon(sinogram.T, angles, filter_name=FILTERS[window], circle=True)
    found = backprojection.filtered_backprojection(sinogram, geometry, window)
    inside = np.hypot(geometry.columns, geometry.rows[:, None]) < 19
    np.testing.assert_allclose(found[inside], expected[inside], atol=2e-3)

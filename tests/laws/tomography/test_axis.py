"""Laws of the axis [CT9]."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.datasets.phantoms_exact import sinogram_of
from deepmix.reference.tomography import axis
from deepmix.reference.tomography import geometry as geometries
from tests.problems import generators
from tests.problems.tomography import ELLIPSE, turn


@given(shift=st.floats(-6, 6), part=st.sampled_from((0.5, 1.0)), rng=generators)
def test_ct9_the_axis_is_found_to_a_quarter_of_a_detector(shift, part, rng):
    """From views of half a turn, the last of which is a step short of the first one's opposite, and of a turn."""
    geometry = geometries.parallel(turn(60, part), 40, 40, 61, detector_spacing=0.8, shift=0.3)
    seen = geometry._replace(detectors=geometry.detectors - shift)
    sinogram = sinogram_of([ELLIPSE], seen) + rng.normal(0, 0.02, geometry.sinogram_shape)
    assert axis.rotation_axis(sinogram, geometry) == pytest.approx(shift, abs=0.25 * 0.8)


def test_without_opposite_views_it_is_refused():
    geometry = geometries.parallel(turn(60, 0.5), 40, 40, 61)
    part = geometry._replace(angles=geometry.angles[:30])
    with pytest.raises(ValueError, match="no two views are opposite"):
        axis.rotation_axis(np.ones((30, 61)), part)

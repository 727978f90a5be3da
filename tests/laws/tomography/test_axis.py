"""Laws of the axis [CT9]."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.datasets.phantoms_exact import Ellipse, sinogram_of
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


@pytest.mark.parametrize("part", [0.5, 1.0])
@pytest.mark.parametrize("shift", [-7.0, 3.3])
def test_ct9_the_axis_of_an_object_wider_than_the_detector(shift, part):
    """It is compared only where both views were measured: beyond the detector nothing is known."""
    geometry = geometries.parallel(turn(180, part), 40, 40, 40)
    wide = Ellipse(x=4, y=-3, a=40, b=28, phi=0.4, value=0.5)
    sinogram = sinogram_of([wide, ELLIPSE], geometry._replace(detectors=geometry.detectors - shift))
    assert axis.rotation_axis(sinogram, geometry) == pytest.approx(shift, abs=0.5)


@pytest.mark.parametrize("air", [0.0, 0.1])
@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_ct9_air_beside_a_small_object_is_not_taken_for_it(air, noise):
    """The object is seen left of the middle in all views, so that what lies right of it is alike in all."""
    geometry = geometries.parallel(turn(60), 24, 24, 64)
    small = Ellipse(x=1, y=-1, a=6, b=4, phi=0.4, value=0.5)
    sinogram = air + sinogram_of([small], geometry._replace(detectors=geometry.detectors + 10.3))
    sinogram += np.random.default_rng(0).normal(0, noise, sinogram.shape)
    assert axis.rotation_axis(sinogram, geometry) == pytest.approx(-10.3, abs=0.25)


def test_ct9_the_axis_of_a_detector_that_is_known_to_be_shifted():
    """Then the geometry nearly has it: no shift is tried that leaves less than half of what is seen twice."""
    geometry = geometries.parallel(turn(180), 40, 40, 50, shift=15.0)
    sinogram = sinogram_of([ELLIPSE], geometry._replace(detectors=geometry.detectors - 1.6))
    assert axis.rotation_axis(sinogram, geometry) == pytest.approx(1.6, abs=0.25)
    tried = axis.shifts(geometry)
    assert tried[0] == 0
    assert (tried.min(), tried.max()) == (-5, 12.5)
    with pytest.raises(ValueError, match="beside the detector"):
        axis.shifts(geometry._replace(detectors=geometry.detectors + 10))


def test_without_opposite_views_it_is_refused():
    geometry = geometries.parallel(turn(60, 0.5), 40, 40, 61)
    part = geometry._replace(angles=geometry.angles[:30])
    with pytest.raises(ValueError, match="no two views are opposite"):
        axis.rotation_axis(np.ones((30, 61)), part)

"""Laws of the geometry of a scan [CT0], [CT8]."""

import re

import numpy as np
import pytest
from hypothesis import given

from deepmix.reference.tomography import geometry as geometries
from tests.laws.helpers import close
from tests.problems.tomography import scans, turn

FAN = {"source_to_axis": 30.0, "source_to_detector": 45.0}


def test_ct0_pixels_and_detectors_are_centred():
    geometry = geometries.parallel(turn(4), 3, 4, 6, pixel_spacing=2.0, detector_spacing=3.0, shift=1.0)
    close(geometry.columns, np.array([-3.0, -1, 1, 3]))
    close(geometry.rows, np.array([2.0, 0, -2]))
    close(geometry.detectors, np.array([-6.5, -3.5, -0.5, 2.5, 5.5, 8.5]))
    assert (geometry.pixel_spacing, geometry.detector_spacing) == (2.0, 3.0)
    assert geometry.divergence == 0


def test_ct8_all_rays_of_a_view_leave_the_source_for_their_detectors():
    """The source at R (sin β, −cos β); the detector S away from it, along (cos β, sin β)."""
    options = {"detector_spacing": 1.5, "shift": 0.4}
    geometry = geometries.fan(turn(7), 6, 6, 20, **FAN, **options)
    theta, offset = geometries.rays(geometry)
    angles = geometry.angles[:, None]
    source = 30 * np.array([np.sin(angles), -np.cos(angles)])
    places = (np.arange(20) - 9.5) * 1.5 + 0.4
    along, across = np.array([-np.sin(angles), np.cos(angles)]), np.array([np.cos(angles), np.sin(angles)])
    for x, y in (source, source + 45 * along + places * across):
        close(x * np.cos(theta) + y * np.sin(theta), offset, scale=45.0)


@given(scan=scans(divergent=False))
def test_ct8_without_divergence_rays_are_parallel(scan):
    theta, offset = geometries.rays(scan.geometry)
    assert (theta == scan.geometry.angles[:, None]).all()
    assert (offset == scan.geometry.detectors).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"angles": np.linspace(0, 179, 90)}, "must be in radians, at most 4π; got up to 179"),
        ({"angles": np.arange(4)}, "in radians, got int64"),
        ({"angles": np.zeros(1)}, r"at least 2 in one row, got the shape \(1,\)"),
        ({"angles": np.array([0, np.inf])}, "finite"),
        ({"pixel_spacing": -1.0}, "pixel_spacing must be positive and finite, in mm; got -1.0"),
        ({"detector_spacing": np.nan}, "detector_spacing must be positive"),
        ({"height": 1}, "height must be at least 2, got 1"),
        ({"n_detectors": 0}, "n_detectors must be at least 2, got 0"),
    ],
)
def test_what_is_no_geometry_is_refused(change, words):
    given = {"angles": turn(4), "height": 6, "width": 6, "n_detectors": 12} | change
    for make, options in ((geometries.parallel, {}), (geometries.fan, FAN)):
        with pytest.raises(ValueError, match=words):
            make(**given, **options)


def test_a_source_inside_the_image_is_refused():
    with pytest.raises(ValueError, match=r"corners are 3\.536 mm from the axis; it is 3 mm from it"):
        geometries.fan(turn(4), 6, 6, 12, source_to_axis=3.0, source_to_detector=45.0)


def test_a_narrow_detector_and_a_gap_are_warned_of():
    with pytest.warns(UserWarning, match="the detector sees 4 mm, less than the 6 mm of the image"):
        geometries.parallel(turn(8), 6, 6, 4)
    with pytest.warns(UserWarning, match="the angles leave a gap of 130° of 180°"):
        geometries.parallel(turn(12, 1 / 6.6), 6, 6, 12)


@pytest.mark.parametrize(("part", "missing"), [(0.5, 38), (0.56, 17), (0.62, None), (1, None)])
def test_a_fan_that_turns_too_little_for_its_outer_rays_is_warned_of(part, missing, recwarn):
    """Half a turn and the angle of the fan are needed: γ = asin(10/30) at the border, 38.9° for both sides."""
    geometries.fan(turn(120, part), 20, 20, 67, **FAN)
    said = [str(each.message) for each in recwarn]
    assert len(said) == (missing is not None)
    if missing is not None:
        (degrees,) = re.findall(r"at the border of the image the rays leave a gap of (\S+)° of 360°", said[0])
        assert float(degrees) == pytest.approx(missing, abs=3)

"""Filtered back-projection of scans whose detector sees farther on one side of the axis than on the other."""

import warnings

import numpy as np
import pytest

import deepmix
from deepmix.datasets.phantoms_exact import Ellipse, level_of, sinogram_of
from deepmix.reference.tomography import geometry as geometries
from tests.problems.tomography import turn

ELLIPSE = Ellipse(x=3, y=-2, a=22, b=18, phi=0.4, value=0.02)
FAN = {"source_to_axis": 120.0, "source_to_detector": 240.0, "detector_spacing": 2.0}
SIZE = 56, 56, 46  # H, W, D
MAKE = {"parallel": (geometries.parallel, {}, 15.0), "fan": (geometries.fan, FAN, 30.0)}


@pytest.mark.parametrize("backend", ["accelerated", "reference"])
@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("kind", MAKE)
def test_a_whole_turn_sees_all_if_one_side_of_the_detector_does(kind, sign, backend):
    make, options, shift = MAKE[kind]
    geometry = make(turn(180), *SIZE, shift=sign * shift, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image = deepmix.reconstruct(sinogram_of([ELLIPSE], geometry), geometry, backend=backend).image
    level = level_of(ELLIPSE, geometry)
    assert image[level < 0.8].mean() == pytest.approx(0.02, rel=0.003)
    assert np.sqrt(((image[level < 0.8] / 0.02 - 1) ** 2).mean()) < 0.02
    assert np.abs(image[level > 1.2].mean()) < 0.0001


@pytest.mark.parametrize(("part", "shift"), [(0.5, 15.0), (0.75, -15.0), (1.0, 26.0)])
def test_what_is_seen_from_one_side_only_is_warned_of(part, shift):
    """In less than a turn, and if the axis is not seen at all."""
    geometry = geometries.parallel(turn(180, part), *SIZE, shift=shift)
    sinogram = sinogram_of([ELLIPSE], geometry)
    with pytest.warns(
        UserWarning, match=r"mm to one side of the axis and .* mm to the other.*take sirt, cgls or tv"
    ):
        deepmix.reconstruct(sinogram, geometry)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        deepmix.reconstruct(sinogram, geometry, "sirt", max_iter=2)


def test_it_is_the_axis_put_right_that_counts():
    geometry = geometries.parallel(turn(90, 0.5), *SIZE[:2], 56)
    seen = geometry._replace(detectors=geometry.detectors - 15)
    with pytest.warns(UserWarning, match="the detector sees 13 mm to one side of the axis and 43 mm to the other"):
        deepmix.reconstruct(sinogram_of([ELLIPSE], seen), geometry, axis=15.0)
    shifted = geometries.parallel(turn(90, 0.5), *SIZE[:2], SIZE[2], shift=8.0)
    with pytest.warns(UserWarning, match="the detector sees 46 mm, less than the 56 mm of the image"):
        deepmix.reconstruct(sinogram_of([ELLIPSE], shifted), shifted, "sirt", axis=8.0, max_iter=2)


def test_an_object_that_ends_before_the_detector_is_no_matter():
    geometry = geometries.parallel(turn(90, 0.5), *SIZE[:2], 66, shift=8.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        deepmix.reconstruct(sinogram_of([ELLIPSE], geometry), geometry)

"""The axis that `deepmix.reconstruct` finds, and what it says of it."""

import warnings

import pytest

import deepmix
from deepmix.datasets.phantoms_exact import Ellipse, sinogram_of
from deepmix.reference.tomography import geometry as geometries
from tests.problems.tomography import turn

ELLIPSE = Ellipse(x=3, y=-2, a=9, b=6, phi=0.4, value=0.02)
GEOMETRY = geometries.parallel(turn(60), 28, 31, 51)


def scanned(shift):
    """A sinogram whose axis is seen at the shift in mm, where the geometry says 0."""
    return sinogram_of([ELLIPSE], GEOMETRY._replace(detectors=GEOMETRY.detectors - shift))


@pytest.mark.parametrize("backend", ["accelerated", "reference"])
def test_an_axis_at_the_end_of_what_was_tried_is_warned_of(backend):
    with pytest.warns(UserWarning, match=r"from -12\.75 to 12\.75 mm and fits best at the end, 12\.75 mm"):
        found = deepmix.reconstruct(scanned(13.5), GEOMETRY, axis="auto", backend=backend)
    assert found.report["axis"] == 12.75
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert deepmix.reconstruct(scanned(3.0), GEOMETRY, axis="auto", backend=backend).report["axis"] == 3

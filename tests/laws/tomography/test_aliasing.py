"""How far few views suffice, for filtered back-projection [CT7]."""

import numpy as np
import pytest

from deepmix.datasets.phantoms_exact import Ellipse, sinogram_of
from deepmix.reference.tomography import backprojection
from deepmix.reference.tomography import geometry as geometries
from tests.problems.tomography import turn

FINE = 4  # detectors to a mm, cut off at the frequency of one: streaks alone remain, no error of interpolation


def disc_of(x, n):
    """A disc at (x, 0) from n views of half a turn, Δl = 1 mm."""
    geometry = geometries.parallel(turn(n, 0.5), 80, 80, 121 * FINE, detector_spacing=1 / FINE)
    sinogram = sinogram_of([Ellipse(x=x, y=0, a=2, b=2, phi=0, value=1)], geometry)
    return backprojection.filtered_backprojection(sinogram, geometry, cutoff=1 / FINE), geometry


@pytest.mark.parametrize("outwards", [0, 1])
@pytest.mark.parametrize("n", [20, 40])
def test_ct7_there_are_no_streaks_within_the_radius_that_the_views_suffice_for(n, outwards):
    """Within nΔl/π of the axis, wherever the object lies there; a streak begins twice as far from its object."""
    radius = n / np.pi
    x = outwards * (radius - 2)
    (image, geometry), (smooth, _) = disc_of(x, n), disc_of(x, 8 * n)
    streaks = image - smooth
    from_axis = np.hypot(geometry.columns, geometry.rows[:, None])
    from_disc = np.hypot(geometry.columns - x, geometry.rows[:, None])
    within = np.sqrt((streaks[from_axis < radius] ** 2).mean())
    beyond = np.sqrt((streaks[(from_disc > 2 * radius) & (from_disc < 2.5 * radius)] ** 2).mean())
    assert within < 0.004
    assert beyond > 0.025
    assert beyond > 10 * within

"""Laws of the weights of views, and of the gaps between them [CT5]."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.datasets.phantoms_exact import level_of, sinogram_of
from deepmix.reference.tomography import backprojection
from deepmix.reference.tomography import geometry as geometries
from tests.laws.helpers import close
from tests.problems import generators
from tests.problems.tomography import ELLIPSE, turn


@given(rng=generators, n=st.integers(3, 12), start=st.floats(-3, 3))
def test_ct5_weights_are_half_the_gaps_and_sum_to_half_a_turn(rng, n, start):
    angles = start + np.pi / n * (np.arange(n) + rng.uniform(-0.3, 0.3, n))
    order, turns = rng.permutation(n), np.pi * rng.integers(-1, 2, n)
    weights = backprojection.angle_weights(angles)
    close(weights.sum(), np.pi)
    close(weights[1:-1], (angles[2:] - angles[:-2]) / 2, 1e-9)
    close(backprojection.angle_weights((angles + turns)[order]), weights[order], 1e-9)


@pytest.mark.parametrize(
    ("angles", "expected"),
    [
        (turn(6, 0.5), np.full(6, np.pi / 6)),
        (turn(6), np.full(6, np.pi / 6)),
        (np.tile(turn(5, 0.5), 3), np.full(15, np.pi / 15)),
        (0.1 * np.arange(6), np.full(6, 0.1)),
    ],
    ids=["half_a_turn", "a_turn", "three_times", "a_gap"],
)
def test_ct5_weights_of_even_angles(angles, expected):
    """Views that were measured twice weigh together what one does; a gap counts as a usual one."""
    found = backprojection.angle_weights(angles)
    close(found.sum(), expected.sum())
    distinct = np.unique((angles % np.pi).round(9))
    together = [found[np.isclose(angles % np.pi, each)].sum() for each in distinct]
    close(np.array(together), np.full(len(distinct), expected.sum() / len(distinct)), 1e-9)


@pytest.mark.parametrize("period", [1, 2])
@pytest.mark.parametrize("fine", [0.25, 0.1])
def test_ct5_views_may_be_sparse_in_a_part_of_the_turn(fine, period, recwarn):
    """A quarter turn densely, another by 2°: none is missing, nothing is warned of, and the image is right."""
    angles = np.deg2rad(np.concatenate([np.arange(0, 90, fine), np.arange(90, 180, 2.0)]))
    angles = np.concatenate([angles + k * np.pi for k in range(period)])
    close(backprojection.angle_weights(angles).sum(), np.pi)
    geometry = geometries.parallel(angles, 40, 42, 67)
    assert not recwarn.list
    if period == 1:
        image = backprojection.filtered_backprojection(sinogram_of([ELLIPSE], geometry), geometry)
        assert image[level_of(ELLIPSE, geometry) < 0.75].mean() == pytest.approx(ELLIPSE.value, rel=0.002)


@pytest.mark.parametrize("n", [40, 180])
def test_ct5_views_at_random_leave_no_gap(n, recwarn):
    for seed in range(20):
        angles = np.random.default_rng(seed).uniform(0, np.pi, n)
        close(backprojection.angle_weights(angles).sum(), np.pi)
        geometries.parallel(angles, 6, 6, 12)
    assert not recwarn.list


@pytest.mark.parametrize(
    ("angles", "seen"),
    [
        (np.arange(0, 120.0), 120),
        (np.concatenate([np.arange(0, 60.0), np.arange(90, 120.0), np.arange(150, 180.0)]), 120),
        (np.concatenate([np.arange(0, 60, 0.25), np.arange(60, 120, 2.0)]), 122),
        (np.array([10.0, 11]), 2),
    ],
    ids=["one_gap", "two_gaps", "sparse_in_a_part", "two_views"],
)
def test_ct5_where_no_view_was_measured_nothing_counts(angles, seen):
    """To within the usual gap, of 2° where views are sparse."""
    with pytest.warns(UserWarning, match="the angles leave a gap of"):
        geometry = geometries.parallel(np.deg2rad(angles), 6, 6, 12)
    assert np.rad2deg(backprojection.angle_weights(geometry.angles).sum()) == pytest.approx(seen, abs=2.1)


@pytest.mark.parametrize("away", [0.0, 1e-4, np.pi])
def test_views_of_one_direction_are_warned_of(away):
    with pytest.warns(UserWarning, match="the angles leave a gap of 180° of 180°"):
        geometries.parallel(np.array([0.3, 0.3 + away]), 6, 6, 12)

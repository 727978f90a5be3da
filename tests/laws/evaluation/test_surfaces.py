"""Laws of the distances between surfaces [EV6]–[EV9]."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import binary_fill_holes

from deepmix.reference.evaluation import overlap, surfaces
from deepmix.reference.evaluation.masks import (
    average_surface_distance,
    average_symmetric_surface_distance,
    hausdorff,
    surface_dice,
)
from tests.laws.helpers import close
from tests.problems import generators

shapes = st.sampled_from(((6, 7), (3, 4, 5)))
shares = st.sampled_from((0.1, 0.5, 0.95))
DISTANCES = (hausdorff, average_surface_distance, average_symmetric_surface_distance)


def square(*slices, shape=(20, 24)):
    mask = np.zeros(shape, bool)
    mask[slices] = True
    return mask


def disc(radius, n=61):
    y, x = np.indices((n, n)) - n // 2
    return x**2 + y**2 <= radius**2


def pairs(rng, shape, share, n=2):
    """Sets that are not empty."""
    masks = rng.random((n, *shape)) < share
    for mask in masks:
        mask[tuple(rng.integers(0, length) for length in shape)] = True
    return masks


@given(rng=generators, shape=shapes, share=shares)
def test_ev6_surface_by_loops(rng, shape, share):
    (mask,) = pairs(rng, shape, share, 1)
    expected = np.zeros(shape, bool)
    for place in product(*map(range, shape)):
        for axis, step in product(range(len(shape)), (-1, 1)):
            neighbour = np.array(place) + step * (np.arange(len(shape)) == axis)
            beyond = (neighbour < 0).any() or (neighbour >= shape).any()
            expected[place] |= mask[place] and (beyond or not mask[tuple(neighbour)])
    np.testing.assert_array_equal(surfaces.surface(mask), expected)


def test_ev6_a_set_is_its_surface_and_what_that_encloses():
    for mask in (disc(12), square(slice(3, 9), slice(0, 24)), np.ones((3, 4, 5), bool)):
        found = surfaces.surface(mask)
        np.testing.assert_array_equal(binary_fill_holes(found), mask)
        np.testing.assert_array_equal(surfaces.surface(found), found)


@given(rng=generators, shape=shapes, share=shares)
def test_ev6_distances_stand_on_the_surfaces(rng, shape, share):
    """NaN elsewhere, 0 where both surfaces are; the other way round they change places."""
    one, other = pairs(rng, shape, share)
    there, back = surfaces.surface_distances(one, other)
    np.testing.assert_array_equal(~np.isnan(there), surfaces.surface(one))
    np.testing.assert_array_equal(~np.isnan(back), surfaces.surface(other))
    np.testing.assert_array_equal(there == 0, surfaces.surface(one) & surfaces.surface(other))
    np.testing.assert_equal(surfaces.surface_distances(other, one), (back, there))


@pytest.mark.parametrize("spacing", [None, (0.5, 2.0)])
def test_ev7_shifted_squares(spacing):
    first, second = spacing or (1, 1)
    one = square(slice(3, 10), slice(2, 9))
    for down, right in ((4, 0), (0, 5), (3, 4)):
        other = square(slice(3 + down, 10 + down), slice(2 + right, 9 + right))
        close(hausdorff(one, other, spacing), np.hypot(down * first, right * second))


def test_ev7_concentric_discs_and_spheres():
    """A ring of width 8 lies between them; a voxel's centre is within √½ of the circle."""
    small, large = disc(14), disc(22)
    for distance in DISTANCES:
        assert distance(small, large, (0.25, 0.25)) == pytest.approx(2, abs=0.25 * 1.5)
    z, y, x = np.indices((25, 25, 25)) - 12
    spheres = [x**2 + y**2 + z**2 <= radius**2 for radius in (5, 10)]
    for distance in DISTANCES:
        assert distance(*spheres, (2, 2, 2)) == pytest.approx(10, abs=2 * 1.8)


@given(rng=generators, shape=shapes, share=shares)
def test_ev7_is_a_metric(rng, shape, share):
    """On surfaces: symmetric, 0 for equals, and no way round is shorter."""
    one, other, third = pairs(rng, shape, share, 3)
    distance = hausdorff(one, other)
    assert hausdorff(one, one) == 0
    assert (distance == 0) == (surfaces.surface(one) == surfaces.surface(other)).all()
    assert distance == hausdorff(other, one)
    assert distance <= hausdorff(one, third) + hausdorff(third, other) + 1e-12


def test_ev7_percentiles_grow_and_forgive_a_far_away_pixel():
    truth = square(slice(3, 10), slice(2, 9))
    prediction = truth | square(18, 22)
    close(hausdorff(prediction, truth), np.hypot(9, 14))
    assert hausdorff(prediction, truth, percentile=95) == 0
    found = [hausdorff(prediction, truth, percentile=p) for p in (0, 50, 95, 97, 99, 100)]
    assert np.diff(found).min() >= 0
    # 25 distances, all 0 but one: a hundredth of the way from the last but one is 1/4 of a step
    close(found[4], 0.76 * np.hypot(9, 14))
    assert overlap.dice(prediction, truth) > 0.98  # which does not notice


@given(rng=generators, shape=shapes, share=shares)
def test_ev7_ev8_follow_the_unit_flips_and_swapped_axes(rng, shape, share):
    masks, spacing = pairs(rng, shape, share), rng.uniform(0.5, 3, len(shape))
    for distance in DISTANCES:
        value = distance(*masks, spacing)
        close(distance(*masks, 10 * spacing), 10 * value)
        close(distance(*masks[:, ::-1], spacing), value)
        close(distance(*(mask.T for mask in masks), spacing[::-1]), value)


def test_ev7_resolution():
    """The same shapes in voxels half as long: the same distances, to a voxel."""
    one, other = square(slice(3, 10), slice(2, 9)), square(slice(6, 15), slice(4, 12))
    fine = [mask.repeat(2, axis=0) for mask in (one, other)]
    coarse = hausdorff(one, other, (1.0, 1.0))
    assert hausdorff(*fine, (0.5, 1.0)) == pytest.approx(coarse, abs=0.5)


def test_ev7_a_hole_is_a_surface():
    solid = square(slice(2, 17), slice(2, 17))
    hollow = solid & ~square(9, 9)
    assert overlap.dice(solid, hollow) > 0.99
    assert hausdorff(solid, hollow) == 6  # from beside the hole to the outside
    assert hausdorff(solid, hollow, percentile=90) == 0


def test_ev7_tiny_structures():
    """One pixel beside another: nothing overlaps, yet they are a pixel apart."""
    one, other = square(5, 5), square(5, 6)
    assert overlap.dice(one, other) == 0
    for distance in DISTANCES:
        assert distance(one, other, (1.0, 0.3)) == pytest.approx(0.3)


@given(rng=generators, shape=shapes, share=shares)
def test_ev7_ev8_ev9_of_masks_are_those_of_their_distances(rng, shape, share):
    masks, spacing = pairs(rng, shape, share), rng.uniform(0.5, 3, len(shape))
    found = surfaces.surface_distances(*masks, spacing)
    assert hausdorff(*masks, spacing, 95.0) == surfaces.hausdorff(*found, 95.0)
    assert surface_dice(*masks, 1.1, spacing) == surfaces.surface_dice(*found, 1.1)
    for distance in DISTANCES:
        assert distance(*masks, spacing) == getattr(surfaces, distance.__name__)(*found)


@given(rng=generators, shape=shapes, share=shares)
def test_ev8_directed_and_symmetric(rng, shape, share):
    one, other = pairs(rng, shape, share)
    there = average_surface_distance(one, other)
    back = average_surface_distance(other, one)
    both = average_symmetric_surface_distance(one, other)
    assert both == pytest.approx(average_symmetric_surface_distance(other, one))
    n, m = surfaces.surface(one).sum(), surfaces.surface(other).sum()
    close(both, (n * there + m * back) / (n + m))
    assert 0 <= both <= hausdorff(one, other)


def test_ev8_known_values():
    """Of three pixels in a row, the middle one: nothing there, 1 at both ends on the way back."""
    one, other = square(4, 5), square(4, slice(4, 7))
    assert average_surface_distance(one, other) == 0
    assert average_surface_distance(other, one) == pytest.approx(2 / 3)
    assert average_symmetric_surface_distance(one, other) == 2 / 4


@given(rng=generators, shape=shapes, share=shares)
def test_ev9_grows_with_the_tolerance_from_the_dice_of_the_surfaces_to_1(rng, shape, share):
    masks = pairs(rng, shape, share)
    found = [surface_dice(*masks, tolerance) for tolerance in (0, 1, 1.5, 3, 10)]
    close(found[0], overlap.dice(*map(surfaces.surface, masks)))
    assert np.diff(found).min() >= 0
    assert found[-1] == 1
    assert found[2] == surface_dice(*masks[::-1], 1.5)


def test_ev9_a_shift_within_the_tolerance_is_none():
    one, other = square(slice(3, 10), slice(2, 9)), square(slice(4, 11), slice(2, 9))
    assert surface_dice(one, other, 2.0, (2.0, 1.0)) == 1
    assert surface_dice(one, other, 1.9, (2.0, 1.0)) < 1


@given(step=st.sampled_from((0.1, 0.3, 0.7, 0.8, 1.1, 1.2)), n=st.integers(1, 8), stored=st.sampled_from("fd"))
def test_ev9_a_distance_of_the_tolerance_is_within_it_whatever_rounds(step, n, stored):
    """Spacings come from files in float32: 0.8 is 0.800000012 there."""
    spacing = (float(np.dtype(stored).type(step)), 1.0)
    one, other = square(slice(3, 10), slice(2, 9)), square(slice(3 + n, 10 + n), slice(2, 9))
    for tolerance in (round(n * step, 6), n * step):
        assert surface_dice(one, other, tolerance, spacing) == 1
    assert surface_dice(one, other, n * step * (1 - 1e-6), spacing) < 1


def test_ev7_ev8_ev9_empty_sets():
    nothing, some = square(slice(0)), square(5, 5)
    for distance in DISTANCES:
        assert np.isnan(distance(nothing, nothing))
        assert distance(nothing, nothing, empty=0.0) == 0
        assert distance(nothing, some) == distance(some, nothing) == np.inf
    assert hausdorff(some, nothing, percentile=95) == np.inf
    assert np.isnan(surface_dice(nothing, nothing, 1))
    assert surface_dice(nothing, nothing, 1, empty=1.0) == 1
    assert surface_dice(nothing, some, 1e9) == surface_dice(some, nothing, 1e9) == 0

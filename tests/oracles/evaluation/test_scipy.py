"""Distances of surfaces [EV] against those of all pairs of voxels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist, directed_hausdorff

from deepmix.reference.evaluation import surfaces
from tests.laws.helpers import close
from tests.problems import generators


@pytest.mark.parametrize(
    ("shape", "spacing"), [((6, 7), (0.7, 2.5)), ((3, 4, 5), (0.5, 0.5, 3.0)), ((6, 7), None)]
)
@given(rng=generators, share=st.sampled_from((0.1, 0.6, 0.95)))
def test_ev7_ev8_ev9_by_all_pairs(shape, spacing, rng, share):
    """Every voxel of one surface against every one of the other."""
    masks = rng.random((2, *shape)) < share
    masks[:, 0, 0] = True
    places = [np.argwhere(surfaces.surface(mask)) * (spacing or 1) for mask in masks]
    pairs = cdist(*places)
    there, back = pairs.min(axis=1), pairs.min(axis=0)
    largest = max(directed_hausdorff(*places)[0], directed_hausdorff(*places[::-1])[0])
    distances = surfaces.surface_distances(*masks, spacing)
    close(surfaces.hausdorff(*distances), largest)
    for percentile in (0, 50, 95):
        rank = max(np.quantile(each, percentile / 100, method="linear") for each in (there, back))
        close(surfaces.hausdorff(*distances, percentile), rank)
    close(surfaces.average_surface_distance(*distances), there.mean())
    close(surfaces.average_surface_distance(*distances[::-1]), back.mean())
    both = np.concatenate([there, back])
    close(surfaces.average_symmetric_surface_distance(*distances), both.mean())
    for tolerance in (0, 0.6, 1.3):
        close(surfaces.surface_dice(*distances, tolerance), (both <= tolerance).mean())

"""Overlap and distances [EV] against the filters of SimpleITK."""

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from deepmix.reference.evaluation import overlap, surfaces
from tests.laws.helpers import close
from tests.problems import generators


@pytest.mark.parametrize("shape", [(7, 5), (4, 5, 6)])
@given(rng=generators, chance=st.sampled_from((0.2, 0.7)))
def test_ev3_overlap_of_simpleitk(shape, rng, chance):
    prediction, truth = rng.random(shape) < chance, rng.random(shape) < 0.5
    found = sitk.LabelOverlapMeasuresImageFilter()
    found.Execute(*(sitk.GetImageFromArray(mask.astype(np.uint8)) for mask in (prediction, truth)))
    close(overlap.dice(prediction, truth), found.GetDiceCoefficient(1))
    close(overlap.iou(prediction, truth), found.GetJaccardCoefficient(1))
    close(overlap.sensitivity(prediction, truth), 1 - found.GetFalseNegativeError(1))
    close(overlap.specificity(prediction, truth), 1 - found.GetFalsePositiveError(1))
    close(overlap.volumetric_similarity(prediction, truth), 1 - abs(found.GetVolumeSimilarity(1)) / 2)


@given(corners=st.tuples(*[st.tuples(st.integers(0, 4), st.integers(5, 9))] * 4))
def test_ev7_hausdorff_of_simpleitk(corners):
    """Which takes sets for their surfaces: of convex ones both have the same distance."""
    masks = np.zeros((2, 9, 9), bool)
    for mask, (first, second) in zip(masks, (corners[:2], corners[2:]), strict=True):
        mask[slice(*first), slice(*second)] = True
    files = [sitk.GetImageFromArray(mask.astype(np.uint8)) for mask in masks]
    for file in files:
        file.SetSpacing((2.5, 0.7))  # x comes last in the array
    hausdorff = sitk.HausdorffDistanceImageFilter()
    hausdorff.Execute(*files)
    found = surfaces.hausdorff(*surfaces.surface_distances(*masks, (0.7, 2.5)))
    close(found, hausdorff.GetHausdorffDistance(), 1e-6)

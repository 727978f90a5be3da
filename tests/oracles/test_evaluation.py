"""The metrics [EV] against scikit-learn and the filters of SimpleITK."""

import warnings

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist, directed_hausdorff
from sklearn import metrics as sklearn
from sklearn.exceptions import UndefinedMetricWarning

from deepmix.reference.evaluation import clusterings, overlap, surfaces
from tests.laws.helpers import close
from tests.strategies import generators

chances = st.sampled_from((0.0, 0.2, 0.7, 1.0))


@given(rng=generators, chance=chances, other_chance=chances, beta=st.sampled_from((0.5, 1.0, 3.0)))
def test_ev3_overlap_of_sklearn(rng, chance, other_chance, beta):
    prediction, truth = rng.random((5, 6)) < chance, rng.random((5, 6)) < other_chance
    flat = truth.ravel(), prediction.ravel()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        expected = {
            "dice": sklearn.f1_score(*flat, zero_division=np.nan),
            "iou": sklearn.jaccard_score(*flat, zero_division=0) if (prediction | truth).any() else np.nan,
            "sensitivity": sklearn.recall_score(*flat, zero_division=np.nan),
            "specificity": sklearn.recall_score(*flat, pos_label=0, zero_division=np.nan),
            "precision": sklearn.precision_score(*flat, zero_division=np.nan),
        }
        f_beta = sklearn.fbeta_score(*flat, beta=beta, zero_division=np.nan)
    for name, value in expected.items():
        close(getattr(overlap, name)(prediction, truth), value)
    close(overlap.f_beta(prediction, truth, beta), f_beta)


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


@given(rng=generators, k=st.integers(1, 4), c=st.integers(1, 4), n=st.sampled_from((1, 2, 40)))
def test_ev4_ev5_of_sklearn(rng, k, c, n):
    labels, truth = rng.integers(0, k + 1, n), rng.integers(1, c + 1, n)
    labels[rng.random(n) < 0.5] = 1
    table = clusterings.contingency_table(labels, truth, k, c)
    np.testing.assert_array_equal(
        table[np.unique(labels)][:, np.unique(truth) - 1], sklearn.cluster.contingency_matrix(labels, truth)
    )
    close(clusterings.adjusted_rand_index(table), sklearn.adjusted_rand_score(truth, labels), scale=1)
    information = sklearn.normalized_mutual_info_score(truth, labels)
    close(clusterings.normalized_mutual_information(table), information, scale=1)


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

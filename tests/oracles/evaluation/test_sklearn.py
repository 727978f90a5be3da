"""Overlap and the comparison of clusterings [EV] against scikit-learn."""

import warnings

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn
from sklearn.exceptions import UndefinedMetricWarning

from deepmix.reference.evaluation import clusterings, overlap
from tests.laws.helpers import close
from tests.problems import generators

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

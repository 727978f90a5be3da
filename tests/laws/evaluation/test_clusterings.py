"""Laws of the agreement of two labellings [EV4], [EV5]."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.reference.evaluation import clusterings
from tests.laws.helpers import close
from tests.problems import generators


def scores(labels, truth):
    """Both indices of labels 0 … 4 and a truth 0 … 3."""
    table = clusterings.contingency_table(labels, truth, 4, 3)
    return clusterings.adjusted_rand_index(table), clusterings.normalized_mutual_information(table)


@pytest.mark.parametrize("shape", [(30,), (5, 6), (2, 3, 5)])
def test_ev4_the_table_counts_pairs_where_there_is_a_truth(shape):
    truth = np.resize([1, 1, 2, 0, 3], shape)
    labels = np.resize([4, 0, 2, 2, 1], shape)
    expected = np.zeros((5, 3), int)
    expected[4, 0] = expected[0, 0] = expected[2, 1] = expected[1, 2] = 6
    np.testing.assert_array_equal(clusterings.contingency_table(labels, truth, 4, 3), expected)


def test_ev4_known_values():
    """Six pairs: one together in both, one in the labels, two in the truth; by chance ⅓."""
    assert scores(np.array([1, 1, 2, 3]), np.array([1, 1, 2, 2]))[0] == pytest.approx(4 / 7)
    assert scores(np.array([1, 2, 1, 2]), np.array([1, 1, 2, 2]))[0] == pytest.approx(-0.5)
    assert scores(np.ones(9, int), np.repeat([1, 2, 3], 3))[0] == 0


def test_ev5_known_values():
    """H is log 2 of halves; 3/2 log 2 of a half and two quarters, which say which half it is."""
    assert scores(np.array([1, 1, 2, 3]), np.array([1, 1, 2, 2]))[1] == pytest.approx(1 / 1.25)
    assert scores(np.array([1, 2, 1, 2]), np.array([1, 1, 2, 2]))[1] == pytest.approx(0)
    assert scores(np.ones(9, int), np.repeat([1, 2, 3], 3))[1] == 0


@given(rng=generators, noise=st.sampled_from((0.0, 0.3, 1.0)))
def test_ev4_ev5_names_and_order_do_not_matter(rng, noise):
    truth = rng.integers(0, 4, 40)
    labels = np.where(rng.random(40) < noise, rng.integers(0, 5, 40), truth)
    names, order = rng.permutation(5), rng.permutation(40)
    close(scores(names[labels][order], truth[order]), scores(labels, truth), scale=1)
    table = clusterings.contingency_table(labels, truth, 4, 3)
    for index in (clusterings.adjusted_rand_index, clusterings.normalized_mutual_information):
        close(index(table.T), index(table), scale=1)  # nor which of both is the truth
        close(index(clusterings.contingency_table(names[truth], truth, 4, 3)), 1)


@given(rng=generators)
def test_ev4_ev5_only_the_same_parts_get_1(rng):
    truth = rng.integers(1, 4, 40)
    labels = truth.copy()
    labels[rng.integers(40)] = 4  # a class of its own, unless it was alone
    rand, information = scores(labels, truth)
    assert max(rand, information) <= 1 + 1e-12
    assert (rand < 1) == (information < 1) == (len(np.unique(labels)) > len(np.unique(truth)))


def test_ev4_random_labels_get_0_on_average():
    rng = np.random.default_rng(0)
    truth = np.repeat([1, 2, 3], (50, 30, 20))
    found = [scores(rng.permutation(truth), truth)[0] for _ in range(400)]
    assert abs(np.mean(found)) < 4 * np.std(found) / 20


def test_ev4_ev5_one_class_against_itself_and_no_pixels():
    ones, zeros = np.ones(5, int), np.zeros(5, int)
    assert scores(ones, ones) == scores(zeros, ones) == (1, 1)
    assert scores(np.array([2]), np.array([1])) == (1, 1)
    assert scores(np.array([1, 2]), np.array([2, 1])) == (1, 1)  # no two pixels together
    assert np.isnan(scores(ones, zeros)).all()
    nothing = np.zeros((2, 2), int)
    assert clusterings.adjusted_rand_index(nothing, 0.0) == 0
    assert clusterings.normalized_mutual_information(nothing, 0.0) == 0


def test_ev4_large_counts_do_not_overflow():
    """Of many pixels only the shares count: 101 of 242 pairs together, 121 in either labelling."""
    table = np.array([[10**9, 10**8], [10**8, 10**9]])
    close(clusterings.adjusted_rand_index(table), (101 - 60.5) / (121 - 60.5), 1e-6)

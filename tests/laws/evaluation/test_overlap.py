"""Laws of the evaluation [EV]."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.reference.evaluation import overlap
from tests.laws.helpers import close


def maps(data, k, c):
    """A predicted label map, 1 … K, and a truth, 0 … C, of one shape; some classes may be missing."""
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    truth = rng.integers(0, c + 1, (5, 7))
    names = rng.integers(1, k + 1, c + 1)
    noise = rng.random((5, 7)) < data.draw(st.sampled_from((0, 0.3, 1)))
    return np.where(noise, rng.integers(1, k + 1, (5, 7)), names[truth]), truth


@given(seed=st.integers(0, 999), share=st.floats(0, 1))
def test_ev1_dice_is_symmetric_within_0_and_1_and_1_for_equals_alone(seed, share):
    rng = np.random.default_rng(seed)
    one, other = rng.random((2, 6, 6)) < share
    score = overlap.dice(one, other, empty=1.0)
    assert score == overlap.dice(other, one, empty=1.0)
    assert 0 <= score <= 1
    assert (score == 1) == (one == other).all()
    assert overlap.dice(one, one, empty=1.0) == 1
    assert overlap.dice(one, ~one) == 0


def test_ev1_counts():
    one, other = np.array([1, 1, 1, 0, 0, 0], bool), np.array([0, 1, 1, 1, 0, 0], bool)
    assert overlap.dice(one, other) == 2 * 2 / 6
    assert overlap.dice(one, other[[0, 4, 5, 0, 1, 2]]) == 0


def test_ev1_both_empty_is_nan_unless_told():
    none, some = np.zeros(4, bool), np.array([True, False, False, False])
    assert np.isnan(overlap.dice(none, none))
    assert overlap.dice(none, none, empty=1.0) == 1
    assert overlap.dice(none, none, empty=0.0) == 0
    assert overlap.dice(none, some) == overlap.dice(some, none) == 0


def test_ev3_known_counts():
    """TP 2, FP 1, FN 4, TN 3."""
    prediction = np.array([1, 1, 1, 0, 0, 0, 0, 0, 0, 0], bool)
    truth = np.array([1, 1, 0, 1, 1, 1, 1, 0, 0, 0], bool)
    assert overlap.iou(prediction, truth) == 2 / 7
    assert overlap.sensitivity(prediction, truth) == 2 / 6
    assert overlap.specificity(prediction, truth) == 3 / 4
    assert overlap.precision(prediction, truth) == 2 / 3
    assert overlap.f_beta(prediction, truth, 2) == 5 * 2 / (5 * 2 + 4 * 4 + 1)
    assert overlap.volumetric_similarity(prediction, truth) == pytest.approx(1 - 3 / 9)


@given(seed=st.integers(0, 999), chances=st.tuples(*[st.floats(0, 1)] * 2))
def test_ev3_what_connects_them(seed, chances):
    rng = np.random.default_rng(seed)
    one, other = (rng.random((6, 6)) < chance for chance in chances)
    iou, dice = overlap.iou(one, other), overlap.dice(one, other)
    close(iou, dice / (2 - dice))
    close(overlap.f_beta(one, other), dice)
    found, right = overlap.sensitivity(one, other), overlap.precision(one, other)
    np.testing.assert_equal((right, found), (overlap.sensitivity(other, one), overlap.precision(other, one)))
    np.testing.assert_equal(overlap.specificity(one, other), overlap.sensitivity(~one, ~other))
    if found * right > 0:  # between both, nearer to the sensitivity as β grows
        of_beta = [overlap.f_beta(one, other, beta) for beta in (0, 0.5, 2, 1e9)]
        close((of_beta[0], of_beta[-1]), (right, found))
        assert (np.diff(of_beta) * np.sign(found - right) >= -1e-15).all()
        close(overlap.f_beta(one, other, 3), 10 / (1 / right + 9 / found))
    volume = overlap.volumetric_similarity(one, other)
    assert np.isnan(volume) or volume >= dice  # the overlap that the sizes allow
    shuffled = rng.permutation(other.ravel()).reshape(6, 6)
    np.testing.assert_equal(overlap.volumetric_similarity(one, shuffled), volume)


def test_ev3_undefined_is_nan_unless_told():
    none, some = np.zeros(4, bool), np.array([True, False, False, False])
    undefined = {
        "iou": (none, none),
        "f_beta": (none, none),
        "volumetric_similarity": (none, none),
        "sensitivity": (some, none),
        "precision": (none, some),
        "specificity": (some, ~none),
    }
    for name, masks in undefined.items():
        assert np.isnan(getattr(overlap, name)(*masks))
        assert getattr(overlap, name)(*masks, empty=0.25) == 0.25
    for name in ("iou", "f_beta", "volumetric_similarity", "sensitivity"):
        assert getattr(overlap, name)(none, some) == 0
    assert overlap.specificity(none, none) == overlap.specificity(none, some) == 1


@given(data=st.data(), k=st.integers(1, 4), c=st.integers(1, 4))
def test_ev2_matching_is_the_best_of_all_permutations_and_the_first_of_them(data, k, c):
    """Over all ways to pair min(K, C) classes, one to one; also where K ≠ C. Small maps have many ties."""
    labels, truth = maps(data, k, c)
    scores = np.nan_to_num(overlap.dice_matrix(labels, truth, k, c))
    assert scores.shape == (k, c)
    columns = [*range(c), *[c] * max(k - c, 0)]  # the last for none, as often as it takes
    padded = np.pad(scores, ((0, 0), (0, 1)))
    sums = {p: padded[range(k), p].sum() for p in permutations(columns, k)}
    first = min(p for p, total in sums.items() if total >= max(sums.values()) - overlap.SAME)
    np.testing.assert_array_equal(overlap.match_classes(labels, truth, k, c), (np.array(first) + 1) % (c + 1))


@given(data=st.data(), k=st.integers(1, 4))
def test_ev2_matching_follows_a_renaming(data, k):
    """A truth with every class, renamed, is matched back, whatever the noise of a tenth of the pixels."""
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    truth = np.repeat(np.arange(1, k + 1), 30)
    names = rng.permutation(k) + 1
    labels = names[truth - 1]
    labels[::10] = rng.integers(1, k + 1, len(labels[::10]))
    matched = overlap.match_classes(labels, truth, k, k)
    np.testing.assert_array_equal(matched[names - 1], np.arange(1, k + 1))


def test_ev2_is_not_greedy():
    """The greedy first pair (A, 1), Dice 0.8, would leave 0 for B; A to 2 and B to 1 sum to more."""
    labels = np.array([1] * 12 + [2] * 8)
    truth = np.array([1] * 8 + [2] * 4 + [1] * 8)
    scores = overlap.dice_matrix(labels, truth, 2, 2)
    assert scores.argmax() != 0 or scores[0, 0] + scores[1, 1] < scores[0, 1] + scores[1, 0]
    np.testing.assert_array_equal(overlap.match_classes(labels, truth, 2, 2), [2, 1])


def test_ev2_truth_0_belongs_to_no_class_and_counts_as_a_false_positive():
    labels, truth = np.array([1, 1, 1, 1, 2, 2]), np.array([1, 1, 0, 0, 2, 2])
    scores = overlap.dice_matrix(labels, truth, 2, 2)
    np.testing.assert_allclose(scores, [[4 / 6, 0], [0, 1]])


def test_ev2_an_undefined_dice_is_nan_in_the_matrix_and_0_to_the_matching():
    labels, truth = np.array([1, 1, 2, 2]), np.array([1, 1, 2, 2])
    scores = overlap.dice_matrix(labels, truth, 3, 3)
    assert np.isnan(scores[2, 2])
    assert not np.isnan(scores[:2]).any()
    assert not np.isnan(scores[:, :2]).any()
    np.testing.assert_array_equal(overlap.match_classes(labels, truth, 3, 3), [1, 2, 3])

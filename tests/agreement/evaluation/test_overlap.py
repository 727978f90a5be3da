"""Both backends: overlap of masks and the matching of classes."""

from functools import partial

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix import accelerated, reference
from tests.problems import generators
from tests.tolerances import FUNCTION, assert_agree, tolerance

OVERLAP = ("dice", "iou", "sensitivity", "specificity", "precision", "f_beta", "volumetric_similarity")


@pytest.mark.parametrize("name", OVERLAP)
@pytest.mark.parametrize("empty", [np.nan, 1.0])
@given(rng=generators, chances=st.tuples(*[st.sampled_from([0.0, 0.3, 1.0])] * 2))
def test_overlap_ev1_ev3(name, rng, chances, empty):
    prediction, truth = (rng.random((5, 6)) < chance for chance in chances)
    actual = getattr(accelerated.evaluation.overlap, name)(prediction, truth, empty=empty)
    expected = getattr(reference.evaluation.overlap, name)(prediction, truth, empty=empty)
    assert_agree(actual, np.float64(expected), FUNCTION)


@given(rng=generators, beta=st.floats(0, 10))
def test_f_beta_ev3(rng, beta):
    prediction, truth = rng.random((2, 5, 6)) < 0.4
    actual = jax.jit(accelerated.evaluation.overlap.f_beta)(prediction, truth, beta)
    assert_agree(actual, np.float64(reference.evaluation.overlap.f_beta(prediction, truth, beta)), FUNCTION)


def test_overlap_of_many_pairs_at_once():
    """Under vmap, as for all classes or all images; in float32 to a few roundings."""
    prediction, truth = np.random.default_rng(0).random((2, 4, 5, 6)) < 0.4
    with jax.enable_x64(False):
        actual = jax.vmap(accelerated.evaluation.overlap.iou)(prediction, truth)
    expected = [reference.evaluation.overlap.iou(*pair) for pair in zip(prediction, truth, strict=True)]
    assert_agree(actual, np.array(expected), tolerance("dice", np.float32), np.float32)


@pytest.mark.parametrize(("k", "c"), [(3, 3), (4, 2), (2, 4)])
@given(rng=generators)
def test_matching_ev2(k, c, rng):
    labels, truth = rng.integers(0, k + 1, (5, 6)), rng.integers(0, c + 1, (5, 6))
    arguments = labels, truth, k, c
    expected = reference.evaluation.overlap.dice_matrix(*arguments)
    matrix, matched = compiled(*arguments)
    assert_agree(matrix, expected, FUNCTION)
    np.testing.assert_array_equal(matched, reference.evaluation.overlap.match_classes(*arguments))


@partial(jax.jit, static_argnums=(2, 3))
def compiled(*arguments):
    metrics = accelerated.evaluation.overlap
    return metrics.dice_matrix(*arguments), metrics.match_classes(*arguments)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(rng=generators)
def test_of_equally_good_matchings_both_take_the_first_ev2(dtype, rng):
    """Thirds and the like: their sums round, and not the same way in both precisions."""
    labels, truth = np.repeat(rng.integers(1, 5, 4), 3), np.tile(rng.integers(0, 4, 3), 4)
    with jax.enable_x64(dtype == np.float64):
        matched = compiled(labels, truth, 4, 3)[1]
    np.testing.assert_array_equal(matched, reference.evaluation.overlap.match_classes(labels, truth, 4, 3))


def test_matching_without_ties_is_the_same():
    truth = np.repeat([1, 2, 3, 0], [4, 5, 6, 3])
    labels = np.repeat([2, 3, 1, 4], [4, 5, 6, 3])
    for backend in (accelerated, reference):
        assert np.array_equal(backend.evaluation.overlap.match_classes(labels, truth, 4, 3), [3, 1, 2, 0])

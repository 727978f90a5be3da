"""Laws of the segmentation losses [LO]."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.reference.losses import segmentation
from deepmix.reference.networks import layers
from tests.laws.helpers import check_gradient, close
from tests.problems import generators
from tests.problems.losses import CLASS_WEIGHTS, LOSSES, known_truths

ALL = pytest.mark.parametrize(("name", "options"), LOSSES)
FRACTIONS = ("soft_dice", "soft_iou", "tversky", "generalised_dice")


def loss(name, given, **options):
    return getattr(segmentation, name)(*given, **options)


# All of them


@ALL
@given(known=known_truths(), rng=generators)
def test_lo_gradient(name, options, known, rng):
    """And the truth that is not known has no part in it [LO1]."""

    def value(proportions):
        return loss(name, known._replace(proportions=proportions), **options)[0]

    _, gradient = loss(name, known, **options)
    check_gradient(value, known.proportions, gradient, rng)
    assert (gradient[:, (known.mask * known.truth).sum(axis=0) == 0] == 0).all()


@ALL
@given(known=known_truths(known=0.5), rng=generators)
def test_lo_what_is_not_known_has_no_part(name, options, known, rng):
    unknown = (known.mask * known.truth).sum(axis=0) == 0
    otherwise = np.where(unknown, rng.dirichlet(np.ones(3), unknown.shape).transpose(2, 0, 1), known.proportions)
    close(loss(name, known._replace(proportions=otherwise), **options), loss(name, known, **options))
    value, gradient = loss(name, known._replace(truth=0 * known.truth), **options)
    assert value == 0
    assert (gradient == 0).all()


@ALL
@given(known=known_truths())
def test_lo_is_never_negative_and_0_for_the_truth_itself(name, options, known):
    value, _ = loss(name, known, **options)
    assert value >= 0
    if name in FRACTIONS:
        assert value <= (1 if options.get("reduction") != "sum" else 3)
    unknown = known.truth.sum(axis=0) == 0
    close(loss(name, known._replace(proportions=np.where(unknown, 1 / 3, known.truth)), **options)[0], 0, scale=1)


@ALL
@given(known=known_truths())
def test_lo_follows_the_order_of_the_classes(name, options, known):
    if not options.get("include_background", True):
        return
    order = [2, 0, 1]
    permuted = known._replace(proportions=known.proportions[order], truth=known.truth[order])
    renamed = options | ({"class_weights": CLASS_WEIGHTS[order]} if "class_weights" in options else {})
    value, gradient = loss(name, known, **options)
    close(loss(name, permuted, **renamed), (value, gradient[order]))


@ALL
@given(known=known_truths(), factor=st.sampled_from((0.25, 3.0)))
def test_lo_weights_of_pixels_count_relative_to_each_other(name, options, known, factor):
    """In sums over pixels, and beside s pixels, absolutely."""
    value, gradient = loss(name, known, **options)
    if name in ("cross_entropy", "focal", "top_k_cross_entropy") and options.get("reduction") == "sum":
        value, gradient = factor * value, factor * gradient
    if "smooth" in options:
        options = options | {"smooth": factor * options["smooth"]}
    close(loss(name, known._replace(mask=factor * known.mask), **options), (value, gradient))


@pytest.mark.parametrize(("name", "options"), [each for each in LOSSES if "include_background" in each[1]])
@given(known=known_truths(), rng=generators)
def test_lo_without_background_its_proportion_does_not_count(name, options, known, rng):
    otherwise = np.array(known.proportions)
    otherwise[0] = rng.random(otherwise[0].shape)
    value, gradient = loss(name, known, **options)
    close(loss(name, known._replace(proportions=otherwise), **options), (value, gradient))
    assert (gradient[0] == 0).all()


@given(known=known_truths(), rng=generators)
def test_lo_losses_add_up_and_so_do_their_gradients(known, rng):
    parts = (("focal", 0.5), ("generalised_dice", 1.0), ("hausdorff", 0.1))

    def total(proportions):
        found = [loss(name, known._replace(proportions=proportions)) for name, _ in parts]
        return [sum(factor * each[of] for (_, factor), each in zip(parts, found, strict=True)) for of in (0, 1)]

    check_gradient(lambda at: total(at)[0], known.proportions, total(known.proportions)[1], rng)


# Of pixels


@given(known=known_truths(), rng=generators, weights=st.sampled_from((None, CLASS_WEIGHTS)))
def test_lo1_gradient_at_the_logits(known, rng, weights):
    """(c/Σc) (Π − T)."""
    proportions, pullback = layers.softmax(rng.normal(0, 3, known.truth.shape))
    _, gradient = segmentation.cross_entropy(proportions, known.truth, known.mask, class_weights=weights)
    of_class = np.ones(3) if weights is None else weights
    counted = known.mask * np.tensordot(of_class, known.truth, 1)
    expected = counted / max(counted.sum(), 1e-300) * (proportions - known.truth)
    np.testing.assert_allclose(pullback(gradient), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("name", ["cross_entropy", "focal"])
@given(known=known_truths())
def test_lo1_class_weights_count_pixels(name, known):
    """As if the mask had them."""
    expected = loss(name, known._replace(mask=known.mask * np.tensordot(CLASS_WEIGHTS, known.truth, 1)))
    close(loss(name, known, class_weights=CLASS_WEIGHTS), expected)


def test_lo1_lo3_known_values():
    """Two pixels, two classes: log 0.8 with weight 1, log 0.4 with weight 3; focal with 0.2², 0.6²."""
    known = np.array([[[0.8, 0.6]], [[0.2, 0.4]]]), np.array([[[1.0, 0.0]], [[0.0, 1.0]]]), np.ones((1, 2))
    total = -(np.log(0.8) + 3 * np.log(0.4))
    class_weights = np.array([1.0, 3.0])
    close(segmentation.cross_entropy(*known, class_weights=class_weights)[0], total / 4)
    close(segmentation.cross_entropy(*known, class_weights=class_weights, reduction="sum")[0], total)
    close(segmentation.focal(*known)[0], -(0.04 * np.log(0.8) + 0.36 * np.log(0.4)) / 2)


@given(known=known_truths(), threshold=st.floats(0.1, 0.9), weights=st.sampled_from((None, CLASS_WEIGHTS)))
def test_lo2_counts_the_hard_pixels_alone(known, threshold, weights):
    hard = (known.proportions * known.truth).sum(axis=0) < threshold
    expected = segmentation.cross_entropy(*known._replace(mask=known.mask * hard), class_weights=weights)
    close(segmentation.top_k_cross_entropy(*known, threshold=threshold, class_weights=weights), expected)


@given(known=known_truths())
def test_lo2_of_all_pixels_is_the_cross_entropy(known):
    close(segmentation.top_k_cross_entropy(*known, threshold=1.0), segmentation.cross_entropy(*known))
    value, gradient = segmentation.top_k_cross_entropy(*known, threshold=0.0)
    assert value == 0
    assert (gradient == 0).all()


@given(known=known_truths(), weights=st.sampled_from((None, CLASS_WEIGHTS)))
def test_lo3_gamma_0_is_the_cross_entropy(known, weights):
    expected = segmentation.cross_entropy(*known, class_weights=weights)
    close(segmentation.focal(*known, gamma=0.0, class_weights=weights), expected)


@given(known=known_truths())
def test_lo3_is_less_the_larger_gamma(known):
    values = [segmentation.focal(*known, gamma=gamma)[0] for gamma in (0.0, 0.5, 1.0, 2.0, 5.0)]
    assert all(first >= second for first, second in pairwise(values))


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
def test_lo3_is_finite_for_sure_proportions(gamma):
    truth = np.eye(2)[:, :, None]
    for proportions in (truth, 1 - truth):
        value, gradient = segmentation.focal(proportions, truth, np.ones((2, 1)), gamma=gamma)
        assert np.isfinite(value)
        assert np.isfinite(gradient).all()


# Of areas


def fractions(known, alpha, beta, smooth):
    """The Tversky index of every class that the truth holds, pixel by pixel."""
    found = []
    for p, t in zip(known.proportions, known.truth, strict=True):
        true_positive = false_positive = false_negative = 0.0
        for place in np.ndindex(t.shape):
            c = known.mask[place] * known.truth[:, *place].sum()
            true_positive += c * p[place] * t[place]
            false_positive += c * p[place] * (1 - t[place])
            false_negative += c * (1 - p[place]) * t[place]
        if (known.mask * t).sum() > 0:
            errors = alpha * false_positive + beta * false_negative
            found.append((true_positive + smooth) / (true_positive + errors + smooth))
    return np.array(found)


@given(known=known_truths(), alpha=st.floats(0.1, 1), beta=st.floats(0.1, 1), smooth=st.sampled_from((0.0, 2.0)))
def test_lo4_by_loops(known, alpha, beta, smooth):
    expected = 1 - fractions(known, alpha, beta, smooth)
    options = {"alpha": alpha, "beta": beta, "smooth": smooth}
    close(segmentation.tversky(*known, **options, reduction="sum")[0], expected.sum(), scale=1)
    close(segmentation.tversky(*known, **options)[0], expected.sum() / max(len(expected), 1), scale=1)


@given(known=known_truths())
def test_lo4_lo5_tversky_is_dice_at_a_half_and_iou_at_1(known):
    close(segmentation.tversky(*known, alpha=0.5, beta=0.5), segmentation.soft_dice(*known))
    close(segmentation.tversky(*known, alpha=1.0, beta=1.0), segmentation.soft_iou(*known))


@given(known=known_truths(known=1.0), smooth=st.sampled_from((0.0, 3.0)))
def test_lo4_errors_that_count_less_lower_the_loss(known, smooth):
    values = [segmentation.tversky(*known, alpha=alpha, beta=0.7, smooth=smooth)[0] for alpha in (1.0, 0.5, 0.1)]
    assert all(first >= second for first, second in pairwise(values))


def test_lo4_without_a_true_positive_where_misses_do_not_count():
    """0 / 0: the class is missed altogether, and its loss 1."""
    truth, proportions = np.ones((1, 2, 2)), np.zeros((1, 2, 2))
    value, gradient = segmentation.tversky(proportions, truth, np.ones((2, 2)), alpha=1.0, beta=0.0)
    assert value == 1
    assert np.isfinite(gradient).all()


@given(known=known_truths())
def test_lo5_iou_follows_from_dice(known):
    """J = D / (2 − D), class by class."""
    for k in range(3):
        of_class = known._replace(truth=known.truth[k : k + 1], proportions=known.proportions[k : k + 1])
        dice, iou = (1 - function(*of_class)[0] for function in (segmentation.soft_dice, segmentation.soft_iou))
        close(iou, dice / (2 - dice))


@given(known=known_truths(known=1.0))
def test_lo5_gradient_of_dice(known):
    """−2 c (T Σ c (Π + T) − Σ c Π T) / (Σ c (Π + T))² over the number of classes that are there."""
    c = known.mask
    both, either = (
        (c * maps).sum(axis=(1, 2), keepdims=True) for maps in (known[0] * known[1], known[0] + known[1])
    )
    present = (c * known.truth).sum(axis=(1, 2), keepdims=True) > 0
    expected = -2 * c * (known.truth * either - both) / either**2 * present / present.sum()
    close(segmentation.soft_dice(*known)[1], expected)


@given(known=known_truths(known=1.0))
def test_lo6_of_classes_of_one_size_is_the_dice_of_their_sums(known):
    truth = np.moveaxis(np.eye(3)[np.arange(48).reshape(6, 8) % 3], -1, 0)
    both, either = (known.proportions * truth).sum(), (known.proportions + truth).sum()
    close(segmentation.generalised_dice(known.proportions, truth, np.ones((6, 8)))[0], 1 - 2 * both / either)


def test_lo6_a_small_class_weighs_as_much_as_a_large_one():
    """Nine pixels and one: half of either missed costs the same but for what the other gains."""
    truth = np.zeros((3, 1, 20))
    truth[0, 0, :9], truth[1, 0, 9], truth[2, 0, 10:] = 1, 1, 1
    values = []
    for k in (0, 1):
        missed = truth.copy()
        missed[k] /= 2
        values.append(segmentation.generalised_dice(missed, truth, np.ones((1, 20)))[0])
    weights = 1 / np.array([9.0, 1.0, 10.0])  # v_k |T_k|
    close(values, 1 - (2 * weights.sum() - weights[:2]) / (2 * weights.sum() - weights[:2] / 2))


# Of distances


def to_the_border(inside):
    """Squared distance to the nearest pixel that is in where this is out, or out where this is in."""
    found = np.zeros(inside.shape)
    for place in np.ndindex(inside.shape):
        squares = ((np.argwhere(inside != inside[place]) - place) ** 2).sum(axis=1)
        found[place] = min(squares, default=0)
    return found


@given(known=known_truths(), first=st.sampled_from((0, 1)))
def test_lo7_by_loops(known, first):
    counted = known.mask * known.truth.sum(axis=0)
    total = 0.0
    for p, t in list(zip(known.proportions, known.truth, strict=True))[first:]:
        distances = to_the_border((counted > 0) & (t == 1)) + to_the_border((counted > 0) & (p >= 0.5))
        total += (counted * (p - t) ** 2 * distances).sum()
    expected = total / max((3 - first) * counted.sum(), 1e-300)
    close(segmentation.hausdorff(*known, include_background=first == 0)[0], expected)


@pytest.mark.parametrize("distance", [1, 4, 9])
def test_lo7_of_a_far_away_error_grows_with_its_squared_distance(distance):
    """One pixel taken for the class: d² to the truth, and 1 to the border of the prediction."""
    truth = np.zeros((1, 1, 20))
    truth[..., :5] = 1
    proportions = truth.copy()
    proportions[0, 0, 4 + distance] = 1
    background = 1 - truth
    given = np.concatenate([background, proportions]), np.concatenate([background, truth]), np.ones((1, 20))
    value, _ = segmentation.hausdorff(*given, include_background=False)
    close(value, (distance**2 + 1) / 20)


def test_lo7_where_a_set_has_no_border_the_other_decides():
    """All predicted, half of it true: the distances to the truth. All true, nothing predicted: none."""
    half, everything = np.array([[[1.0, 1, 0, 0]]]), np.ones((1, 1, 4))
    truth = np.concatenate([half, 1 - half])
    value, _ = segmentation.hausdorff(np.concatenate([everything, 1 - half]), truth, everything[0])
    close(value, (1 + 4) / 8)
    truth = np.concatenate([everything, 0 * everything])
    assert segmentation.hausdorff(0.4 * truth, truth, everything[0])[0] == 0

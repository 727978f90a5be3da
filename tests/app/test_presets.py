"""The presets: the published settings, and those that people get."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from deepmix import fields, presets, segment, starts
from deepmix.job import prepare, regularizers
from deepmix.phantoms import left_ventricle
from deepmix.reference import regularizers as of_reference
from deepmix.settings import METHODS, Settings
from tests.app.test_segmentation import blobs


class Twin:
    """A backend as far as `job.regularizers` asks."""

    regularizers = of_reference


def job_of(image: np.ndarray, mask: np.ndarray, **given):
    return prepare(image, mask, presets.settings("robust", n_components=3, backend="reference", **given))


def matched_dice(labels: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
    from deepmix.evaluation import scores

    return scores(labels, np.where(mask, truth, 0), int(truth.max()))["mean_dice"]


def test_paper_is_what_was_published():
    assert presets.settings("paper", n_components=3) == Settings(3)


def test_what_is_given_replaces_the_preset():
    given = presets.settings("robust", n_components=3, filters=5, total_variation=0.25, restarts=4)
    assert (given.filters, given.total_variation, given.restarts, given.guide) == (5, 0.25, 4, "hmrf")
    with pytest.raises(ValueError, match="preset must be one of paper, robust"):
        segment(np.eye(8), n_components=2, preset="best")


def test_given_means_are_one_start():
    means = np.zeros((3, 2))
    assert presets.settings("robust", n_components=3, means_init=means).restarts == 1
    with pytest.raises(ValueError, match="means_init is one start"):
        presets.settings("robust", n_components=3, means_init=means, restarts=2)


def test_what_follows_a_field_needs_one():
    with pytest.raises(ValueError, match='total_variation "auto" follows the field that guides'):
        presets.settings("robust", n_components=3, guide="gmm")
    for wrong in ("much", -1.0, float("inf")):
        with pytest.raises(ValueError, match="total_variation must be a number that is not negative, or auto"):
            presets.settings("robust", n_components=3, total_variation=wrong)


@pytest.mark.parametrize("diagonals", [False, True])
def test_the_total_variation_of_sure_classes_is_the_coupling_of_the_field(diagonals):
    """λ TV and −β Σ_{x~y} Σ_k Π_k(x) Π_k(y) differ by a constant, along a straight border."""
    from deepmix.reference import hmrf

    beta, mask = 1.7, np.ones((6, 16))
    job = job_of(np.random.default_rng(0).normal(size=(1, 6, 16)), mask > 0, diagonals=diagonals)
    ((smooth, weight),) = regularizers(job, Twin, beta)

    def of_border(at: int) -> tuple[float, float]:
        sure = np.stack([np.arange(16) < at, np.arange(16) >= at]).astype(float)[:, None].repeat(6, axis=1)
        agreement = sure * hmrf.neighbour_sum(sure, diagonals)
        return weight * smooth(sure, None, None, mask)[0], -beta / 2 * agreement.sum() / mask.sum()

    (tv, coupling), (no_tv, alone) = of_border(8), of_border(0)
    per_pixel = 6 if not diagonals else 16  # pairs across the border: edges, and the corners beside them
    assert no_tv == 0
    np.testing.assert_allclose(coupling - alone, beta * per_pixel / mask.sum())
    if not diagonals:
        np.testing.assert_allclose(tv, coupling - alone)
    np.testing.assert_allclose(weight, beta if diagonals else beta / 2)


def test_smoothing_stays_inside_the_mask():
    rng = np.random.default_rng(1)
    image, mask = rng.normal(size=(2, 12, 14)), rng.random((12, 14)) < 0.6
    assert starts.smoothed(image, mask, 0) is image
    beyond = np.where(mask, image, 1e3)
    np.testing.assert_allclose(*(starts.smoothed(each, mask, 2.0)[:, mask] for each in (image, beyond)))
    np.testing.assert_allclose(starts.smoothed(np.full_like(image, 7.0), mask, 3.0)[:, mask], 7)
    everywhere = np.ones_like(mask)
    expected = [gaussian_filter(channel, 1.5) for channel in image]
    np.testing.assert_allclose(starts.smoothed(image, everywhere, 1.5), expected, atol=1e-12)


def test_multiscale_starts_are_moments_of_the_image_itself():
    """Of the bands that smoothing shows where the noise hides them; not of smoothed values."""
    image, truth, mask = blobs((40, 40))
    noisy = image + np.random.default_rng(2).normal(0, 150, image.shape)
    job = job_of(noisy, mask, restarts=2)
    found = list(starts.starts(job.mask, job))
    assert len(found) == 2 * len(starts.SCALES)
    true = np.sort([job.volume[0, ..., 0][mask & (truth == k)].mean() for k in (1, 2, 3)])
    errors = [np.abs(np.sort(start.means[:, 0]) - true).max() for start in found]
    assert min(errors[2:]) < 0.15 < min(errors[:2])
    inside = job.volume[:, job.mask]
    for start in found:  # proportions and means are those of a partition of all pixels
        np.testing.assert_allclose(start.proportions @ start.means, inside.mean(axis=1), atol=1e-5)


def test_the_best_start_of_a_field_is_kept():
    """By [SV5]; on this phantom the GMM leads astray, and starts from the smoothed image do not."""
    phantom = left_ventricle(160, 1.0, 0)
    from_gmm, best = (
        segment(phantom.image, phantom.mask, n_components=4, method="hmrf", **options)
        for options in ({"initialization": "kmeans"}, {})
    )
    assert min(best.field.pseudo_nll.values()) < min(from_gmm.field.pseudo_nll.values())
    dice = [matched_dice(each.labels, phantom.labels, phantom.mask) for each in (from_gmm, best)]
    assert dice[1] > dice[0] + 0.1


def test_beta_is_sought_as_long_as_it_gets_better():
    """What was chosen is the least of the curve, and its neighbours on the grid were tried."""
    image, _, mask = blobs()
    noisy = image + np.random.default_rng(7).normal(0, 60, image.shape)
    field = segment(noisy, mask, n_components=3, method="hmrf").field
    tried = list(field.pseudo_nll)
    assert tried == sorted(tried)
    assert field.beta == min(field.pseudo_nll, key=field.pseudo_nll.get)
    i = fields.BETAS.index(field.beta)
    assert set(fields.BETAS[max(i - 1, 0) : i + 2]) <= set(tried)


def test_a_field_that_lost_a_class_comes_last():
    """Asked for more classes than there are, it keeps them all if a start or a β does."""
    image, _, mask = blobs()
    for seed in range(3):
        labels = segment(image, mask, n_components=5, method="hmrf", seed=seed).labels
        assert len(np.unique(labels[mask])) == 5


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("backend", ["accelerated", "reference"])
def test_every_method_and_backend(method, backend):
    image, truth, mask = blobs()
    tiny = {"depth": 1, "filters": 4, "max_steps": 5, "learning_rate": 1e-2}
    result = segment(image, mask, n_components=3, method=method, backend=backend, **tiny)
    assert matched_dice(result.labels, truth, mask) > 0.9
    assert np.array_equal(result.labels > 0, mask)


def test_deep_methods_with_the_robust_settings_follow_the_field():
    """No small class is lost, and noise is not followed: what is wrong is less than half of what the GMM has."""
    phantom = left_ventricle(96, 0.75, 3)
    about = {"n_components": 4, "mask": phantom.mask}
    by = {name: segment(phantom.image, method=name, **about) for name in ("gmm", "hmrf", "deepsvg")}
    wrong = {name: 1 - matched_dice(each.labels, phantom.labels, phantom.mask) for name, each in by.items()}
    assert len(np.unique(by["deepsvg"].labels[phantom.mask])) == 4
    assert wrong["deepsvg"] < wrong["gmm"] / 2
    assert wrong["deepsvg"] < wrong["hmrf"] + 0.01
    assert by["deepsvg"].field == by["hmrf"].field

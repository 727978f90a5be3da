"""The presets: the published settings, and those that people get."""

import inspect
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from deepmix import reference, segment
from deepmix.datasets.phantoms import left_ventricle
from deepmix.reference.mixtures import hmrf, initialization
from deepmix.segmentation import field, presets, starts
from deepmix.segmentation.methods import METHODS
from deepmix.segmentation.model import regularizers
from deepmix.segmentation.preparation import prepare
from deepmix.segmentation.settings import Settings
from deepmix.settings import flat
from tests.app.segmentation.test_segmentation import blobs


def job_of(image: np.ndarray, mask: np.ndarray, **given):
    return prepare(image, mask, presets.settings("robust", n_components=3, backend="reference", **given))


def matched_dice(labels: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
    from deepmix.evaluation import scores

    return scores(labels, np.where(mask, truth, 0), int(truth.max()))["mean_dice"]


def test_paper_is_what_was_published():
    assert presets.settings("paper", n_components=3) == Settings(n_components=3)


def test_what_is_given_replaces_the_preset():
    given = presets.settings("robust", n_components=3, filters=5, total_variation=0.25, restarts=4)
    found = [flat(given)[name] for name in ("filters", "total_variation", "restarts", "guide")]
    assert found == [5, 0.25, 4, "hmrf"]
    with pytest.raises(ValueError, match="preset must be one of paper, robust"):
        segment(np.eye(8), n_components=2, preset="best")


def test_the_command_leaves_to_the_preset_what_it_says():
    from deepmix.cli.segment import segment as command

    options = inspect.signature(command).parameters
    said = {name for preset in presets.PRESETS.values() for name in preset}
    assert [name for name in sorted(said) if options[name].default is not None] == []


def test_given_means_are_one_start():
    means = np.zeros((3, 2))
    assert presets.settings("robust", n_components=3, means_init=means).mixture.restarts == 1
    with pytest.raises(ValueError, match="means_init is one start"):
        presets.settings("robust", n_components=3, means_init=means, restarts=2)


def test_what_follows_a_field_needs_one():
    with pytest.raises(ValueError, match='total_variation "auto" follows the field that guides'):
        presets.settings("robust", n_components=3, guide="gmm")
    for wrong in ("much", -1.0, float("inf")):
        with pytest.raises(ValueError, match="total_variation must be a number that is not negative, or auto"):
            presets.settings("robust", n_components=3, total_variation=wrong)


def coupled(sure: np.ndarray, beta: float, diagonals: bool) -> tuple[float, float]:
    """What the preset's total variation and the coupling of [SV4] make of sure classes (K, H, W), per pixel."""
    mask = np.ones(sure.shape[1:])
    job = job_of(np.random.default_rng(0).normal(size=(1, *mask.shape)), mask > 0, diagonals=diagonals)
    ((smooth, weight),) = regularizers(job, reference, beta)
    agreement = sure * hmrf.neighbour_sum(sure, diagonals)
    return weight * smooth(sure, None, None, mask)[0], -beta / 2 * agreement.sum() / mask.sum()


def test_the_total_variation_of_sure_classes_is_the_coupling_of_the_field():
    """Up to what a map of one class has."""
    labels = np.random.default_rng(3).integers(0, 3, (12, 14))
    (tv, coupling), (none, least) = (
        coupled(np.equal.outer(np.arange(3), each).astype(float), 1.7, False) for each in (labels, 0 * labels)
    )
    assert none == 0
    np.testing.assert_allclose(tv, coupling - least)


def test_with_diagonals_it_is_that_of_a_diagonal_border():
    """And two thirds of that of a straight one, but for the ends of the border."""
    rows, columns = np.indices((60, 60))
    excess = {}
    for name, labels in (("none", 0 * rows), ("straight", rows < 30), ("diagonal", rows < columns)):
        excess[name] = coupled(np.equal.outer(np.arange(2), labels).astype(float), 1.3, True)
    ratio = {name: excess[name][0] / (excess[name][1] - excess["none"][1]) for name in ("straight", "diagonal")}
    assert ratio["straight"] == pytest.approx(2 / 3, rel=0.03)
    assert ratio["diagonal"] == pytest.approx(1, rel=0.03)


def test_smoothing_stays_inside_the_mask():
    rng = np.random.default_rng(1)
    image, mask = rng.normal(size=(2, 12, 14)), rng.random((12, 14)) < 0.6
    assert starts.smoothed(image, mask, 0) is image
    beyond = np.where(mask, image, np.random.default_rng(2).choice([1e3, np.inf, np.nan], mask.shape))
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
    found = list(starts.starts(job.mask, job, reference))
    assert len(found) == 2 * len(starts.SCALES)
    true = np.sort([job.volume[0, ..., 0][mask & (truth == k)].mean() for k in (1, 2, 3)])
    errors = [np.abs(np.sort(start.means[:, 0]) - true).max() for start in found]
    assert min(errors[2:]) < 0.15 < min(errors[:2])
    inside = job.volume[:, job.mask]
    for start in found:  # proportions and means are those of a partition of all pixels
        np.testing.assert_allclose(start.proportions @ start.means, inside.mean(axis=1), atol=1e-5)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_best_start_of_a_field_is_kept(seed):
    """By F, at one β; on these phantoms the GMM leads astray, and starts from the smoothed image do not."""
    phantom = left_ventricle(160, 1.0, seed)
    about = {"n_components": 4, "mask": phantom.mask, "method": "hmrf", "beta": 2.0}
    from_gmm, best = (segment(phantom.image, **about, **options) for options in ({"initialization": "kmeans"}, {}))
    assert best.parts[0].value < from_gmm.parts[0].value
    dice = [matched_dice(each.labels, phantom.labels, phantom.mask) for each in (from_gmm, best)]
    assert dice[1] > dice[0] + 0.1


def test_beta_is_sought_as_long_as_it_gets_better():
    """What was chosen is the greatest of the curve, and its neighbours on the grid were tried."""
    image, _, mask = blobs()
    noisy = image + np.random.default_rng(7).normal(0, 60, image.shape)
    chosen = segment(noisy, mask, n_components=3, method="hmrf", backend="reference").field
    curve = chosen.information
    tried = list(curve)
    assert tried == sorted(tried)
    assert chosen.beta == max(curve, key=curve.get)
    i = field.BETAS.index(chosen.beta)
    assert set(field.BETAS[max(i - 1, 0) : i + 2]) <= set(tried)


@pytest.mark.parametrize(
    ("badness", "best"),
    [
        ({}, 1.0),  # equals: no reason to move
        ({1.25: (0, -1.0), 1.5: (0, -2.0), 2.0: (0, -1.0), 2.5: (0, -9.0)}, 1.5),  # the first that is no better
        ({0.75: (0, -1.0), 0.5: (0, -3.0)}, 0.5),
        ({1.0: (1, -9.0), 1.25: (0, -5.0)}, 1.25),  # a field that has lost a class comes last
        ({beta: (0, -beta) for beta in field.BETAS}, 3.0),
        ({beta: (0, beta) for beta in field.BETAS}, 0.125),
    ],
)
def test_where_the_search_for_beta_ends(badness, best):
    def trials(beta: float) -> list[field.Trial]:
        lost, incoherence = badness.get(beta, (0, 0.0))
        return [field.Trial(start=None, fit=None, lost=lost, value=beta, told=0.0, information=-incoherence)]

    found, tried = field.seek(trials(1.0), trials)
    assert found == best
    at = field.BETAS.index(best)
    assert set(field.BETAS[max(at - 1, 0) : at + 2]) <= set(tried)


def test_starts_worth_another_beta():
    """Those near the best, and no two that ended at one field; one that lost a class is not near."""
    near, same = field.NEAR, field.SAME
    ended = [(0, 0.0), (0, same / 2), (0, 2 * same), (0, 2.5 * same), (0, near), (0, 2 * near), (1, -1.0)]
    trials = [
        field.Trial(start=i, fit=SimpleNamespace(mixture=-i), lost=lost, value=value, told=0.0, information=0.0)
        for i, (lost, value) in enumerate(ended)
    ]
    assert field.leading(trials) == [0, 0, 2, -2, 4, -4]


@pytest.mark.parametrize("noise", [0, 20, 40])
def test_few_starts_find_the_field_of_many(monkeypatch, noise):
    """At 40 the start that ends best at β = 1 does not at 1.25: there the mixture that it ended at is needed."""
    image, _, mask = blobs()
    image = image + np.random.default_rng(7).normal(0, noise, image.shape)
    options = {"n_components": 3, "method": "hmrf"}
    whole = segment(image, mask, **options)
    monkeypatch.setattr(field, "MANY", 0)
    found = segment(image, mask, **options)
    assert found.field.beta == whole.field.beta
    assert found.parts[0].value == pytest.approx(whole.parts[0].value, abs=whole.settings.mixture.tol)


def test_without_a_field_nothing_looks_for_what_is_most_likely():
    """The best of many mixtures has the higher likelihood, and on this phantom not its scar."""
    phantom = left_ventricle(160, 0.5, 1)
    found = segment(phantom.image, phantom.mask, n_components=4, method="gmm")
    assert matched_dice(found.labels, phantom.labels, phantom.mask) > 0.9
    for given in ({"method": "svgmm"}, {"method": "fcm"}, {"guide": "gmm", "total_variation": 0.5}):
        chosen = presets.settings("robust", n_components=3, **given)
        assert (chosen.mixture.initialization, chosen.mixture.restarts) == ("kmeans", 1)
    assert presets.settings("robust", n_components=3, method="hmrf").mixture.initialization == "multiscale"


def test_channels_may_be_correlated():
    """Two tissues along a line in two channels, beside each other: either channel hardly tells them apart."""
    drawn = np.random.default_rng(5)
    truth = 1 + (np.indices((48, 48)) // 6).sum(axis=0) % 2
    along, across = drawn.normal(0, 3, truth.shape), drawn.normal(0, 0.3, truth.shape)
    offset = np.where(truth == 2, 1.0, -1.0)
    image = np.stack([along + offset + across, along - offset - across])
    result = segment(image, n_components=2, method="hmrf", backend="reference")
    assert matched_dice(result.labels, truth, truth > 0) > 0.95


def test_a_channel_may_come_twice():
    """As in a grey picture with three colours: the covariances are singular but for the floor."""
    image, truth, mask = blobs()
    twice = np.concatenate([image, image[:1]])
    result = segment(twice, mask, n_components=3, method="hmrf", backend="reference")
    assert matched_dice(result.labels, truth, mask) > 0.95


def test_scale_nought_is_k_means():
    image, _, mask = blobs()
    image[1] *= 0.01  # another unit, which K-means does not mind
    job = job_of(image, mask, standardize="none")
    found, *_ = starts.starts(job.mask, job, reference)
    expected = initialization.kmeans(job.volume[:, job.mask], 3, seed=0)
    np.testing.assert_allclose(found.means, expected.means)
    np.testing.assert_allclose(found.proportions, expected.proportions)


def test_classes_of_a_slice_are_those_of_the_guide():
    """Whose Gaussians they have: nothing is matched by overlap, which of a network that knows little is chance."""
    image = blobs((16, 16, 4))[0]
    tiny = {"depth": 1, "filters": 2, "max_steps": 1, "warm_start": 1, "backend": "reference"}
    result = segment(image, n_components=4, **tiny)
    for part in result.parts:
        np.testing.assert_allclose(part.means, result.guide.means, rtol=1e-5)


def test_the_total_variation_follows_a_field_that_nothing_else_needs():
    image, _, mask = blobs()
    options = {"n_components": 3, "depth": 1, "filters": 2, "max_steps": 8, "objective": "nll", "warm_start": 0}
    options["backend"] = "reference"
    smooth, rough = (segment(image, mask, total_variation=tv, **options) for tv in ("auto", 0.0))
    assert smooth.field is not None
    assert not np.array_equal(smooth.parts[0].history, rough.parts[0].history)


def test_what_clashes_with_the_preset_says_so():
    with pytest.raises(ValueError, match='the other setting is of preset "robust"'):
        presets.settings("robust", n_components=3, m_step_gradient="held", m_step_weights="posterior")
    with pytest.raises(ValueError, match="contamination must be at least 0 and less than 1, got -3"):
        presets.settings("paper", n_components=3, contamination=-3.0)
    assert presets.settings("robust", n_components=3, method="gmm", guide="gmm").guidance.guide == "gmm"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("backend", ["accelerated", "reference"])
def test_every_method_and_backend(method, backend):
    image, truth, mask = blobs()
    tiny = {"depth": 1, "filters": 4, "max_steps": 5, "learning_rate": 1e-2}
    result = segment(image, mask, n_components=3, method=method, backend=backend, **tiny)
    assert matched_dice(result.labels, truth, mask) > 0.9
    assert np.array_equal(result.labels > 0, mask)


@pytest.mark.thorough
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

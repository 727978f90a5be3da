"""How far a field is to be trusted, and how its doubt reaches the user."""

import warnings

import numpy as np
import pytest

from deepmix import segment
from deepmix.datasets.phantoms import left_ventricle
from deepmix.report.description import report_of
from deepmix.segmentation import doubt, field, sampling
from deepmix.segmentation.selection import Doubt
from tests.app.segmentation.test_segmentation import TINY, blobs

# Quick: nothing is compiled.
BRIEF = {"backend": "reference", "depth": 1, "warm_start": 5, "min_steps": 2, "max_steps": 2}


def posterior(labels: list[int], n_classes: int = 3) -> np.ndarray:
    return np.eye(n_classes)[:, labels]


def test_classes_in_another_order_agree():
    labels = [0, 0, 0, 1, 1, 2]
    mean, agreement = doubt.consensus([posterior(labels), posterior([2, 2, 2, 0, 0, 1])])
    assert agreement == 1
    np.testing.assert_array_equal(mean, posterior(labels))


def test_the_start_that_agrees_least_counts():
    best, alike, other = (
        posterior([0, 0, 0, 1, 1, 2]),
        posterior([0, 0, 0, 1, 1, 2]),
        posterior([0, 0, 1, 1, 1, 2]),
    )
    mean, agreement = doubt.consensus([best, alike, other])
    assert agreement == pytest.approx(5 / 6)
    np.testing.assert_allclose(mean[:, 2], [2 / 3, 1 / 3, 0])
    assert doubt.consensus([best])[1] == 1


def test_ambiguity_is_of_the_label_alone():
    labels = np.array([[1, 1, 2], [3, 3, 0]])
    probabilities = np.zeros((3, 2, 3))
    for k in range(3):
        probabilities[k][labels == k + 1] = 0.9 - k / 10
    expected = np.where(labels > 0, labels / 10, 0)
    np.testing.assert_allclose(doubt.ambiguity(labels, probabilities), expected, atol=1e-6)


@pytest.mark.parametrize(
    "options",
    [
        {"method": "hmrf", "standardize": "none"},
        {"method": "deepsvg", "learning_rate": 1e300, "filters": 2, **BRIEF},
    ],
)
def test_a_fit_that_is_not_finite_ends_with_a_warning(options):
    noise = np.random.default_rng(0).normal(size=(24, 24))
    scale = 1e25 if "standardize" in options else 1.0
    with pytest.warns(UserWarning, match="finite|infinite"):
        found = segment(scale * noise, n_components=2, **options)
    assert found.labels.shape == noise.shape


@pytest.mark.parametrize(
    "options", [{"n_components": 1}, {"n_components": 2, "beta": 0.0}, {"n_components": 2, "beta": 0.2}]
)
def test_what_is_little_by_construction_is_no_warning(options):
    halves = np.where(np.arange(24) < 12, 0.0, 10.0) + np.random.default_rng(0).normal(0, 1, (24, 24))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        segment(halves, method="hmrf", backend="reference", **options)


def test_a_large_image_has_the_doubt_of_its_own_field(monkeypatch):
    """A share of it has fewer neighbours, and is not what was segmented."""
    truth = np.zeros((48, 48), int)
    truth[8:30, 10:40] = 1
    image = 2.0 * truth + np.random.default_rng(0).normal(0, 1, truth.shape)
    options = {"n_components": 2, "method": "hmrf", "beta": 1.0, "backend": "reference"}
    whole = segment(image, **options)
    monkeypatch.setattr(sampling, "MOST", 600)
    of_share = segment(image, **options)
    assert of_share.doubt.told == pytest.approx(whole.doubt.told, abs=0.01)
    assert of_share.doubt.n_starts == 1


def test_a_network_is_as_unsure_as_its_guide_where_starts_disagree():
    """Its classes are those of the guide, whose consensus has the say; one start has none."""
    image, _, mask = blobs()
    noisy = image + np.random.default_rng(7).normal(0, 60, image.shape)
    options = BRIEF | {"filters": 4, "warm_start": 20}
    one = segment(noisy, mask, n_components=3, initialization="kmeans", restarts=1, **options)
    assert one.doubt.n_starts == 1
    np.testing.assert_allclose(one.ambiguity[mask], 1 - one.probabilities.max(axis=0)[mask], atol=1e-6)
    several = segment(noisy, mask, n_components=3, **options)
    assert several.doubt.n_starts > 1
    right = (several.labels == segment(noisy, mask, n_components=3, method="hmrf", **BRIEF).labels) & mask
    assert several.ambiguity[right].mean() < 0.4 < several.ambiguity[mask & ~right].mean()


def test_a_field_that_is_not_finite_has_no_say():
    def trial(value: float) -> field.Trial:
        return field.Trial(start=None, fit=None, lost=0, value=value, told=0.0, information=0.0)

    assert len(field.close([trial(0.0), trial(np.inf)])) == 1
    assert len(field.close([trial(np.inf), trial(np.inf)])) == 1


def test_only_fields_as_good_as_the_best_have_a_say():
    ended = [(0, 0.0), (0, field.CLOSE / 2), (0, 2 * field.CLOSE), (1, -1.0)]
    trials = [
        field.Trial(start=i, fit=None, lost=lost, value=value, told=0.0, information=0.0)
        for i, (lost, value) in enumerate(ended)
    ]
    assert [trial.start for trial in field.close(trials)] == [0, 1]


@pytest.mark.parametrize(
    ("told", "agreement", "expected"),
    [
        (0.6, 1.0, []),
        (0.3, 1.0, ["neighbours tell only 30% of a pixel's class"]),
        (-0.1, 1.0, ["neighbours tell only 0% of a pixel's class"]),
        (0.6, 0.8, ["label up to 20% of the pixels differently"]),
        (0.3, 0.8, ["neighbours tell only 30%", "label up to 20%"]),
    ],
)
def test_what_speaks_against_a_result_is_said(told, agreement, expected):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        doubt.warn(Doubt(told=told, agreement=agreement, n_starts=3), sought=True)
    assert len(caught) == len(expected)
    assert all(text in str(each.message) for each, text in zip(caught, expected, strict=True))


def test_an_image_of_noise_is_not_trusted_and_one_of_regions_is():
    image, _, mask = blobs()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sure = segment(image, mask, n_components=3, method="hmrf", backend="reference")
    assert sure.doubt.told > 0.8
    noise = np.random.default_rng(0).normal(size=(40, 40))
    with pytest.warns(UserWarning, match="neighbours tell only"):
        unsure = segment(noise, n_components=3, method="hmrf", backend="reference")
    assert unsure.doubt.told < doubt.TOLD
    assert unsure.ambiguity.mean() > 5 * sure.ambiguity[mask].mean()


def test_ambiguity_is_where_the_errors_are():
    phantom = left_ventricle(96, 1.0, 0)
    found = segment(phantom.image, phantom.mask, n_components=4, method="hmrf", beta=1.5)
    classes = [np.bincount(phantom.labels[found.labels == k], minlength=5).argmax() for k in range(1, 5)]
    wrong = phantom.mask & (np.array([0, *classes])[found.labels] != phantom.labels)
    right = phantom.mask & ~wrong
    assert found.ambiguity[wrong].mean() > 4 * found.ambiguity[right].mean()


@pytest.mark.parametrize("method", ["gmm", "fcm", "hmrf", "deepsvg"])
def test_every_method_says_how_unsure_a_label_is(method):
    image, _, mask = blobs()
    found = segment(image, mask, n_components=3, method=method, **TINY)
    assert found.ambiguity.shape == mask.shape
    assert (found.ambiguity[~mask] == 0).all()
    np.testing.assert_allclose(found.ambiguity[mask], 1 - found.probabilities.max(axis=0)[mask], atol=1e-6)
    assert report_of(found)["ambiguity"] == pytest.approx(found.ambiguity[mask].mean())
    assert (found.doubt is not None) == (method == "hmrf")


def test_a_network_has_the_doubt_of_the_field_that_guides_it():
    image, _, mask = blobs((16, 24, 3))
    noisy = image + np.random.default_rng(7).normal(0, 60, image.shape)
    field_alone = segment(noisy, mask, n_components=3, method="hmrf", **BRIEF)
    deep = segment(noisy, mask, n_components=3, method="deepsvg", filters=4, **BRIEF)
    assert deep.doubt == field_alone.doubt
    assert deep.ambiguity.shape == mask.shape

"""`n_components="auto"`: as many classes as the BIC of GMMs says."""

import warnings

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

from deepmix import segment
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.segmentation import selection
from tests.app.segmentation.test_segmentation import TINY, blobs


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (3, [3]),
        ("3", [3]),
        (np.int64(3), [3]),
        ("auto", range(1, 9)),
        ("auto:2:6", range(2, 7)),
        ("auto:2:2", [2]),
    ],
)
def test_numbers_to_choose_from(wanted, numbers):
    assert list(selection.candidates(wanted)) == list(numbers)


@pytest.mark.parametrize("wanted", ["", "three", "auto:", "auto:3", "auto:0:3", "auto:6:2", "2:6", "-1", 2.5])
def test_numbers_that_cannot_be(wanted):
    with pytest.raises(ValueError, match="integer, auto or auto:A:B"):
        segment(np.eye(8), n_components=wanted, backend="reference")


@pytest.mark.parametrize("method", ["gmm", "svgmm", "deepsvg"])
def test_three_bands_are_three_classes(method):
    image, _, mask = blobs()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.filterwarnings("ignore", message=".*no pixel: try fewer classes")  # after so few steps
        result = segment(image, mask, n_components="auto:2:4", method=method, **TINY)
    assert result.selection.n_components == result.settings.n_components == len(result.probabilities) == 3
    given = segment(image, mask, n_components=3, method=method, **TINY)
    assert np.array_equal(result.labels, given.labels)
    assert given.selection is None


@pytest.mark.parametrize("kind", COVARIANCE_TYPES)
def test_the_curve_is_that_of_scikit_learn(kind):
    """Where both find the best fit. Pixels of slices that are not done do not count."""
    image, _, mask = blobs((20, 26, 3))
    options = {"method": "gmm", "backend": "reference", "standardize": "none", "slices": (1, 3)}
    curve = segment(image, mask, n_components="auto:1:4", covariance_type=kind, **options).selection.bic
    X = image[..., 1:][:, mask[..., 1:]].T
    assert list(curve) == [1, 2, 3, 4]
    for k in (1, 2, 3):
        theirs = GaussianMixture(k, covariance_type=kind, tol=1e-8, max_iter=1000, n_init=3, random_state=0).fit(X)
        assert curve[k] == pytest.approx(theirs.bic(X), rel=1e-4)


def test_a_loose_tol_does_not_bend_the_curve():
    """EM ends where a step moves a BIC by less than 0.02; classes that overlap take it many steps."""
    image, _, mask = blobs()
    image = image + np.random.default_rng(1).normal(0, 60, image.shape)
    options = {"method": "gmm", "backend": "reference", "preset": "paper"}
    curve = segment(image, mask, n_components="auto:1:4", tol=10.0, **options).selection.bic
    bics = {
        tol: selection.bic(
            segment(image, mask, n_components=3, tol=tol, **options).parts[0].value,
            mask.sum(),
            selection.n_parameters(3, 2, "diag"),
        )
        for tol in (1e-6, 10.0)
    }
    assert curve[3] == pytest.approx(bics[1e-6], abs=4)
    assert curve[3] < bics[10.0] - 10


def test_a_class_of_larger_variance_is_one_class():
    """With one variance for all classes BIC would find it twice."""
    rng = np.random.default_rng(0)
    image = np.concatenate([rng.normal(0, 1, 800), rng.normal(12, 3, 800)]).reshape(40, 40)
    found = segment(image, n_components="auto:1:4", method="gmm", backend="reference")
    assert found.settings.n_components == 2
    assert found.settings.mixture.covariance_type == "tied"


def test_the_end_of_the_range_is_told():
    image, _, mask = blobs()
    options = {"method": "gmm", "backend": "reference"}
    for wanted in ("auto:1:2", "auto:1:3", "auto:4:6"):
        with pytest.warns(UserWarning, match="an end of the range"):
            segment(image, mask, n_components=wanted, **options)
    noise = np.random.default_rng(0).normal(size=(20, 20))
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # fewer than one there cannot be
        assert segment(noise, n_components="auto:1:3", **options).settings.n_components == 1


def test_given_means_say_how_many():
    image, _, mask = blobs()
    with pytest.raises(ValueError, match="means_init says how many"):
        segment(image, mask, n_components="auto", means_init=np.zeros((8, 2)), backend="reference")

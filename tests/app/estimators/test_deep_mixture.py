"""`DeepMixture`: deepSVG and deepG on images, by scikit-learn's conventions."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from deepmix import DeepMixture, segment
from deepmix.estimators.restarts import seeds
from tests.app.segmentation.test_segmentation import blobs
from tests.tolerances import TRAJECTORY

TINY = {"depth": 1, "filters": 2, "max_steps": 15, "learning_rate": 1e-2, "random_state": 0}
every_kind = pytest.mark.parametrize("kind", ["deepsvg", "deepg"])
every_backend = pytest.mark.parametrize("backend", ["accelerated", "reference"])
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@every_kind
@every_backend
def test_a_fit_is_that_of_segment(kind, backend):
    image, _, mask = blobs()
    model = DeepMixture(3, kind=kind, backend=backend, **TINY)
    labels = model.fit_predict(image, mask)
    options = {name: value for name, value in TINY.items() if name != "random_state"}
    (seed,) = seeds(0, 1)
    options |= {"method": kind, "backend": backend, "seed": seed, "preset": "paper"}
    result = segment(image, mask, n_components=3, **options)
    np.testing.assert_array_equal(labels, result.labels.astype(int) - 1)
    (part,) = result.parts
    np.testing.assert_array_equal(model.means_, part.means)
    np.testing.assert_array_equal(model.covariances_, part.covariances)
    np.testing.assert_array_equal(model.weights_, part.proportions)
    np.testing.assert_array_equal(model.lower_bounds_, -part.history)
    assert model.n_iter_ == len(part.history) - 1
    assert model.lower_bound_ == -part.value


@every_kind
@every_backend
@pytest.mark.parametrize("label_rule", ["prior", "posterior"])
def test_the_image_fitted_is_predicted_as_it_was_fitted(kind, backend, label_rule):
    image, _, mask = blobs()
    model = DeepMixture(3, kind=kind, backend=backend, label_rule=label_rule, dtype="float64", **TINY)
    labels = model.fit_predict(image, mask)
    np.testing.assert_array_equal(model.predict(image, mask), labels)
    assert model.score(image, mask) == pytest.approx(model.lower_bound_, rel=TRAJECTORY)
    probabilities = model.predict_proba(image, mask)
    np.testing.assert_array_equal(probabilities.argmax(axis=0)[mask], labels[mask])
    np.testing.assert_allclose(probabilities.sum(axis=0), mask)
    assert set(labels[~mask]) == {-1}


def test_classes_come_in_order_from_whatever_network():
    image, _, mask = blobs()
    options = TINY | {"backend": "reference", "max_steps": 2}
    for seed in range(6):
        model = DeepMixture(3, **options | {"random_state": seed}).fit(image, mask)
        assert (np.diff(model.means_[:, 0]) > 0).all()
        np.testing.assert_array_equal(model.predict(image, mask), model.labels_)


def test_new_images_of_other_units_and_sizes():
    image, truth, mask = blobs()
    options = TINY | {"filters": 4, "max_steps": 60}
    model = DeepMixture(3, **options).fit(image, mask)
    assert (model.labels_ + 1 == truth)[mask].mean() > 0.95
    np.testing.assert_array_equal(model.predict(1000 + 8 * image, mask), model.labels_)
    new, truth, mask = blobs((26, 30), seed=5)
    assert (model.predict(7 * new - 3, mask) + 1 == truth)[mask].mean() > 0.8  # trained on one image


def test_n_init_keeps_the_best():
    image, _, mask = blobs()
    options = TINY | {"backend": "reference"}
    bounds = [
        DeepMixture(3, **options | {"random_state": generator}).fit(image, mask).lower_bound_
        for generator in [np.random.RandomState(1)] * 3
    ]
    best = DeepMixture(3, n_init=3, **options | {"random_state": 1}).fit(image, mask)
    assert best.lower_bound_ == max(bounds) > min(bounds)


@every_backend
def test_a_warm_start_goes_on_with_the_network(backend):
    image, _, mask = blobs()
    model = DeepMixture(3, warm_start=True, backend=backend, **TINY).fit(image, mask)
    before = model.lower_bound_
    model.fit(image, mask)
    assert model.lower_bounds_[0] == pytest.approx(before, rel=1e-5)
    assert model.lower_bound_ > before


def test_regularisers_reach_the_fit():
    image, _, mask = blobs()
    options = TINY | {"backend": "reference"}
    smooth = DeepMixture(3, total_variation=10.0, **options).fit(image, mask)
    assert smooth.lower_bound_ != DeepMixture(3, **options).fit(image, mask).lower_bound_


def test_clones_and_pickles():
    image, _, mask = blobs()
    model = DeepMixture(3, **TINY).fit(image, mask)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(image, mask), model.predict_proba(image, mask))
    fresh = clone(model)
    assert fresh.get_params() == model.get_params()
    with pytest.raises(NotFittedError):
        fresh.predict(image)


def test_flat_images_without_a_mask():
    image, _, _ = blobs()
    model = DeepMixture(3, **TINY).fit(image[0])
    assert model.n_features_in_ == 1
    assert model.labels_.shape == image[0].shape
    assert model.labels_.min() == 0
    np.testing.assert_array_equal(model.predict(image[:1]), model.labels_)


def test_the_end_of_a_fit_is_told():
    image, _, mask = blobs()
    options = TINY | {"backend": "reference", "max_steps": 2}
    with pytest.warns(ConvergenceWarning, match="step limit"):
        model = DeepMixture(3, **options).fit(image, mask)
    assert not model.converged_
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        assert (
            DeepMixture(3, **options | {"max_steps": 20, "min_steps": 1, "tol": 1.0}).fit(image, mask).converged_
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "gmm"}, "kind must be one of"),
        ({"backend": "magic"}, "backend must be one of"),
        ({"n_init": 0}, "n_init must be at least 1"),
        ({"filters": 0}, "filters must be at least 1"),
        ({"covariance_type": "round"}, "covariance_type must be one of"),
    ],
)
def test_parameters_that_cannot_be(options, message):
    with pytest.raises(ValueError, match=message):
        DeepMixture(**{"n_components": 3} | TINY | options).fit(blobs()[0])


def test_images_that_cannot_be():
    image, _, mask = blobs()
    model = DeepMixture(3, **TINY | {"backend": "reference", "max_steps": 1}).fit(image, mask)
    with pytest.raises(ValueError, match="1 channels, the one fitted had 2"):
        model.predict(image[0])
    with pytest.raises(ValueError, match="image must be"):
        model.fit(image[..., None])
    with pytest.raises(ValueError, match="does not match image"):
        model.predict(image, mask[1:])

"""FuzzyCMeans: scikit-learn's conventions, and what it promises beyond."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from deepmix import FuzzyCMeans
from deepmix.reference.mixtures import fcm
from tests.app.estimators.test_estimators import BACKENDS, NOT_FOR_WEIGHTS, blobs, every_backend
from tests.laws.helpers import close
from tests.tolerances import TRAJECTORY


@parametrize_with_checks(
    [FuzzyCMeans(), FuzzyCMeans(backend="reference")], expected_failed_checks=lambda estimator: NOT_FOR_WEIGHTS
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@every_backend
def test_a_fit_is_that_of_the_backend(backend):
    X = blobs()
    model = FuzzyCMeans(3, fuzzifier=1.7, means_init=X[:3], tol=1e-6, backend=backend).fit(X)
    start = fcm.memberships(X.T, X[:3], 1.7)
    fit = fcm.fit(X.T, start, fuzzifier=1.7, tol=1e-6)
    close(model.cluster_centers_, fit.centres, TRAJECTORY)
    close(model.memberships_, fit.memberships.T, TRAJECTORY)
    close(np.array(model.objectives_), fit.history, TRAJECTORY)
    close(model.partition_coefficient_, fit.partition_coefficient, TRAJECTORY)
    np.testing.assert_array_equal(model.labels_, fit.labels)
    assert model.converged_
    assert (model.objective_, model.n_iter_) == (model.objectives_[-1], len(model.objectives_))
    # the memberships of the samples that were fitted are those of new samples at their places
    close(model.predict_proba(X), model.memberships_, TRAJECTORY)
    np.testing.assert_array_equal(model.predict(X), model.labels_)
    assert model.score(X) == pytest.approx(-model.objective_ / len(X))
    assert sorted(np.bincount(model.labels_)) == pytest.approx([30, 30, 30], abs=3)


def test_the_backends_agree():
    fits = [FuzzyCMeans(3, random_state=0, backend=backend).fit(blobs()) for backend in BACKENDS]
    close(fits[0].cluster_centers_, fits[1].cluster_centers_, TRAJECTORY)


def test_in_a_pipeline_and_a_grid_search():
    X = blobs() * [1, 1000] + [0, 1e5]
    pipeline = make_pipeline(StandardScaler(), FuzzyCMeans(random_state=0))
    search = GridSearchCV(pipeline, {"fuzzycmeans__n_clusters": [2, 3]}, cv=3).fit(X)
    assert search.best_params_ == {"fuzzycmeans__n_clusters": 3}
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    np.testing.assert_array_equal(again.predict(X), search.predict(X))


def test_n_init_keeps_the_best():
    X = np.arange(40.0)[:, None] % 8 + np.random.default_rng(0).normal(0, 0.1, (40, 1))
    options = {"init_params": "random", "fuzzifier": 1.2, "tol": 1e-6, "max_iter": 1000, "backend": "reference"}
    generator = np.random.RandomState(1)
    found = [FuzzyCMeans(5, random_state=generator, **options).fit(X).objective_ for _ in range(5)]
    assert max(found) > min(found) * 1.01
    best = FuzzyCMeans(5, random_state=np.random.RandomState(1), n_init=5, **options).fit(X)
    assert best.objective_ == min(found)


@every_backend
def test_three_warm_starts_of_one_round_are_three_rounds(backend):
    X = blobs()
    options = {"tol": 0, "backend": backend, "means_init": X[:3]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        at_once = FuzzyCMeans(3, max_iter=3, **options).fit(X)
        warm = FuzzyCMeans(3, max_iter=1, warm_start=True, **options)
        found = [warm.fit(X).objective_ for _ in range(3)]
    close(np.array(found), np.array(at_once.objectives_), TRAJECTORY)


def test_weights_are_copies_of_samples():
    X = blobs()
    copies = np.random.default_rng(3).integers(0, 3, len(X))
    model = FuzzyCMeans(3, means_init=X[:3], backend="reference")
    weighted = clone(model).fit(X, sample_weight=copies)
    repeated = clone(model).fit(X.repeat(copies, axis=0))
    close(weighted.cluster_centers_, repeated.cluster_centers_, 1e-8)
    close(np.array(weighted.objectives_), np.array(repeated.objectives_), 1e-8)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fuzzifier": 1.0}, "fuzzifier must be greater than 1"),
        ({"n_clusters": 0}, "n_clusters must be at least 1"),
        ({"max_iter": 0}, "max_iter must be at least 1"),
        ({"init_params": "magic"}, "init_params must be one of"),
        ({"means_init": [[0, 0]]}, r"means_init must have the shape \(3, 2\), got \(1, 2\)"),
        ({"n_clusters": 100}, "Expected n_samples >= n_components"),
    ],
)
def test_parameters_that_cannot_be(options, message):
    with pytest.raises(ValueError, match=message):
        FuzzyCMeans(**{"n_clusters": 3, "backend": "reference"} | options).fit(blobs())

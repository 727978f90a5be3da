"""The estimators: scikit-learn's conventions, its results from the same start, and what they promise beyond."""

import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from deepmix import GaussianMixture, MixtureModel, SpatiallyVariantGaussianMixture
from deepmix.reference.mixtures import initialization
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.reference.mixtures.gaussian import covariance_matrices
from tests import problems
from tests.laws.helpers import close
from tests.oracles.mixtures.test_sklearn import precisions, sklearn_fit, standardised
from tests.tolerances import TRAJECTORY

ON_SAMPLES = [GaussianMixture, MixtureModel, SpatiallyVariantGaussianMixture]
BACKENDS = ["accelerated", "reference"]
every_estimator = pytest.mark.parametrize("estimator", ON_SAMPLES)
every_gaussian = pytest.mark.parametrize("estimator", [GaussianMixture, SpatiallyVariantGaussianMixture])
every_backend = pytest.mark.parametrize("backend", BACKENDS)
every_type = pytest.mark.parametrize("kind", COVARIANCE_TYPES)


def blobs(n_samples: int = 90, seed: int = 0) -> np.ndarray:
    """Samples (n_samples, 2) of three classes that overlap a little."""
    rng = np.random.default_rng(seed)
    centres = np.array([[0.0, 0], [4, 1], [1, 5]])
    return centres[np.arange(n_samples) % 3] + rng.normal(0, [1, 0.7], (n_samples, 2))


def start_of(X: np.ndarray, kind: str = "diag") -> dict[str, np.ndarray]:
    """A start, the same for all who fit X."""
    labels = np.arange(len(X)) % 3
    r = 0.7 * np.equal.outer(np.arange(3), labels) + 0.1
    start = initialization.from_responsibilities(X.T, r, np.ones(len(X)), kind)
    return {
        "weights_init": start.proportions,
        "means_init": start.means,
        "precisions_init": precisions(start.covariances, kind),
    }


# scikit-learn


NOT_FOR_WEIGHTS = {
    "check_sample_weight_equivalence_on_dense_data": "as for scikit-learn's own KMeans: starts are drawn from the "
    "samples in their order, which it shuffles"
}


def not_for_weights(estimator) -> dict[str, str]:
    return {} if estimator.n_components == 1 else NOT_FOR_WEIGHTS


@parametrize_with_checks(
    [estimator() for estimator in ON_SAMPLES] + [estimator(2, backend="reference") for estimator in ON_SAMPLES],
    expected_failed_checks=not_for_weights,
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@every_backend
@every_type
@given(data=st.data())
def test_scikit_learns_results_from_the_same_start(backend, kind, data):
    """The tolerance is that of `test_em_same_start_same_number_of_m_steps`, and its reason."""
    problem = data.draw(problems.mixtures.em_problems(kind, weights="ones"))
    pixels, k = standardised(problem.pixels), len(problem.start.means)
    labels = (problem.start.means[:, :1] < problem.pixels[0]).sum(axis=0) % k
    r = 0.7 * np.equal.outer(np.arange(k), labels) + 0.3 / k
    start = initialization.from_responsibilities(pixels, r, problem.weights, kind)
    theirs = sklearn_fit(pixels, start, kind, 5)
    ours = GaussianMixture(
        k,
        covariance_type=kind,
        tol=0,
        reg_covar=0,
        max_iter=5,
        weights_init=start.proportions,
        means_init=start.means,
        precisions_init=precisions(start.covariances, kind),
        backend=backend,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        ours.fit(pixels.T)
    for name in ("weights_", "means_", "covariances_"):
        close(getattr(ours, name), getattr(theirs, name), 1e-8, scale=1)
    close(ours.precisions_, precisions(ours.covariances_, kind), 1e-10)
    close(ours.lower_bounds_[:-1], theirs.lower_bounds_[: ours.n_iter_], 1e-8)
    X = pixels.T[::2]
    for name in ("predict_proba", "predict", "score_samples", "score", "aic", "bic"):
        close(getattr(ours, name)(X), getattr(theirs, name)(X), 1e-8)


@every_estimator
def test_in_a_pipeline_and_a_grid_search(estimator):
    X = blobs() * [1, 1000] + [0, 1e5]
    pipeline = make_pipeline(StandardScaler(), estimator(random_state=0))
    name = pipeline.steps[1][0]
    search = GridSearchCV(pipeline, {f"{name}__n_components": [1, 3]}, cv=3).fit(X)
    assert search.best_params_ == {f"{name}__n_components": 3}
    assert len(np.unique(search.predict(X))) == 3


@every_estimator
def test_clones_and_pickles(estimator):
    X = blobs()
    fitted = estimator(3, random_state=4).fit(X)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    fresh = clone(fitted)
    assert fresh.get_params() == fitted.get_params()
    with pytest.raises(NotFittedError):
        fresh.predict(X)


# Laws


@every_estimator
@every_backend
@every_type
def test_labels_and_scores_are_of_the_posteriors(estimator, backend, kind):
    X = blobs()
    fitted = estimator(3, covariance_type=kind, backend=backend, random_state=0).fit(X)
    proba = fitted.predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    np.testing.assert_array_equal(fitted.predict(X), proba.argmax(axis=1))
    assert fitted.score_samples(X).shape == (90,)
    assert fitted.score(X) == pytest.approx(fitted.score_samples(X).mean())
    assert fitted.lower_bound_ == fitted.lower_bounds_[-1]
    assert len(fitted.lower_bounds_) == fitted.n_iter_ + 1
    # three classes of thirty, whatever their order
    assert sorted(np.bincount(fitted.predict(X))) == pytest.approx([30, 30, 30], abs=3)


@every_type
def test_a_gaussian_mixture_fits_what_it_returns(kind):
    X = blobs()
    model = GaussianMixture(3, covariance_type=kind, random_state=0)
    np.testing.assert_array_equal(model.fit_predict(X), model.predict(X))
    assert model.lower_bound_ == pytest.approx(model.score(X))


def test_a_spatially_variant_mixture_has_proportions_for_each_sample():
    X = blobs()
    model = SpatiallyVariantGaussianMixture(3, max_iter=2, random_state=0)
    with pytest.warns(ConvergenceWarning):
        labels = model.fit_predict(X)
    assert model.proportions_.shape == (90, 3)
    np.testing.assert_array_equal(labels, model.proportions_.argmax(axis=1))
    np.testing.assert_allclose(model.weights_, model.proportions_.mean(axis=0))
    assert model.lower_bound_ > model.score(X)  # [SV1] with Π of their own is no less than with its mean
    assert not hasattr(model, "sample")


@every_estimator
@every_type
def test_the_backends_agree(estimator, kind):
    X = blobs()
    fits = [estimator(3, covariance_type=kind, random_state=0, backend=backend).fit(X) for backend in BACKENDS]
    for name in ("weights_", "means_", "covariances_", "lower_bounds_"):
        close(getattr(fits[0], name), getattr(fits[1], name), TRAJECTORY)


@every_type
def test_samples_have_the_moments_of_the_mixture(kind):
    model = GaussianMixture(3, covariance_type=kind, random_state=7).fit(blobs())
    X, classes = model.sample(30_000)
    assert X.shape == (30_000, 2)
    np.testing.assert_allclose(np.bincount(classes) / 30_000, model.weights_, atol=0.015)
    matrices = covariance_matrices(model.covariances_, kind, 3, 2)
    for k in range(3):
        of_class = X[classes == k]
        np.testing.assert_allclose(of_class.mean(axis=0), model.means_[k], atol=0.06)
        np.testing.assert_allclose(np.cov(of_class.T), matrices[k], atol=0.06)
    np.testing.assert_array_equal(X, model.sample(30_000)[0])


@every_estimator
def test_n_init_keeps_the_best(estimator):
    """Five random starts in turn from one generator, and all five in one fit from another like it."""
    X, options = blobs(), {"init_params": "random", "tol": 1e-6, "max_iter": 1000}
    generator = np.random.RandomState(1)
    bounds = [estimator(3, random_state=generator, **options).fit(X).lower_bound_ for _ in range(5)]
    assert len({round(bound, 3) for bound in bounds}) > 1
    best = estimator(3, random_state=np.random.RandomState(1), n_init=5, **options).fit(X)
    assert best.lower_bound_ == max(bounds)


@every_backend
def test_three_warm_starts_of_one_step_are_three_steps(backend):
    X = blobs()
    options = {"tol": 0, "backend": backend, **start_of(X)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        at_once = GaussianMixture(3, max_iter=3, **options).fit(X)
        warm = GaussianMixture(3, max_iter=1, warm_start=True, **options)
        bounds = [warm.fit(X).lower_bound_ for _ in range(3)]
    close(bounds, at_once.lower_bounds_[1:])
    close(warm.means_, at_once.means_)


@every_backend
def test_a_warm_start_goes_on_from_the_proportions_of_the_samples(backend):
    X = blobs()
    options = {"tol": 0, "warm_start": True, "backend": backend, "random_state": 0}
    model = SpatiallyVariantGaussianMixture(3, max_iter=1, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        before = model.fit(X).lower_bound_
        model.fit(X)
    assert model.lower_bounds_[0] == pytest.approx(before)
    with pytest.raises(ValueError, match="proportions of the start"):
        model.fit(X[1:])


@every_gaussian
@every_backend
def test_weights_are_copies_of_samples(estimator, backend):
    """From one start; a sample of weight 0 is not there."""
    X = blobs()
    copies = np.random.default_rng(3).integers(0, 3, len(X))
    model = estimator(3, backend=backend, reg_covar=1e-6, **start_of(X))
    weighted = clone(model).fit(X, sample_weight=copies)
    repeated = clone(model).fit(X.repeat(copies, axis=0))
    for name in ("weights_", "means_", "covariances_", "lower_bounds_"):
        close(getattr(weighted, name), getattr(repeated, name), 1e-8)


@every_estimator
def test_a_random_state_repeats_a_fit(estimator):
    X = blobs()
    options = {"init_params": "random", "max_iter": 1}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fits = [estimator(3, random_state=seed, **options).fit(X).means_ for seed in (0, 0, 1)]
    np.testing.assert_array_equal(fits[0], fits[1])
    assert not np.allclose(fits[0], fits[2])


def test_float32_stays_float32():
    X = blobs().astype(np.float32)
    model = GaussianMixture(3, random_state=0).fit(X)
    assert {array.dtype for array in (model.means_, model.covariances_, model.predict_proba(X))} == {X.dtype}
    close(model.means_, GaussianMixture(3, random_state=0).fit(blobs()).means_, 1e-4)


# What cannot be


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_components": 0}, "n_components must be at least 1"),
        ({"n_components": 100}, "Expected n_samples >= n_components"),
        ({"covariance_type": "round"}, "covariance_type must be one of"),
        ({"init_params": "magic"}, "init_params must be one of"),
        ({"backend": "magic"}, "backend must be one of"),
        ({"tol": -1}, "tol must be at least 0"),
        ({"max_iter": 0}, "max_iter must be at least 1"),
        ({"n_init": 0}, "n_init must be at least 1"),
        ({"reg_covar": -1}, "reg_covar must be at least 0"),
        ({"weights_init": [0.5, 0.6, 0.1]}, "sum to 1"),
        ({"weights_init": [0.5, 0.5]}, "proportions of the start"),
        ({"means_init": [[0, 0]]}, "means_init has 1 rows"),
        ({"means_init": [[0], [0], [0]]}, "means must be finite, of shape"),
        ({"precisions_init": np.ones((3, 1))}, "precisions_init have the shape"),
        ({"precisions_init": -np.ones((3, 2))}, "positive definite"),
    ],
)
def test_parameters_that_cannot_be(options, message):
    with pytest.raises(ValueError, match=message):
        GaussianMixture(**{"n_components": 3, "backend": "reference"} | options).fit(blobs())


def test_the_end_of_a_fit_is_told():
    X = blobs()
    with pytest.warns(ConvergenceWarning, match="step limit"):
        model = GaussianMixture(3, max_iter=1, tol=0, backend="reference", random_state=0).fit(X)
    assert not model.converged_
    far = np.array([[0.0, 0], [1, 1], [1e4, 1e4]])
    with pytest.warns(UserWarning, match="class 2 collapsed"):
        model = GaussianMixture(3, means_init=far, precisions_init=np.full((3, 2), 1e3), backend="reference").fit(
            X
        )
    assert model.converged_
    assert model.weights_[2] == 0

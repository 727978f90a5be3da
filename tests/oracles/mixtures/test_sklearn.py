"""Algorithm 1 against scikit-learn's GaussianMixture."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from deepmix.reference.mixtures import gmm, initialization
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.reference.types import Status
from tests import problems
from tests.laws.helpers import close

every_type = pytest.mark.parametrize("kind", COVARIANCE_TYPES)


def precisions(covariances, kind):
    """Σ⁻¹ in scikit-learn's shapes, which are ours."""
    return 1 / covariances if kind in ("diag", "spherical") else np.linalg.inv(covariances)


def sklearn_fit(pixels, start, kind, n_steps):
    """Exactly n_steps E- and M-steps of scikit-learn, from the same start, no floor."""
    model = GaussianMixture(
        len(start.means),
        covariance_type=kind,
        tol=0.0,
        reg_covar=0.0,
        max_iter=n_steps,
        weights_init=start.proportions,
        means_init=start.means,
        precisions_init=precisions(start.covariances, kind),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(pixels.T)


def standardised(pixels):
    return (pixels - pixels.mean(axis=1, keepdims=True)) / pixels.std(axis=1, keepdims=True)


@every_type
@given(data=st.data(), n_steps=st.integers(1, 8), integers=st.booleans())
def test_em_same_start_same_number_of_m_steps(kind, data, n_steps, integers):
    """Integer weights become copies for scikit-learn, which has no weights [EM3].

    Tolerance: scikit-learn adds 10 eps to n_k and takes diagonal and tied variances as E[x²] − E[x]², on
    standardised channels a relative error of some eps·x²/σ² ≤ 10⁻¹⁶·10/10⁻²; an EM step spreads it at
    most tenfold where classes overlap, eight of them by less than 10⁻⁸ in all.
    """
    problem = data.draw(problems.mixtures.em_problems(kind, weights="integers" if integers else "ones"))
    pixels, copies = standardised(problem.pixels), problem.weights.astype(int)
    k, no_floor = len(problem.start.means), np.zeros(len(pixels))
    labels = (problem.start.means[:, :1] < problem.pixels[0]).sum(axis=0) % k
    r = 0.7 * np.equal.outer(np.arange(k), labels) + 0.3 / k  # a soft start: no class begins near a single pixel
    start = initialization.from_responsibilities(pixels, r, problem.weights, kind)
    options = {"covariance_type": kind, "tol": -np.inf, "max_iter": n_steps, "floor": no_floor}
    ours = gmm.fit(pixels, start, problem.weights, **options)
    theirs = sklearn_fit(pixels.repeat(copies, axis=1), start, kind, n_steps)
    assert ours.status == Status.max_steps
    assert theirs.n_iter_ == n_steps
    close(ours.mixture, (theirs.weights_, theirs.means_, theirs.covariances_), 1e-8, scale=1)
    repeated = pixels.repeat(copies, axis=1)
    close(ours.value, -theirs.score(repeated.T), 1e-8)
    close(ours.responsibilities.repeat(copies, axis=1).T, theirs.predict_proba(repeated.T), 1e-8)
    np.testing.assert_array_equal(ours.labels.repeat(copies), theirs.predict(repeated.T))


def test_fewer_pixels_than_classes_is_refused_in_the_same_words():
    pixels = np.zeros((1, 2)) + np.arange(2)
    start = initialization.from_labels(np.arange(3.0)[None], np.arange(3), 3)
    with pytest.raises(ValueError, match="Expected") as theirs:
        GaussianMixture(3).fit(pixels.T)
    with pytest.raises(ValueError, match="Expected") as ours:
        gmm.fit(pixels, start)
    assert str(ours.value) == str(theirs.value)


@given(data=st.data(), seed=st.integers(0, 99))
def test_kmeans_ends_in_a_fixed_point_of_lloyd(data, seed):
    """From our centres scikit-learn's K-means, on channels of deviation 1, moves nothing."""
    pixels = standardised(data.draw(problems.mixtures.pixels((2, 60))))
    ours = initialization.kmeans(pixels, 3, seed=seed)
    theirs = KMeans(3, init=ours.means, n_init=1, max_iter=1, tol=0, algorithm="lloyd")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        theirs.fit(pixels.T)
    close(theirs.cluster_centers_, ours.means, 1e-9)
    close(ours.proportions, np.bincount(theirs.labels_, minlength=3) / 60)

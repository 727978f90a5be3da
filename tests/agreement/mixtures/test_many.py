"""Many classes, many channels: the same numbers, by a program that does not grow with them."""

import jax
import numpy as np
import pytest

from deepmix import accelerated, reference
from deepmix.accelerated.execution import rows
from deepmix.accelerated.mixtures import fcm, gmm, hmrf, initialization, svgmm
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.reference.mixtures.records import Mixture
from tests.agreement.mixtures.clusters import assert_same, clusters
from tests.tolerances import FUNCTION, TRAJECTORY, assert_agree

N_PIXELS = 1024
MANY = pytest.mark.parametrize(("n_classes", "n_channels"), [(11, 2), (3, 18), (11, 18)])
QUICK = ("diag", "full")  # the others differ in what does not run along the pixels
KINDS = pytest.mark.parametrize(
    "kind",
    [*QUICK, *(pytest.param(kind, marks=pytest.mark.thorough) for kind in COVARIANCE_TYPES if kind not in QUICK)],
)


def drawn(n_classes: int, n_channels: int, kind: str) -> tuple[np.ndarray, Mixture]:
    x = clusters(N_PIXELS, n_channels=n_channels, n_classes=n_classes)
    return x, initial(x, n_classes, kind)


def initial(x: np.ndarray, n_classes: int, kind: str) -> Mixture:
    return reference.mixtures.initialization.from_means(x, x[:, :n_classes].T, covariance_type=kind)


@MANY
@KINDS
@pytest.mark.parametrize("method", ["gmm", "svgmm"])
def test_mixtures(method, kind, n_classes, n_channels):
    x, start = drawn(n_classes, n_channels, kind)
    if method == "svgmm":
        start = reference.mixtures.svgmm.begin(x, start, kind)
    weights = np.where(np.arange(N_PIXELS) % 7 == 3, 0.0, 1.0)
    options = {"covariance_type": kind, "tol": -1.0, "max_iter": 4}
    found, expected = (
        getattr(package.mixtures, method).fit(x, start, weights, **options) for package in (accelerated, reference)
    )
    assert_same(found, expected, TRAJECTORY)


@MANY
def test_a_field(n_classes, n_channels):
    x, start = drawn(n_classes, n_channels, "full")
    options = {"beta": 1.0, "covariance_type": "full", "tol": -1.0, "max_iter": 3}
    image = x.reshape(n_channels, 32, 32)
    found, expected = (package.mixtures.hmrf.fit(image, start, **options) for package in (accelerated, reference))
    assert_same(found, expected, TRAJECTORY)


@MANY
def test_fuzzy_means_and_starts(n_classes, n_channels):
    x, _ = drawn(n_classes, n_channels, "diag")
    memberships = reference.mixtures.initialization.random_memberships(n_classes, N_PIXELS, seed=1)
    found, expected = (
        package.mixtures.fcm.fit(x, memberships, tol=0.0, max_iter=4) for package in (accelerated, reference)
    )
    assert_same(found, expected, TRAJECTORY)
    for name in ("kmeans", "random_responsibilities"):
        found, expected = (
            getattr(package.mixtures.initialization, name)(x, n_classes, seed=2, covariance_type="full")
            for package in (accelerated, reference)
        )
        assert_agree(found, expected, TRAJECTORY, np.float64)


@pytest.mark.parametrize("n_rows", [1, 2, 7, rows.FEW, rows.FEW + 1, 13, 64])
def test_rows_are_folded_and_compared(n_rows):
    array = np.random.default_rng(3).integers(0, 4, (n_rows, 50)).astype(float)
    given = rows.apart(jax.numpy.asarray(array))
    assert_agree(rows.total(given), array.sum(axis=0), FUNCTION, np.float64)
    np.testing.assert_array_equal(rows.highest(given), array.max(axis=0))
    np.testing.assert_array_equal(rows.together(given), array)
    np.testing.assert_array_equal(rows.greatest(jax.numpy.asarray(array)), array.argmax(axis=0))
    doubled, sums = rows.each(lambda row, by: (2 * row, row.sum() + by), given, jax.numpy.arange(n_rows))
    np.testing.assert_array_equal(doubled, 2 * array)
    np.testing.assert_array_equal(sums, array.sum(axis=1) + np.arange(n_rows))


def length(method: str, kind: str, n_classes: int, n_channels: int) -> int:
    """Lines of the program that a fit compiles."""
    x, start = drawn(n_classes, n_channels, kind)
    w, floor = np.ones(N_PIXELS), np.ones(n_channels)
    each = start._replace(proportions=np.ones((n_classes, N_PIXELS)))
    options = {"covariance_type": kind, "family": "gaussian", "tol": 0.0, "max_iter": 9}
    programs = {
        "gmm": lambda: gmm.solve.lower(x, start, w, floor, **options),
        "svgmm": lambda: svgmm.solve.lower(x, each, w, floor, **options),
        "hmrf": lambda: hmrf.solve.lower(
            x, start, w.reshape(32, 32), floor, beta=1.0, diagonals=True, class_sizes="equal", **options
        ),
        "fcm": lambda: fcm.solve.lower(x, np.ones((n_classes, N_PIXELS)), w, fuzzifier=2.0, tol=0.0, max_iter=9),
        "kmeans": lambda: initialization._kmeans.lower(x, w, np.ones((n_classes, 4)), 9, kind),
    }
    return programs[method]().as_text().count("\n")


@pytest.mark.parametrize("method", ["gmm", "svgmm", "hmrf", "fcm", "kmeans"])
@pytest.mark.parametrize("kind", ["diag", "full"])
def test_a_program_does_not_grow_with_classes_or_channels(method, kind):
    """But for the folding of twice as many rows, a step more each time."""
    assert length(method, kind, 40, 60) < 1.1 * length(method, kind, 20, 30)

"""The peers compute the same as the reference."""

import numpy as np
import pytest

from benchmarks.harness import problems
from benchmarks.peers import numpy_svgmm, sklearn_gmm
from deepmix.reference.mixtures import gmm, svgmm
from tests.laws.helpers import close

EXACTLY = {"tol": -np.inf, "floor": np.zeros(problems.CHANNELS)}


@pytest.mark.parametrize("n", [0, 1, 7])
def test_numpy_svgmm(n):
    problem = problems.blobs(300, "float64")
    start = problems.per_pixel(problem)
    expected = svgmm.fit(problem.pixels, start, max_iter=n, **EXACTLY)
    mixture, nll = numpy_svgmm.fit(problem.pixels, start, n)
    close(mixture, expected.mixture, 1e-9)
    close(nll, expected.value, 1e-10)


def test_numpy_svgmm_keeps_the_dtype_and_its_input():
    problem = problems.blobs(300, "float32")
    start = problems.per_pixel(problem)
    kept = [array.copy() for array in start]
    mixture, nll = numpy_svgmm.fit(problem.pixels, start, 2)
    assert {array.dtype for array in (*mixture, nll)} == {np.dtype("float32")}
    for array, before in zip(start, kept, strict=True):
        np.testing.assert_array_equal(array, before)


@pytest.mark.parametrize("covariance_type", ["diag", "full"])
def test_sklearn_gmm(covariance_type):
    pixels, start = problems.blobs(300, "float64", covariance_type)
    expected = gmm.fit(pixels, start, covariance_type=covariance_type, max_iter=5, **EXACTLY)
    found = sklearn_gmm.fit(np.ascontiguousarray(pixels.T), start, covariance_type, 5)
    close(found, expected.mixture, 1e-8)


def test_sklearn_computes_in_the_dtype_of_the_data():
    pixels, start = problems.blobs(300, "float32")
    found = sklearn_gmm.fit(np.ascontiguousarray(pixels.T), start, "diag", 2)
    assert {array.dtype for array in found} == {np.dtype("float32")}

"""Weights, lengths and values of any size: the image is the same, or it is said that numbers overflow."""

import importlib

import numpy as np
import pytest

import deepmix
from deepmix.reference.inverse.records import Matrix
from deepmix.reference.types import Status
from tests.app.reconstruction.test_strengths import GEOMETRY, NOISY

ITERATIVE = ["sirt", "cgls", "tikhonov", "tv"]


@pytest.mark.parametrize("weight", [1e-60, 1e-30, 1e-12, 1e12, 1e30])
@pytest.mark.parametrize("method", ITERATIVE)
def test_weights_of_any_size_give_the_image_of_weights_of_1(method, weight):
    plain, scaled = (
        deepmix.reconstruct(NOISY, GEOMETRY, method, weights=np.full(NOISY.shape, each), tol=0, max_iter=10)
        for each in (1.0, weight)
    )
    np.testing.assert_allclose(scaled.image, plain.image, atol=1e-5 * plain.image.max())
    np.testing.assert_allclose(scaled.report["history"], weight * plain.report["history"], rtol=1e-4)
    assert scaled.report["residual_sigma"] == pytest.approx(weight**0.5 * plain.report["residual_sigma"], rel=1e-4)
    if method in ("tikhonov", "tv"):
        assert scaled.report["lambda"] == pytest.approx(weight * plain.report["lambda"], rel=1e-4)


@pytest.mark.parametrize(("backend", "large"), [("reference", 1e100), ("accelerated", 1e15)])
def test_a_curvature_that_overflows_is_no_convergence(backend, large):
    """‖g‖² = L² is finite, ‖Ag‖² = L⁴ is not."""
    solver = importlib.import_module(f"deepmix.{backend}").inverse.least_squares
    dtype = np.float32 if backend == "accelerated" else np.float64
    with np.errstate(over="ignore"):
        found = solver.reconstruct(Matrix(rows=large * np.eye(2, dtype=dtype)), np.array([1, 2], dtype))
    assert Status(found.status) == Status.non_finite

"""Weights, lengths and values of any size: the image is the same, or it is said that numbers overflow."""

import importlib

import numpy as np
import pytest

import deepmix
from deepmix.datasets.phantoms_exact import level_of
from deepmix.reconstruction.settings import ReconstructionSettings
from deepmix.reference.inverse.records import Matrix
from deepmix.reference.types import Status
from tests.app.reconstruction.test_gaps import ELLIPSE
from tests.app.reconstruction.test_strengths import GEOMETRY, NOISY, SINOGRAM

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


@pytest.mark.parametrize("method", ["tikhonov", "tv"])
@pytest.mark.parametrize(("factor", "length"), [(100.0, 1.0), (1e-3, 1.0), (1.0, 30.0), (1.0, 1e-3)])
def test_a_strength_depends_neither_on_the_values_nor_on_the_unit_of_length(method, factor, length):
    data = 0.1 * NOISY
    plain = deepmix.reconstruct(data, GEOMETRY, method, tol=0, max_iter=20).image
    longer = {name: length * getattr(GEOMETRY, name) for name in ("detectors", "columns", "rows")}
    found = deepmix.reconstruct(factor * data, GEOMETRY._replace(**longer), method, tol=0, max_iter=20).image
    np.testing.assert_allclose(length / factor * found, plain, atol=1e-3 * plain.max())


@pytest.mark.parametrize("photons", [None, 1e4])
def test_the_strength_that_is_not_said_takes_noise_away_and_leaves_the_object(photons):
    """Nearer to the object than a strength a hundred times less or more."""
    data, options = NOISY, {}
    if photons is not None:
        data, options = np.random.default_rng(0).poisson(photons * np.exp(-SINOGRAM)), {"flat": photons}
    truth = np.where(level_of(ELLIPSE, GEOMETRY) < 1, ELLIPSE.value, 0)
    errors = [
        np.linalg.norm(deepmix.reconstruct(data, GEOMETRY, "tikhonov", strength=each, **options).image - truth)
        for each in (3e-5, ReconstructionSettings.strength, 0.3)
    ]
    assert errors[1] < 0.8 * min(errors[0], errors[2])
    assert errors[1] < 0.3 * np.linalg.norm(truth)

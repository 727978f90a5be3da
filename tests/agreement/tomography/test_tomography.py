"""Both backends: projections, their adjoint, their derivatives, and images from them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings

from deepmix import accelerated, reference
from deepmix.datasets.phantoms_exact import sinogram_of
from tests.problems.tomography import ELLIPSE, SHAPES, scans, turn
from tests.tolerances import EPS32, FUNCTION, GRADIENT, assert_agree, rounded, tolerance

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])
SHAPE = SHAPES[0]  # every shape compiles anew
few = settings(max_examples=8)
mine, theirs = accelerated.tomography, reference.tomography


@DTYPES
@few
@given(scan=scans(shape=SHAPE))
def test_ct4_project_and_its_adjoint(dtype, scan):
    """Parallel rays and fans, fine and coarse detectors: numbers, of one program."""
    low, high = rounded(scan, dtype)
    tol = tolerance("projection", dtype)
    found = mine.radon.project(low.image, low.geometry)
    assert_agree(found, theirs.radon.project(high.image, high.geometry), tol, dtype)
    back = mine.radon.project_back(low.sinogram, low.geometry)
    assert_agree(back, theirs.radon.project_back(high.sinogram, high.geometry), tol, dtype)
    there, again = np.vdot(found, low.sinogram), np.vdot(low.image, back)
    assert abs(there - again) <= 8 * np.finfo(dtype).eps * np.sqrt(scan.image.size) * abs(there)


@DTYPES
@few
@given(scan=scans(shape=SHAPE))
def test_ct7_ct8_images(dtype, scan):
    low, high = rounded(scan, dtype)
    for name, module, function in (
        ("rebin", "rebinning", "rebin"),
        ("projection", "backprojection", "smear"),
        ("filtered_backprojection", "backprojection", "filtered_backprojection"),
    ):
        found = getattr(getattr(mine, module), function)(low.sinogram, low.geometry)
        expected = getattr(getattr(theirs, module), function)(high.sinogram, high.geometry)
        assert_agree(found, expected, tolerance(name, dtype), dtype)
    weights = mine.backprojection.angle_weights(low.geometry.angles)
    expected = theirs.backprojection.angle_weights(high.geometry.angles)
    assert_agree(weights, expected, tolerance("projection", dtype), dtype)


@few
@given(scan=scans(shape=SHAPE))
def test_ct4_the_pullback_is_the_adjoint_again_and_again(scan):
    image, sinogram, geometry = jnp.asarray(scan.image), jnp.asarray(scan.sinogram), scan.geometry

    def misfit(image):
        return 0.5 * ((mine.radon.project(image, geometry) - sinogram) ** 2).sum()

    residual = theirs.radon.project(scan.image, geometry) - scan.sinogram
    assert_agree(jax.grad(misfit)(image), theirs.radon.project_back(residual, geometry), GRADIENT)
    # the gradient of ⟨∇f(x), v⟩ is A*Av
    direction = np.cos(np.arange(image.size)).reshape(image.shape)
    curvature = jax.grad(lambda x: jnp.vdot(jax.grad(misfit)(x), direction))(image)
    expected = theirs.radon.project_back(theirs.radon.project(direction, geometry), geometry)
    assert_agree(curvature, expected, GRADIENT)


def test_ct4_a_new_geometry_compiles_nothing():
    """Angles, spacings, the shift, and whether the rays are parallel are numbers; only shapes are static."""
    traces = []

    @jax.jit
    def project(image, geometry):
        traces.append(1)
        return mine.radon.project(image, geometry)

    make = theirs.geometry
    fan = {"source_to_axis": 30.0, "source_to_detector": 40.0, "pixel_spacing": 0.9, "shift": 0.2}
    for geometry in (make.parallel(turn(5), 6, 6, 20), make.fan(turn(5) + 1, 6, 6, 20, **fan)):
        expected = theirs.radon.project(np.eye(6), geometry)
        assert_agree(
            project(np.eye(6), geometry._replace(divergence=float(geometry.divergence))), expected, FUNCTION
        )
    assert len(traces) == 1


def test_many_images_at_once():
    geometry = theirs.geometry.parallel(turn(5), 6, 7, 11)
    images = np.random.default_rng(0).random((3, 6, 7))
    batched = jax.vmap(mine.radon.project, (0, None))(images, geometry)
    assert_agree(batched, np.stack([theirs.radon.project(each, geometry) for each in images]), FUNCTION)
    gradients = jax.vmap(jax.grad(lambda x: (mine.radon.project(x, geometry) ** 2).sum() / 2))(images)
    sinograms = [theirs.radon.project(each, geometry) for each in images]
    assert_agree(gradients, np.stack([theirs.radon.project_back(each, geometry) for each in sinograms]), GRADIENT)
    filtered = jax.vmap(mine.backprojection.filtered_backprojection, (0, None))(np.stack(sinograms), geometry)
    expected = [theirs.backprojection.filtered_backprojection(each, geometry) for each in sinograms]
    assert_agree(filtered, np.stack(expected), FUNCTION)


@DTYPES
def test_ct4_the_adjoint_of_a_larger_image(dtype):
    """In single precision too: no entry of A is found otherwise there and back."""
    rng = np.random.default_rng(1)
    for n in (63, 64):
        geometry = theirs.geometry.fan(turn(40), n, n, 95, source_to_axis=200.0, source_to_detector=200.0)
        image, sinogram = rng.random((n, n)).astype(dtype), rng.random((40, 95)).astype(dtype)
        there = np.vdot(np.asarray(mine.radon.project(image, geometry), float), sinogram)
        back = np.vdot(image, np.asarray(mine.radon.project_back(sinogram, geometry), float))
        assert abs(there - back) <= 8 * np.finfo(dtype).eps * n * there / 4


def test_half_precision_is_computed_in_single():
    geometry = theirs.geometry.parallel(turn(5), 6, 6, 11)
    found = mine.radon.project(np.eye(6, dtype=np.float16), geometry)
    assert_agree(found, theirs.radon.project(np.eye(6), geometry), 64 * EPS32, np.float32)


@DTYPES
def test_ct9_the_axis(dtype):
    geometry = theirs.geometry.parallel(turn(16), 40, 40, 61, shift=0.25)
    sinogram = sinogram_of([ELLIPSE], geometry._replace(detectors=geometry.detectors - 1.5)).astype(dtype)
    found = mine.axis.rotation_axis(sinogram, geometry)
    assert_agree(found, np.float64(theirs.axis.rotation_axis(sinogram, geometry)), FUNCTION, dtype)


@pytest.mark.parametrize("backend", [accelerated, reference], ids=["accelerated", "reference"])
def test_what_does_not_match_is_refused(backend):
    geometry = theirs.geometry.parallel(turn(4), 6, 7, 12)
    for function in (backend.tomography.radon.project_back, backend.tomography.backprojection.smear):
        with pytest.raises(ValueError, match=r"sinogram has the shape \(12, 4\), the geometry \(4, 12\)"):
            function(np.zeros((12, 4)), geometry)
    with pytest.raises(ValueError, match=r"image has the shape \(7, 6\), the geometry \(6, 7\)"):
        backend.tomography.radon.project(np.zeros((7, 6)), geometry)
    with pytest.raises(ValueError, match="window must be one of ram-lak"):
        backend.tomography.backprojection.filtered_backprojection(np.zeros((4, 12)), geometry, "hat")

"""Laws of SIRT [CT11], and of the solvers of `inverse` on scans."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from deepmix.reference.inverse import least_squares, primal_dual
from deepmix.reference.inverse.operators import forward
from deepmix.reference.inverse.records import Matrix
from deepmix.reference.tomography import algebraic, radon
from deepmix.reference.tomography import geometry as geometries
from deepmix.reference.tomography.records import Radon
from deepmix.reference.types import Status
from tests.laws.helpers import close
from tests.problems.inverse import dense
from tests.problems.tomography import scans, turn

few = settings(max_examples=5)


@few
@given(scan=scans(), relaxation=st.floats(0.1, 1.9), nonnegative=st.booleans(), weighted=st.booleans())
def test_ct11_the_misfit_never_grows(scan, relaxation, nonnegative, weighted):
    """Of any data, also those of no image."""
    data = scan.sinogram - 0.3
    weights = scan.sinogram * (scan.sinogram > 0.2) if weighted else None
    options = {"relaxation": relaxation, "nonnegative": nonnegative, "tol": -1.0, "max_iter": 8}
    found = algebraic.reconstruct(data, scan.geometry, weights, **options)
    assert (np.diff(found.history) <= 1e-12 * found.history[0]).all()
    assert found.status is Status.max_steps
    assert not nonnegative or (found.image >= 0).all()


@few
@given(scan=scans(), relaxation=st.floats(0.1, 1.9))
def test_ct11_a_step_by_its_formula(scan, relaxation):
    """With the matrix in full, whose rows and columns may be 0."""
    operator, shape = Radon(geometry=scan.geometry), scan.image.shape
    matrix = dense(operator, shape)
    rows, columns = matrix.sum(axis=1), matrix.sum(axis=0)
    of_rays = np.divide(1, rows, out=np.zeros_like(rows), where=rows > 0)
    of_pixels = np.divide(1, columns, out=np.zeros_like(columns), where=columns > 0)
    residual = scan.sinogram.ravel() - matrix @ scan.image.ravel()
    expected = scan.image.ravel() + relaxation * of_pixels * (matrix.T @ (of_rays * residual))
    state = algebraic.begin(scan.image, scan.sinogram, scan.geometry, np.ones_like(scan.sinogram))
    found = algebraic.step(state, scan.sinogram, scan.geometry, relaxation)
    close(found.image, expected.reshape(shape), 1e-10)
    left = scan.sinogram.ravel() - matrix @ expected
    close(found.value, 0.5 * (of_rays * left**2).sum(), 1e-9)


def test_ct11_all_solvers_find_the_image_of_a_scan_without_noise():
    """Of many views, each of which sees everything."""
    geometry = geometries.parallel(turn(10, 0.5), 5, 5, 9)
    image = np.random.default_rng(0).uniform(0, 1, (5, 5))
    operator, data = Radon(geometry=geometry), radon.project(image, geometry)
    matrix = dense(operator, image.shape)
    of_matrix, flat = Matrix(rows=matrix.reshape(-1, 5, 5)), data.ravel()
    for found, most in (
        (algebraic.reconstruct(data, geometry, relaxation=1.9, tol=1e-7, max_iter=200), 0.2),
        (least_squares.reconstruct(operator, data, tol=1e-9, max_iter=40), 1e-4),
        (primal_dual.reconstruct(of_matrix, flat, 1e-5, nonnegative=True, tol=1e-8, max_iter=2000), 0.02),
    ):
        assert np.abs(found.image - image).max() < most


def test_ct11_total_variation_finds_a_flat_image_from_few_views():
    """Where filtered back-projection could not: eight views, noise."""
    rng = np.random.default_rng(0)
    geometry = geometries.parallel(turn(8, 0.5), 16, 16, 24)
    image = np.zeros((16, 16))
    image[4:12, 5:10] = 1
    operator = Matrix(rows=dense(Radon(geometry=geometry), image.shape).reshape(-1, 16, 16))
    data = forward(operator, image) + 0.05 * rng.normal(size=geometry.angles.size * 24)
    found = primal_dual.reconstruct(operator, data, 0.1, nonnegative=True)
    assert np.abs(found.image - image).mean() < 0.03

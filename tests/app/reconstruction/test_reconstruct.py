"""`deepmix.reconstruct`: data and an operator in, an image and its report out."""

import importlib

import numpy as np
import pytest

import deepmix
from deepmix.datasets.phantoms_exact import Ellipse, level_of, sinogram_of
from deepmix.reference.inverse.records import Fourier, Gradient, Identity, Matrix
from deepmix.reference.tomography import geometry as geometries
from deepmix.reference.tomography import xray
from deepmix.reference.tomography.records import Radon
from deepmix.reference.types import Status
from tests.problems.tomography import turn

ELLIPSE = Ellipse(x=3, y=-2, a=9, b=6, phi=0.4, value=0.02)
GEOMETRY = geometries.parallel(turn(60), 28, 31, 51)
SINOGRAM = sinogram_of([ELLIPSE], GEOMETRY)
SAID = {"type": "parallel", "angles": {"unit": "deg", "step": 6, "count": 60}, "size": [28, 31]}
ROWS, IMAGE = np.random.default_rng(0).normal(size=(9, 4)), np.arange(4.0)


@pytest.mark.parametrize("backend", ["accelerated", "reference"])
@pytest.mark.parametrize("method", ["fbp", "sirt", "cgls", "tikhonov", "tv"])
def test_a_scan_becomes_its_image(method, backend):
    steps = 120 if backend == "accelerated" else 3
    options = {} if method == "fbp" else {"max_iter": steps}
    found = deepmix.reconstruct(SINOGRAM, GEOMETRY, method, backend=backend, **options)
    assert found.image.shape == GEOMETRY.image_shape
    inside = found.image[level_of(ELLIPSE, GEOMETRY) < 0.6]
    if backend == "accelerated" or method == "fbp":
        assert inside.mean() == pytest.approx(0.02, rel=0.05)
        assert found.report["residual"] < 0.1
    np.testing.assert_allclose(found.data, SINOGRAM, rtol=1e-6)
    assert found.report["adjoint_error"] < 1e-5
    assert ("status" in found.report) == (method != "fbp")


@pytest.mark.parametrize("nonnegative", [False, True])
@pytest.mark.parametrize("backend", ["accelerated", "reference"])
@pytest.mark.parametrize("method", ["sirt", "cgls", "tikhonov", "tv"])
def test_step_by_step_a_method_finds_what_its_solver_does_and_tells_how_far_it_is(method, backend, nonnegative):
    module, places = importlib.import_module(f"deepmix.{backend}"), []
    importlib.import_module(f"deepmix.{backend}.tomography.radon")
    geometry = geometries.parallel(turn(9), 8, 7, 13, pixel_spacing=3, detector_spacing=2.5)
    data = sinogram_of([ELLIPSE], geometry) - 0.01
    data = data.astype(np.float32) if backend == "accelerated" else data
    options, unit = {"nonnegative": nonnegative} if method in ("sirt", "tv") else {}, 1.0
    operator = Radon(geometry=geometry)
    found = deepmix.reconstruct(
        data, geometry, method, backend=backend, max_iter=7, tol=0, progress=places.append, **options
    )
    strength = found.report.get("lambda", 0.0)
    if method == "sirt":
        solution = module.tomography.algebraic.reconstruct(data, geometry, max_iter=7, tol=0, **options)
    elif method == "tv":
        unit = unit_of(module, operator, data, strength)
        weights = np.full(data.shape, 1 / unit, data.dtype)
        solve = module.inverse.primal_dual.reconstruct
        solution = solve(operator, data, strength / unit, weights, max_iter=7, tol=0, **options)
    else:
        regulariser = Gradient() if method == "tikhonov" else Identity()
        solve = module.inverse.least_squares.reconstruct
        solution = solve(operator, data, strength, regulariser=regulariser, max_iter=7, tol=0)
    np.testing.assert_allclose(found.image, solution.image, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(found.report["history"], unit * solution.history, rtol=1e-4)
    assert found.report["objective"] == pytest.approx(unit * float(solution.value), rel=1e-4)
    assert [(place.step, place.n_steps, place.part, place.n_parts) for place in places] == [
        (step, 7, 0, 1) for step in range(1, 8)
    ]
    np.testing.assert_allclose([place.values["objective"] for place in places], found.report["history"][1:])


def unit_of(module, operator, data, strength):
    """By what tv divides its objective: the dual variables reach 0.3 max|A*y|/‖A‖², about the image."""
    pull = np.asarray(module.inverse.operators.adjoint(operator, data))
    size = float(module.inverse.operators.norm(operator, 0 * pull))
    return float(strength * np.sqrt(8) / (0.3 * np.abs(pull).max() / size**2))


@pytest.mark.parametrize(("photons", "length", "nonnegative"), [(None, 1, False), (1e5, 10, True)])
def test_tv_is_near_the_minimum_whatever_the_exposure_and_the_unit_of_length(photons, length, nonnegative):
    """By its certificate."""
    geometry = geometries.parallel(turn(60), 28, 31, 51, pixel_spacing=1.0 * length, detector_spacing=1.0 * length)
    data, options = SINOGRAM, {}
    if photons is not None:
        data, options = np.random.default_rng(0).poisson(photons * np.exp(-SINOGRAM)), {"flat": photons}
    found = deepmix.reconstruct(data, geometry, "tv", nonnegative=nonnegative, **options)
    longer = deepmix.reconstruct(data, geometry, "tv", nonnegative=nonnegative, max_iter=400, tol=0, **options)
    assert 0 <= longer.report["gap"] < found.report["gap"] < 0.02 * found.report["objective"]
    assert found.report["objective"] - longer.report["objective"] < found.report["gap"]


def test_a_geometry_may_be_given_in_three_ways():
    images = [deepmix.reconstruct(SINOGRAM, each).image for each in (GEOMETRY, Radon(geometry=GEOMETRY), SAID)]
    np.testing.assert_array_equal(images[0], images[1])
    np.testing.assert_allclose(images[0], images[2], atol=1e-6)


def test_counts_have_a_flat_field():
    counts = 100 + 9900 * np.exp(-SINOGRAM)
    found = deepmix.reconstruct(counts, GEOMETRY, "sirt", flat=10_000, dark=np.full(51, 100.0), max_iter=3)
    np.testing.assert_allclose(found.data, SINOGRAM, atol=1e-5)


@pytest.mark.parametrize("method", ["sirt", "cgls", "tikhonov", "tv"])
def test_how_sure_the_data_are_in_all_does_not_change_the_image(method):
    """Of counts all weights are thousands of times as large as of data without any; the objective is too."""
    data = SINOGRAM + 0.01 * np.random.default_rng(0).normal(size=SINOGRAM.shape)
    plain, sure = (
        deepmix.reconstruct(data, GEOMETRY, method, weights=np.full(data.shape, weight), tol=0, max_iter=20)
        for weight in (1.0, 4096.0)
    )
    np.testing.assert_allclose(sure.image, plain.image, atol=1e-3 * plain.image.max())
    np.testing.assert_allclose(sure.report["history"], 4096 * plain.report["history"], rtol=1e-3)


@pytest.mark.parametrize("backend", ["accelerated", "reference"])
def test_water_correction_makes_line_integrals_those_of_one_energy(backend):
    energies, attenuation = np.array([40.0, 80]), np.array([0.03, 0.018])
    beam = attenuation, np.array([0.5, 0.5]), energies
    lengths = 5 * SINOGRAM / ELLIPSE.value  # of water, up to 90 mm
    wanted = lengths * xray.effective_attenuation(*beam)
    hardened = xray.polyenergetic(lengths[None], attenuation[None], *beam[1:])
    coefficients = xray.water_correction(np.linspace(0, 90, 50), *beam)
    found = deepmix.reconstruct(hardened, GEOMETRY, backend=backend, water_correction=coefficients)
    assert np.abs(hardened - wanted).max() > 0.1
    np.testing.assert_allclose(found.data, wanted, atol=2e-4)
    expected = deepmix.reconstruct(wanted, GEOMETRY, backend=backend).image
    np.testing.assert_allclose(found.image, expected, atol=2e-4 * expected.max())


def test_water_correction_makes_data_as_much_less_sure_as_it_stretches_them():
    """Weights are inverse variances: of p + p², which is (1 + 2p) times as long, 1/(1 + 2p)² of those of p."""
    given = {"method": "cgls", "max_iter": 3, "backend": "reference"}
    found = deepmix.reconstruct(SINOGRAM, GEOMETRY, water_correction=(1, 1), **given)
    weights = 1 / (1 + 2 * SINOGRAM) ** 2
    expected = deepmix.reconstruct(SINOGRAM + SINOGRAM**2, GEOMETRY, weights=weights, **given)
    np.testing.assert_allclose(found.image, expected.image, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("backend", ["accelerated", "reference"])
def test_any_linear_operator_will_do(backend):
    found = deepmix.reconstruct(ROWS @ IMAGE, Matrix(rows=ROWS), "cgls", backend=backend, tol=1e-6)
    np.testing.assert_allclose(found.image, IMAGE, atol=1e-4)
    assert found.report["status"] == Status.converged
    assert found.report["residual"] < 1e-4


def test_weights_say_which_data_count():
    data, weights = ROWS @ IMAGE, np.ones(9)
    data[2], weights[2] = np.nan, 0
    found = deepmix.reconstruct(data, Matrix(rows=ROWS), "cgls", weights=weights, tol=1e-6)
    np.testing.assert_allclose(found.image, IMAGE, atol=1e-4)


def test_complex_data_may_be_anything_where_they_are_not_sampled():
    rng = np.random.default_rng(0)
    mask = np.ones((6, 8), bool)
    mask[2] = False
    image = rng.normal(size=(6, 8)) + 1j * rng.normal(size=(6, 8))
    data = np.fft.fftshift(np.fft.fft2(np.fft.ifftshift(image), norm="ortho"))
    data[~mask] = np.nan
    found = deepmix.reconstruct(data, Fourier(mask=mask), "cgls")
    assert np.iscomplexobj(found.image)
    assert found.report["residual"] < 1e-5
    again = np.fft.fftshift(np.fft.fft2(np.fft.ifftshift(found.image), norm="ortho"))
    np.testing.assert_allclose(again, np.where(mask, data, 0), atol=1e-5)


@pytest.mark.parametrize(
    ("data", "operator", "options", "error", "words"),
    [
        (SINOGRAM.T, GEOMETRY, {}, ValueError, r"the shape \(51, 60\), the geometry \(60, 51\)"),
        (SINOGRAM[:-1], SAID, {}, ValueError, "there are 59 views of 51 detectors, but 60 angles"),
        (SINOGRAM[0], SAID, {}, ValueError, r"views × detectors, got \(51,\)"),
        (SINOGRAM * np.nan, GEOMETRY, {}, ValueError, "3060 of 3060 values are NaN or infinite"),
        (SINOGRAM, GEOMETRY, {"dark": 1}, ValueError, "a dark field goes with a flat one"),
        (SINOGRAM, GEOMETRY, {"flat": np.nan}, ValueError, "the flat field: 1 of 1 values are NaN"),
        (SINOGRAM, GEOMETRY, {"flat": 9, "weights": SINOGRAM}, ValueError, "weights or a flat field, not both"),
        (SINOGRAM, GEOMETRY, {"weights": np.ones(51)}, ValueError, r"weights of shape \(51,\) do not match"),
        (SINOGRAM, GEOMETRY, {"weights": -SINOGRAM}, ValueError, "weights must be finite and not negative"),
        (SINOGRAM, GEOMETRY, {"method": "magic"}, ValueError, "method must be one of fbp"),
        (SINOGRAM, GEOMETRY, {"strenght": 1}, TypeError, "did you mean strength"),
        (SINOGRAM, GEOMETRY, {"hu": True}, TypeError, "hu is of files"),
        (np.ones(2), Matrix(rows=np.ones((2, 3))), {}, ValueError, "fbp is for scans; for the operator Matrix"),
        (np.ones(2), Matrix(rows=np.ones((2, 3))), {"axis": 1}, ValueError, "only a scan has an axis"),
        (
            np.ones(2),
            Matrix(rows=ROWS[:2]),
            {"water_correction": [1]},
            ValueError,
            "water_correction is for scans",
        ),
        (SINOGRAM, GEOMETRY, {"water_correction": [1, -9]}, ValueError, "falls where the line integral is 0.36"),
        (SINOGRAM, GEOMETRY, {"water_correction": [1, np.nan]}, ValueError, "water_correction must be finite"),
        (SINOGRAM, GEOMETRY, {"water_correction": ()}, ValueError, "water_correction must be finite"),
        (SINOGRAM, GEOMETRY, {"water_correction": 1.0}, ValueError, "water_correction must be finite"),
        (np.ones(2), "scan.json", {"method": "cgls"}, LookupError, "str is no operator"),
    ],
)
def test_what_cannot_be_used_is_refused(data, operator, options, error, words):
    with pytest.raises(error, match=words):
        deepmix.reconstruct(data, operator, **options)

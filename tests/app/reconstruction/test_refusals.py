"""What cannot be meant is refused in a line, not read as something else."""

import dataclasses
import json

import numpy as np
import pytest

import deepmix
from deepmix.reconstruction.settings import METHODS, ReconstructionSettings, SimulationSettings
from deepmix.reference.inverse.records import Fourier, Inpaint, LinearMap, Matrix
from deepmix.reference.tomography import geometry as geometries
from tests.app.cli.test_cli import run  # noqa: F401
from tests.app.reconstruction.test_strengths import GEOMETRY, NOISY
from tests.problems.tomography import turn

BACKENDS = ["accelerated", "reference"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_complex_images_have_no_bounds(backend):
    options = {"method": "tv", "nonnegative": True, "backend": backend}
    with pytest.raises(ValueError, match="bounds, such as x ≥ 0, go with real images"):
        deepmix.reconstruct(np.ones((4, 4), complex), Fourier(mask=np.ones((4, 4))), **options)


@pytest.mark.parametrize("axis", [np.nan, np.inf, -np.inf, "middle", [1.0]])
def test_an_axis_is_a_place(axis):
    with pytest.raises(ValueError, match="axis must be a finite number in mm or auto, got"):
        deepmix.reconstruct(NOISY, GEOMETRY, axis=axis)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("method", "axis", "shift"), [("fbp", -90.0, 0), ("sirt", 1e6, 0), ("fbp", None, 90)])
def test_rays_must_meet_the_image(method, axis, shift, backend):
    """Whether the setting or the geometry leads them past it; half a detector may."""
    scan = geometries.parallel(turn(20, 0.5), 28, 31, 51)
    scan = scan._replace(detectors=scan.detectors + shift)
    with pytest.raises(ValueError, match="no ray meets the image"):
        deepmix.reconstruct(np.ones((20, 51)), scan, method, axis=axis, backend=backend)
    deepmix.reconstruct(NOISY, GEOMETRY, "sirt", axis=20.0, max_iter=1)


def test_rays_must_meet_the_image_that_is_scanned(tmp_path, run):  # noqa: F811
    np.save(tmp_path / "i.npy", np.zeros((8, 9)))
    said = {"type": "parallel", "angles": {"unit": "deg", "step": 15, "count": 12}, "shift": 50}
    (tmp_path / "g.json").write_text(json.dumps(said), encoding="utf-8")
    given = ["--geometry", tmp_path / "g.json", "--detectors", 20, "--pixel-spacing", 1, "-o", tmp_path / "out"]
    code, _, err = run("simulate", "ct", tmp_path / "i.npy", *given)
    assert code == 2
    assert "no ray meets the image: the nearest passes the axis 40.5 mm away" in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("record", [ReconstructionSettings, SimulationSettings])
def test_water_attenuates_by_a_finite_number(record):
    with pytest.raises(ValueError, match="mu_water must be at least 1e-06 and less than inf, got inf"):
        record(mu_water=np.inf)


@pytest.mark.parametrize(
    ("method", "options", "words"),
    [
        ("cgls", {"nonnegative": True}, "nonnegative is for sirt and tv, not for cgls"),
        ("fbp", {"nonnegative": True}, "nonnegative is for sirt and tv, not for fbp"),
        ("tikhonov", {"nonnegative": True}, "nonnegative is for sirt and tv, not for tikhonov"),
        ("sirt", {"strength": 0.1}, "strength is for tikhonov and tv, not for sirt"),
        ("cgls", {"strength": "auto"}, "strength is for tikhonov and tv, not for cgls"),
        ("fbp", {"strength": 1}, "strength is for tikhonov and tv, not for fbp"),
        ("tv", {"window": "hann"}, "window is for fbp, not for tv"),
        ("sirt", {"cutoff": 0.5}, "cutoff is for fbp, not for sirt"),
        ("fbp", {"tol": 1e-6}, "tol is for sirt, cgls, tikhonov and tv, not for fbp"),
        ("fbp", {"max_iter": 5}, "max_iter is for sirt, cgls, tikhonov and tv, not for fbp"),
        ("fbp", {"mu_water": 0.02}, "mu_water is for Hounsfield units: ask for them by hu"),
    ],
)
def test_settings_without_effect_are_refused(method, options, words):
    with pytest.raises(ValueError, match=words):
        ReconstructionSettings(method=method, **options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"units": "mu", "mu_water": 0.02}, "mu_water is for Hounsfield units: leave it out, or take units hu"),
        ({"seed": 3}, "seed is for the noise of photons: leave it out, or give their number, photons"),
        ({"seed": 3, "units": "mu"}, "seed is for the noise of photons"),
    ],
)
def test_settings_of_a_scan_without_effect_are_refused(options, words):
    with pytest.raises(ValueError, match=words):
        SimulationSettings(**options)
    assert SimulationSettings(mu_water=0.02).mu_water == 0.02
    assert SimulationSettings(units="mu", photons=1e4, seed=3).seed == 3


@pytest.mark.parametrize(("number", "code"), [(0, 0), (3, 2), (-1, 2)])
def test_an_image_without_slices_has_the_slice_0(number, code, tmp_path, run):  # noqa: F811
    np.save(tmp_path / "i.npy", np.zeros((8, 9)))
    given = "--slice", number, "--pixel-spacing", 1, "-o", tmp_path / "out"
    found, _, err = run("simulate", "ct", tmp_path / "i.npy", *given)
    assert found == code
    assert err == "" if code == 0 else f"i.npy has one slice, the slice 0, not {number}\n" in err


def test_the_values_that_settings_have_unsaid_may_be_said():
    for method in METHODS:
        settings = ReconstructionSettings(method=method)
        assert dataclasses.replace(settings, **dataclasses.asdict(settings)) == settings
    for given in ({"units": "mu"}, {"units": "hu"}):
        scan = SimulationSettings(**given)
        assert dataclasses.replace(scan, **dataclasses.asdict(scan)) == scan


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"max_iter": 2.5}, "max_iter must be a whole number, got 2.5"),
        ({"max_iter": np.nan}, "max_iter must be a whole number, got nan"),
        ({"row": 0.5}, "row must be a whole number, got 0.5"),
        ({"noise": "much"}, "noise must be a number, got 'much'"),
        ({"tol": np.nan}, "tol must be at least 0 and less than inf, got nan"),
        ({"tol": -1e-3}, "tol must be at least 0 and less than inf, got -0.001"),
        ({"tol": np.inf}, "tol must be at least 0 and less than inf, got inf"),
    ],
)
def test_numbers_of_steps_and_tolerances_are_such(options, words):
    with pytest.raises(ValueError, match=words):
        ReconstructionSettings(method="tv", **options)
    kept = ReconstructionSettings(method="tv", max_iter=np.int64(3), tol=np.float32(0), noise=1)
    assert (kept.max_iter, kept.tol, kept.noise) == (3, 0, 1)


@pytest.mark.parametrize("options", [{"detectors": 9.5}, {"slice": 1.5}])
def test_numbers_of_detectors_and_slices_are_whole(options):
    with pytest.raises(ValueError, match="must be a whole number"):
        SimulationSettings(**options)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("operator", "shape", "words"),
    [
        (Matrix(rows=np.eye(3)), (4,), r"data of shape \(4,\) do not match the operator Matrix\(rows \(3, 3\)\)"),
        (Inpaint(mask=np.ones((8, 8))), (8,), r"data of shape \(8,\) do not match .* Inpaint\(mask \(8, 8\)\)"),
        (
            Fourier(mask=np.ones((8, 8))),
            (4, 8),
            r"data of shape \(4, 8\) do not match .* Fourier\(mask \(8, 8\)\)",
        ),
    ],
)
def test_data_of_another_shape_are_told_of_with_both(operator, shape, words, backend):
    with pytest.raises(ValueError, match=words):
        deepmix.reconstruct(np.ones(shape), operator, "cgls", backend=backend)


@pytest.mark.parametrize("method", ["cgls", "tv"])
def test_functions_of_numpy_are_for_the_reference(method):
    operator = LinearMap(forward=np.cumsum, adjoint=lambda data: np.cumsum(data[::-1])[::-1])
    with pytest.raises(TypeError, match=r"LinearMap: JAX cannot trace .* write them with jax.numpy"):
        deepmix.reconstruct(np.arange(4.0), operator, method)
    found = deepmix.reconstruct(np.arange(4.0), operator, method, backend="reference", max_iter=9)
    assert found.report["residual"] < 0.1


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("method", ["fbp", "sirt"])
def test_an_image_larger_than_the_memory_is_refused_in_a_line(method, backend, tmp_path, run):  # noqa: F811
    np.save(tmp_path / "s.npy", np.ones((12, 20)))
    said = {"type": "parallel", "angles": {"unit": "deg", "step": 15, "count": 12}, "size": [2000000, 2000000]}
    (tmp_path / "g.json").write_text(json.dumps(said), encoding="utf-8")
    given = "--geometry", tmp_path / "g.json", "--method", method, "--backend", backend, "-o", tmp_path / "out"
    code, out, err = run("reconstruct", "ct", tmp_path / "s.npy", *given)
    *warnings, line = err.splitlines()
    assert (code, out) == (2, "")
    assert all(each.startswith("warning: ") for each in warnings)
    assert line.startswith("deepmix: not enough memory: Unable to allocate")
    assert not (tmp_path / "out").exists()

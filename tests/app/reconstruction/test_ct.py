"""`deepmix simulate ct` and `deepmix reconstruct ct`: from an image to a scan and back, with its place kept."""

import json

import numpy as np
import pytest
import SimpleITK as sitk

import deepmix
from deepmix.datasets.phantoms_exact import Ellipse, level_of, sinogram_of
from deepmix.files import images
from deepmix.reference.tomography import geometry as geometries
from tests.app.cli.test_cli import Command, run  # noqa: F401
from tests.problems.tomography import ELLIPSE, turn

SIZE = 40


@pytest.fixture
def slice_(tmp_path):
    """A coronal NIfTI slice in Hounsfield units: water with a denser ellipse, 40 × 36 pixels of 1.5 mm."""
    geometry = geometries.parallel(turn(4), 36, SIZE, 60, pixel_spacing=1.5)
    hu = np.full((36, SIZE), -1000.0)
    hu[level_of(Ellipse(x=0, y=0, a=24, b=20), geometry) < 1] = 0
    hu[level_of(Ellipse(x=6, y=4, a=9, b=6, phi=0.5), geometry) < 1] = 200
    image = sitk.GetImageFromArray(hu.astype(np.int16)[None])
    image.SetSpacing((1.5, 1.5, 3.0))
    image.SetOrigin((-10.0, 20.0, 30.0))
    image.SetDirection((1, 0, 0, 0, 0, 1, 0, -1, 0))
    sitk.WriteImage(image, str(tmp_path / "slice.nii.gz"))
    return tmp_path / "slice.nii.gz", hu


def test_values_that_overflow_are_told_of_in_words_of_reconstruction():
    said = {"type": "parallel", "angles": {"unit": "deg", "step": 18, "count": 10}}
    with pytest.warns(UserWarning, match=r"the values go up to 1e\+25"):
        report = deepmix.reconstruct(np.full((10, 12), 1e25), said, "cgls").report
    assert report["message"].startswith("The objective became infinite or NaN")
    assert "last finite image" in report["message"]
    assert "network" not in report["message"]


def report_of(folder):
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("method", ["fbp", "sirt", "cgls", "tikhonov", "tv"])
def test_a_slice_comes_back_with_its_values_and_its_place(method, slice_, tmp_path, run):  # noqa: F811
    path, hu = slice_
    code, printed, err = run("simulate", "ct", path, "--views", 60, "-o", tmp_path / "scan")
    assert (code, err) == (0, "")
    assert "60 views of" in printed
    scan = tmp_path / "scan"
    options = ["--geometry", scan / "geometry.json", "--method", method, "--hu"]
    options += [] if method == "fbp" else ["--max-iter", 60]
    options += ["--nonnegative"] if method in ("sirt", "tv") else []
    code, printed, err = run("reconstruct", "ct", scan / "sinogram.npy", *options, "-o", tmp_path / "out")
    assert code == 0, err
    found = images.read_image([tmp_path / "out" / "hounsfield.nii.gz"])
    original = images.read_image([path])
    np.testing.assert_allclose(found.geometry.origin, original.geometry.origin, atol=1e-4)
    np.testing.assert_allclose(found.geometry.direction, original.geometry.direction, atol=1e-6)
    np.testing.assert_allclose(found.geometry.spacing, (1.5, 1.5, 3.0), rtol=1e-5)
    error = np.abs(found.channels[0, :, :, 0].T - hu)
    assert np.median(error) < 30
    inside = np.s_[16:20, 15:18]
    assert error[inside].mean() < 40
    report = report_of(tmp_path / "out")
    assert report["adjoint_error"] < 1e-6
    assert report["residual"] < 0.1
    assert report["settings"]["method"] == method
    written = {"image.nii.gz", "image.npy", "sinogram.png", "profile.png"}
    written |= {"convergence.png"} if method != "fbp" else set()
    assert written < set(report["files"])
    assert ("convergence.png" in report["files"]) == (method != "fbp")


def test_photons_are_counted_and_their_logarithm_is_taken(slice_, tmp_path, run):  # noqa: F811
    path, _ = slice_
    run("simulate", "ct", path, "--views", 60, "--photons", 1e5, "-o", tmp_path / "scan")
    counts, flat = (np.load(tmp_path / "scan" / f"{name}.npy") for name in ("counts", "flat"))
    assert (counts == np.round(counts)).all()
    assert counts.max() <= 1.02e5
    assert (flat == 1e5).all()
    scan = tmp_path / "scan"
    given = [scan / "counts.npy", "--flat", scan / "flat.npy", "--geometry", scan / "geometry.json"]
    code, _, err = run("reconstruct", "ct", *given, "--window", "hann", "--hu", "-o", tmp_path / "out")
    assert code == 0, err
    found = images.read_image([tmp_path / "out" / "hounsfield.nii.gz"])
    assert np.abs(found.channels[0, 10:14, 16:20, 0].mean()) < 60
    assert report_of(tmp_path / "out")["starved"] == 0


@pytest.mark.parametrize("axis", ["auto", "4.5"])
def test_the_axis_of_a_data_exchange_file_is_found(axis, tmp_path, run):  # noqa: F811
    """Counts with flats and darks, angles in degrees, the axis three detectors off."""
    h5py = pytest.importorskip("h5py")
    ellipse, n = ELLIPSE._replace(value=0.05), 61
    geometry = geometries.parallel(turn(90, 0.5), 40, 40, n, detector_spacing=1.5)
    exact = sinogram_of([ellipse], geometry._replace(detectors=geometry.detectors - 4.5))
    with h5py.File(tmp_path / "scan.h5", "w") as file:
        flat, dark = np.full((3, 1, n), 5000.0), np.full((2, 1, n), 100.0)
        counts = 100 + 4900 * np.exp(-exact)
        for name, values in (("data", counts[:, None]), ("data_white", flat), ("data_dark", dark)):
            file[f"exchange/{name}"] = values.astype(np.float32)
        file["exchange/theta"] = np.rad2deg(geometry.angles)
    said = {"type": "parallel", "angles": {"unit": "deg", "step": 2, "count": 90}, "detector_spacing": 1.5}
    (tmp_path / "g.json").write_text(json.dumps(said | {"size": [60, 60], "pixel_spacing": 1.0}), encoding="utf-8")
    options = ["--geometry", tmp_path / "g.json", "--axis", axis, "-o", tmp_path / "out"]
    code, printed, err = run("reconstruct", "ct", tmp_path / "scan.h5", *options)
    assert code == 0, err
    assert abs(report_of(tmp_path / "out")["axis"] - 4.5) <= 0.75
    assert "from where the geometry has it" in printed
    image = np.load(tmp_path / "out" / "image.npy")
    level = level_of(ellipse, geometries.parallel(turn(4), 60, 60, 90))
    assert image[level < 0.7].mean() == pytest.approx(0.05, rel=0.03)
    code, _, err = run("reconstruct", "ct", tmp_path / "scan.h5", "-o", tmp_path / "by_itself")
    assert code == 0, err  # the angles are in the file


def test_water_correction_is_in_the_image_and_in_the_report(tmp_path, run):  # noqa: F811
    geometry = geometries.parallel(turn(20, 0.5), 40, 40, 40)
    p = sinogram_of([ELLIPSE._replace(value=0.05)], geometry)
    said = {"type": "parallel", "angles": {"unit": "deg", "step": 9, "count": 20}}
    (tmp_path / "g.json").write_text(json.dumps(said), encoding="utf-8")
    for name, values, options in (
        ("out", p, ["--water-correction", "1.1,0.2"]),
        ("done", 1.1 * p + 0.2 * p**2, []),
    ):
        np.save(tmp_path / f"{name}.npy", values)
        given = tmp_path / f"{name}.npy", "--geometry", tmp_path / "g.json", *options, "-o", tmp_path / name
        assert run("reconstruct", "ct", *given)[0] == 0
    found, expected = (np.load(tmp_path / name / "image.npy") for name in ("out", "done"))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert report_of(tmp_path / "out")["settings"]["water_correction"] == [1.1, 0.2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["s.npy"], "s.npy does not say how the scan was made; name a file by --geometry"),
        (
            ["s.npy", "--geometry", "g.json", "--hu"],
            "Hounsfield units need lengths in mm, and the geometry has no",
        ),
        (["s.npy", "--geometry", "g.json", "--method", "magic"], "method must be one of fbp"),
        (
            ["s.npy", "--geometry", "g.json", "--axis", "left"],
            "axis must be a finite number in mm or auto, got 'left'",
        ),
        (["s.npy", "--geometry", "g.json", "--water-correction", "a,b"], "expected numbers with commas between"),
        (["s.npy", "--geometry", "g.json", "--water-correction", "1,-9"], "falls where the line integral is 1"),
        (["s.npy", "--geometry", "g.json", "--dark", "f.npy"], "a dark field goes with a flat one"),
        (["s.npy", "--geometry", "g.json", "--flat", "f.npy"], "the flat field has 3 values for 20 detectors"),
        (["t.npy", "--geometry", "g.json"], "20 views of 12 detectors, but 12 angles; views are rows: transpose"),
        (["n.npy", "--geometry", "g.json"], "the data: 1 of 240 values are NaN or infinite"),
        (["k.npy", "--geometry", "g.json"], "the values go up to 200, line integrals of real scans to about 15"),
        (["c.npy", "--geometry", "g.json"], "c.npy holds complex128 of shape (12, 20); expected real numbers"),
        (["g.json", "--geometry", "g.json"], "g.json is none of .npy"),
        (["missing.npy"], "no such file: missing.npy"),
    ],
)
def test_errors_are_one_line_and_nothing_is_written(arguments, words, tmp_path, run, monkeypatch):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    sinogram = np.ones((12, 20))
    soiled = sinogram.copy()
    soiled[3, 4] = np.nan
    for name, values in {
        "s": sinogram,
        "t": sinogram.T,
        "n": soiled,
        "c": sinogram + 0j,
        "k": 200 * sinogram,
        "f": np.ones(3),
    }.items():
        np.save(tmp_path / f"{name}.npy", values)
    said = {"type": "parallel", "angles": {"unit": "deg", "step": 15, "count": 12}}
    (tmp_path / "g.json").write_text(json.dumps(said), encoding="utf-8")
    code, _, err = run("reconstruct", "ct", *arguments, "-o", "out")
    assert code == 2
    assert words in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_source_inside_the_image_is_refused_before_detectors_are_laid_out(tmp_path, run):  # noqa: F811
    np.save(tmp_path / "i.npy", np.ones((40, 40)))
    said = {"type": "fan", "angles": {"unit": "deg", "step": 15, "count": 24}, "detector_spacing": 1e-9}
    (tmp_path / "g.json").write_text(
        json.dumps(said | {"source_to_axis": 10, "source_to_detector": 1000}), encoding="utf-8"
    )
    code, _, err = run(
        "simulate", "ct", tmp_path / "i.npy", "--geometry", tmp_path / "g.json", "-o", tmp_path / "o"
    )
    assert code == 2
    assert "the source must turn outside the image" in err
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("shape", "options", "words"),
    [
        ((4, 6, 7, 2), [], "has 4 channels"),
        ((1, 6, 7, 3), [], "has 3 slices; choose one by --slice"),
        ((1, 6, 7, 3), ["--slice", 3], "has the slices 0 to 2, not 3"),
        ((6, 7), ["--photons", -1], "photons must be positive, got -1"),
        ((6, 7), ["--units", "cm"], "units must be one of hu, mu; got 'cm'"),
    ],
)
def test_what_cannot_be_scanned_is_refused(shape, options, words, tmp_path, run):  # noqa: F811
    np.save(tmp_path / "i.npy", np.zeros(shape))
    code, _, err = run("simulate", "ct", tmp_path / "i.npy", *options, "-o", tmp_path / "out")
    assert code == 2
    assert words in err
    assert not (tmp_path / "out").exists()


def test_of_a_geometry_the_views_count_and_the_image_is_as_it_is(tmp_path, run):  # noqa: F811
    np.save(tmp_path / "i.npy", np.ones((8, 9)))
    said = {"type": "parallel", "angles": {"unit": "deg", "step": 15, "count": 12}, "size": [30, 30]}
    (tmp_path / "g.json").write_text(json.dumps(said), encoding="utf-8")
    given = "simulate", "ct", tmp_path / "i.npy", "--geometry", tmp_path / "g.json"
    code, _, err = run(*given, "--views", 24, "-o", tmp_path / "o")
    assert code == 2
    assert "the geometry says how many views there are; leave views out" in err
    assert not (tmp_path / "o").exists()
    code, _, err = run(*given, "-o", tmp_path / "o")
    assert code == 0
    assert "size and pixel_spacing are those of the image" in err
    assert json.loads((tmp_path / "o" / "geometry.json").read_text(encoding="utf-8"))["size"] == [8, 9]


def test_every_setting_can_be_set(tmp_path, run):  # noqa: F811
    """Each option of both commands reaches the settings in the report."""
    np.save(tmp_path / "i.npy", np.ones((8, 9)))
    scanned = {
        "views": 12, "detectors": 20, "photons": 5000.0, "units": "mu", "pixel-spacing": 2.0,
        "slice": 0, "seed": 3, "backend": "reference",
    }  # fmt: skip
    of_water = {"units": "hu", "mu-water": 0.02}  # which attenuations know nothing of
    found = {
        "method": "tv", "strength": 0.1, "max-iter": 3, "tol": 0.01, "axis": 0.5,
        "row": 0, "mu-water": 0.02, "backend": "reference", "water-correction": [1.1, 0.2],
    }  # fmt: skip
    scan, of_fbp = tmp_path / "scan", {"window": "hann", "cutoff": 0.5}
    fields = "--flat", scan / "flat.npy", "--geometry", scan / "geometry.json"
    for options, arguments, flags in (
        (scanned, ["simulate", "ct", tmp_path / "i.npy", "-o", scan], ()),
        (of_water, ["simulate", "ct", tmp_path / "i.npy", "-o", tmp_path / "water"], ()),
        (
            found,
            ["reconstruct", "ct", scan / "counts.npy", *fields, "-o", tmp_path / "out"],
            ("nonnegative", "hu"),
        ),
        (of_fbp, ["reconstruct", "ct", scan / "counts.npy", *fields, "-o", tmp_path / "filtered"], ()),
    ):
        typed = [item for name, value in options.items() for item in (f"--{name}", str(value).strip("[]"))]
        code, _, err = run(*arguments, *typed, *(f"--{flag}" for flag in flags))
        assert code == 0, err
        settings = report_of(arguments[arguments.index("-o") + 1])["settings"]
        for name, value in (options | dict.fromkeys(flags, True)).items():
            assert settings.pop(name.replace("-", "_")) == value
        others = {
            "sinogram",
            "flat",
            "dark",
            "geometry",
            "truth",
            "noise",  # of line integrals: see below
            "mu_water",
        }
        assert options in (of_fbp, of_water) or set(settings) <= {*others, *of_fbp}


def test_the_noise_chooses_the_strength(tmp_path, run):  # noqa: F811
    geometry = geometries.parallel(turn(24, 0.5), 20, 20, 30)
    exact = sinogram_of([Ellipse(x=3, y=-2, a=6, b=4, phi=0.4, value=0.05)], geometry)
    np.save(tmp_path / "s.npy", exact + np.random.default_rng(0).normal(0, 0.02, exact.shape))
    said = {"type": "parallel", "angles": {"unit": "deg", "step": 7.5, "count": 24}, "size": [20, 20]}
    (tmp_path / "g.json").write_text(json.dumps(said), encoding="utf-8")
    given = [
        "--geometry",
        tmp_path / "g.json",
        "--method",
        "tikhonov",
        "--strength",
        "auto",
        "-o",
        tmp_path / "out",
    ]
    code, _, err = run("reconstruct", "ct", tmp_path / "s.npy", *given)
    assert code == 2
    assert "strength auto needs the noise" in err
    code, printed, err = run("reconstruct", "ct", tmp_path / "s.npy", *given, "--noise", 0.02)
    assert code == 0, err
    report = report_of(tmp_path / "out")
    assert 0.9 < report["residual_sigma"] <= 1
    assert report["sigma"] == report["settings"]["noise"] == 0.02
    assert report["settings"]["strength"] == "auto"
    assert f"strength {report['strength']:.3g} by the noise" in printed
    assert f"({report['residual_sigma']:.3g} σ)" in printed


@pytest.mark.parametrize(
    ("units", "highest", "words"),
    [
        ("mu", 1000.0, "if they are Hounsfield units, say --units hu"),
        ("hu", 0.02, "if they are attenuations a mm, say --units mu"),
        ("mu", 0.02, ""),
        ("hu", 1000.0, ""),
    ],
)
def test_values_in_another_unit_are_told_of(units, highest, words, tmp_path, run):  # noqa: F811
    np.save(tmp_path / "i.npy", np.eye(8) * highest)
    given = ["--units", units, "--pixel-spacing", 1, "-o", tmp_path / "out"]
    code, _, err = run("simulate", "ct", tmp_path / "i.npy", *given)
    assert code == 0
    assert words in err
    assert bool(err) == bool(words)


def test_lengths_that_are_not_known_are_told_of(tmp_path, run):  # noqa: F811
    """Of the image that is scanned, and of a detector beside a pixel whose length is known."""
    np.save(tmp_path / "i.npy", np.zeros((8, 9)))
    said = {"type": "parallel", "angles": {"unit": "deg", "step": 15, "count": 12}}
    (tmp_path / "g.json").write_text(json.dumps(said), encoding="utf-8")
    scan = tmp_path / "scan"
    code, _, err = run("simulate", "ct", tmp_path / "i.npy", "--geometry", tmp_path / "g.json", "-o", scan)
    assert code == 0
    assert "does not tell how large pixels are: taken as 1 mm; --pixel-spacing says it" in err
    assert "detector_spacing is not given: detectors are taken to be 1 mm apart" in err
    written = json.loads((scan / "geometry.json").read_text(encoding="utf-8"))
    assert (written["pixel_spacing"], written["detector_spacing"]) == (1, 1)


def test_values_beyond_16_bits_are_told_of(tmp_path, run):  # noqa: F811
    said = {"type": "parallel", "angles": {"unit": "deg", "step": 15, "count": 12}, "detector_spacing": 1e-3}
    (tmp_path / "g.json").write_text(json.dumps(said), encoding="utf-8")
    np.save(tmp_path / "s.npy", np.ones((12, 20)))
    given = ["--geometry", tmp_path / "g.json", "--hu", "-o", tmp_path / "out"]
    code, _, err = run("reconstruct", "ct", tmp_path / "s.npy", *given)
    assert code == 0
    assert "pixels lie beyond -32768 … 32767 Hounsfield units and are cut off there" in err
    assert images.read_image([tmp_path / "out" / "hounsfield.nii.gz"]).channels.max() == 32767


def test_the_report_says_which_fields_were_taken(tmp_path, run):  # noqa: F811
    files = {name: tmp_path / f"{name}.npy" for name in ("counts", "flat", "dark")}
    for path, level in zip(files.values(), (500.0, 1000.0, 10.0), strict=True):
        np.save(path, np.full((12, 20) if path.stem == "counts" else 20, level))
    said = {"type": "parallel", "angles": {"unit": "deg", "step": 15, "count": 12}}
    (tmp_path / "g.json").write_text(json.dumps(said), encoding="utf-8")
    given = ["--geometry", tmp_path / "g.json", "-o", tmp_path / "out"]
    for fields in (("flat", "dark"), ("flat",)):
        options = [item for name in fields for item in (f"--{name}", files[name])]
        code, _, err = run("reconstruct", "ct", files["counts"], *given, *options, "--overwrite")
        assert code == 0, err
        settings = report_of(tmp_path / "out")["settings"]
        expected = {name: str(files[name]) if name in fields else None for name in ("flat", "dark")}
        assert {name: settings[name] for name in expected} == expected

"""`deepmix demo reconstruction`: what it scans, what it writes, and that the numbers are as they should be."""

import csv
import json

import numpy as np
import pytest
from matplotlib.image import imread

import deepmix
from deepmix.cli import demo_scans
from deepmix.datasets import phantoms_exact
from deepmix.evaluation.images import psnr
from deepmix.reconstruction.settings import WINDOWS
from deepmix.reference.tomography import radon
from tests.app.cli.test_cli import run  # noqa: F401

ROWS = ("FBP", 30, False, {}), ("TV", 30, True, {"method": "tv", "max_iter": 3})


@pytest.fixture
def brief(monkeypatch) -> None:
    """Fewer rows and views."""
    monkeypatch.setattr(demo_scans, "EXPERIMENTS", ROWS)
    monkeypatch.setattr(demo_scans, "TURN", 90)


@pytest.mark.usefixtures("brief")
def test_the_folder_and_the_table(tmp_path, run):  # noqa: F811
    code, printed, err = run(
        "demo", "reconstruction", "--size", 32, "--backend", "reference", "-o", tmp_path / "out"
    )
    assert (code, err) == (0, "")
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["files"] == ["reconstruction.csv", "reconstruction.png", "report.json"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(report["files"])
    assert (report["size"], report["seed"], report["backend"]) == (32, 0, "reference")
    with (tmp_path / "out" / "reconstruction.csv").open(encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file))
    assert len(listed) == len(report["rows"]) == 5
    for row, said in zip(listed, report["rows"], strict=True):
        assert row == {name: "" if said[name] is None else str(said[name]) for name in row}
        assert said["method"] in printed
        assert f"{said['psnr']:.1f}" in printed
        assert (said["cupping"] is None) == (said["phantom"] == "head")
    picture = imread(tmp_path / "out" / "reconstruction.png")
    assert 2 * 224 < picture.shape[0] < 3 * 224  # two rows: truth and two images, truth and three
    assert 4 * 224 < picture.shape[1] < 5 * 224
    np.testing.assert_array_equal(picture[..., 0], picture[..., 2])  # grey


def test_few_views_and_photons_cost_what_they_must():
    head = demo_scans.head(32, seed=0)
    exact, few, noisy, worst = (
        psnr(deepmix.reconstruct(each.data, each.geometry, backend="reference", **each.settings).image, head.truth)
        for each in head.experiments
        if each.title in ("FBP", "FBP, ram-lak")
    )
    assert exact > noisy > worst
    assert exact > few > worst


def test_every_window_has_the_same_counts():
    windows = [each for each in demo_scans.head(32, seed=3).experiments if "window" in each.settings]
    assert [each.settings["window"] for each in windows] == list(WINDOWS)
    for each in windows:
        assert each.data is windows[0].data
        assert each.settings["flat"] == each.photons == 1e4


def test_counts_are_those_of_photons_by_the_seed():
    """Poisson: about as far from the expected counts as the root of their number."""
    one, again, other = (demo_scans.head(32, seed).experiments for seed in (1, 1, 2))
    exact, noisy = one[0], one[2]
    expected = 1e4 * np.exp(-exact.data)
    spread = (noisy.data - expected) / np.sqrt(expected)
    assert abs(spread.mean()) < 0.05
    assert spread.std() == pytest.approx(1, abs=0.05)
    np.testing.assert_array_equal(noisy.data, again[2].data)
    assert (noisy.data != other[2].data).any()


@pytest.mark.parametrize("kind", ["head", "body"])
def test_what_is_scanned_is_the_truth(kind):
    """But for borders, which the projection of pixels of 2 mm blurs."""
    subject = demo_scans.head(96, 0) if kind == "head" else demo_scans.body(128)
    scan = subject.experiments[0]
    views = scan.geometry._replace(angles=scan.geometry.angles[::20])
    data = scan.data[::20] if kind == "head" else -np.log(scan.data[::20] / 1e6)
    error = radon.project(subject.truth, views) - data
    assert np.sqrt((error**2).mean()) < 0.02 * data.max()
    assert abs(error.mean()) < 0.002 * data.max()


@pytest.mark.usefixtures("brief")
def test_the_water_correction_takes_the_cupping_away():
    """What a spectrum adds to it falls to a twentieth; the bones, which are no water, stay too dark."""
    body = demo_scans.body(64)
    images = {
        each.title: deepmix.reconstruct(each.data, each.geometry, backend="reference", **each.settings).image
        for each in body.experiments
    }
    one, spectrum, corrected = (body.cupping(image) for image in images.values())
    assert body.cupping(body.truth) == pytest.approx(0, abs=1e-9)
    assert abs(one) < 1
    assert spectrum > 15
    assert abs(corrected - one) < (spectrum - one) / 20
    scan = body.experiments[0].geometry
    bone = phantoms_exact.level_of(phantoms_exact.BONES[0], scan) < 0.6
    one, spectrum, corrected = (image[bone].mean() for image in images.values())
    assert one == pytest.approx(body.truth[bone].mean(), rel=0.01)
    assert spectrum < corrected < 0.9 * one


@pytest.mark.parametrize("options", [("--size", 31), ("--seed", -1)])
def test_what_is_too_small_is_refused_in_one_line(options, tmp_path, run):  # noqa: F811
    code, _, err = run("demo", "--reconstruction", *options, "-o", tmp_path / "out")
    assert code == 2
    assert err.startswith("deepmix: --size must be at least 32 and --seed not negative; got ")
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()

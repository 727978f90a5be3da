"""`deepmix reconstruct ct --truth`: how far the image is from the true one."""

import json

import numpy as np
import pytest

from deepmix.evaluation import images as measures
from deepmix.files import images
from tests.app.cli.test_cli import Command, run  # noqa: F401
from tests.app.reconstruction.test_ct import report_of, slice_  # noqa: F401


@pytest.fixture
def scan(slice_, tmp_path, run):  # noqa: F811
    """A scan of 36 × 40 pixels, and how it is reconstructed."""
    code, _, err = run("simulate", "ct", slice_[0], "--views", 60, "-o", tmp_path / "scan")
    assert code == 0, err
    scan = tmp_path / "scan"
    return [
        "reconstruct",
        "ct",
        scan / "sinogram.npy",
        "--geometry",
        scan / "geometry.json",
        "-o",
        tmp_path / "out",
    ]


def test_in_hounsfield_units_the_truth_is_a_ct_image(scan, slice_, tmp_path, run):  # noqa: F811
    code, printed, err = run(*scan, "--hu", "--truth", slice_[0])
    assert (code, err) == (0, "")
    report = report_of(tmp_path / "out")
    found = images.read_image([tmp_path / "out" / "hounsfield.nii.gz"]).channels[0, :, :, 0].T
    assert report["truth"]["data_range"] == 1200
    for name in ("psnr", "ssim", "nrmse"):
        expected = getattr(measures, name)(found, slice_[1])
        assert report["truth"][name] == pytest.approx(expected, rel=1e-3)
    assert report["truth"]["psnr"] > 20
    assert report["settings"]["truth"] == str(slice_[0])
    assert {"difference.png", "profile.png"} < set(report["files"])
    assert f"PSNR {report['truth']['psnr']:.1f} dB, SSIM {report['truth']['ssim']:.3f}" in printed


def test_without_them_it_is_of_attenuations(scan, tmp_path, run):  # noqa: F811
    code, _, err = run(*scan, "--truth", tmp_path / "scan" / "attenuation.npy")
    assert (code, err) == (0, "")
    image = np.load(tmp_path / "out" / "image.npy")
    true = np.load(tmp_path / "scan" / "attenuation.npy")
    assert report_of(tmp_path / "out")["truth"]["nrmse"] == pytest.approx(measures.nrmse(image, true), rel=1e-6)


def test_a_truth_in_another_unit_is_told_of(scan, slice_, run):  # noqa: F811
    code, _, err = run(*scan, "--truth", slice_[0])
    assert code == 0
    assert "with --hu the truth must be in Hounsfield units, without it attenuations a mm" in err


@pytest.mark.parametrize(
    ("truth", "words"),
    [
        (np.eye(40, 36), "has (40, 36) rows and columns, the image (36, 40): the truth must have the same"),
        (np.zeros((36, 40)), "the truth has one value everywhere"),
        (np.eye(36, 40) * np.nan, "values that are NaN or infinite"),
        (np.zeros((1, 36, 40, 3)), "has 3 slices; the truth must be the one that was scanned"),
    ],
)
def test_what_cannot_be_the_truth_is_refused_before_anything_is_done(truth, words, scan, tmp_path, run):  # noqa: F811
    np.save(tmp_path / "t.npy", truth)
    code, _, err = run(*scan, "--truth", tmp_path / "t.npy")
    assert code == 2
    assert words in err
    assert not (tmp_path / "out").exists()


def test_images_too_small_for_ssim_are_refused(tmp_path, run):  # noqa: F811
    np.save(tmp_path / "s.npy", np.ones((12, 8)))
    np.save(tmp_path / "t.npy", np.eye(8))
    said = {"type": "parallel", "angles": {"unit": "deg", "step": 15, "count": 12}}
    (tmp_path / "g.json").write_text(json.dumps(said), encoding="utf-8")
    given = ["--geometry", tmp_path / "g.json", "--truth", tmp_path / "t.npy", "-o", tmp_path / "out"]
    code, _, err = run("reconstruct", "ct", tmp_path / "s.npy", *given)
    assert code == 2
    assert "SSIM needs images of at least 11 pixels a side" in err

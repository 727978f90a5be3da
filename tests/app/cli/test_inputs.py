"""What the commands make of the files they are given: pages, masks in shades, pipes, and what libraries print."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import tifffile

from deepmix.files import images
from tests.app.cli.test_cli import Command

RNG = np.random.default_rng(0)
GMM = ("-k", "2", "--method", "gmm", "-o", "out")


@pytest.fixture
def run(capfd, monkeypatch, tmp_path) -> Command:
    """The command in a folder of its own; what libraries in C print is kept too."""
    monkeypatch.chdir(tmp_path)
    return Command(capfd, monkeypatch)


def two_tissues(*shape: int) -> np.ndarray:
    return (RNG.normal(60, 5, shape) + 100 * (np.arange(shape[-1]) > shape[-1] / 2)).clip(0, 255).astype(np.uint8)


def test_the_user_says_what_pages_are_and_the_report_remembers(tmp_path, run):
    tifffile.imwrite(tmp_path / "a.tif", two_tissues(2, 12, 16), photometric="minisblack", metadata=None)
    code, _, err = run("segment", "a.tif", *GMM, "--probabilities", "--channels-are", "pages")
    assert (code, err) == (0, "")
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["channels_are"] == "pages"
    assert np.shape(report["fits"][0]["means"]) == (2, 2)
    like = images.read_image([tmp_path / "a.tif"], "pages")
    labels = images.read_labels(tmp_path / "out" / "labels.tif", like)
    assert (labels == 1 + (np.arange(16) > 8)[:, None]).all()
    assert images.read_image([tmp_path / "out" / "probabilities.tif"]).channels.shape == (2, 16, 12)
    code, _, err = run("report", "out")
    assert (code, err) == (0, "")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "the files have changed" not in page
    code, _, err = run("segment", "a.tif", *GMM, "--overwrite")
    assert code == 0
    assert err.startswith("warning: the 2 pages of a.tif are taken for slices of a volume;")
    assert len(err.splitlines()) == 1
    Path("a.tif").rename("a.btf")  # a TIFF is one by what it begins with, too
    code, _, err = run("segment", "a.btf", *GMM, "--overwrite", "--channels-are", "pages")
    assert code == 0, err
    code, _, err = run("segment", "a.btf", *GMM, "--overwrite", "--channels-are", "colours")
    assert (code, err) == (2, "deepmix: channels_are must be one of pages, samples; got 'colours'\n")


def test_a_mask_in_shades_takes_a_threshold(tmp_path, run):
    PIL.Image.fromarray(two_tissues(12, 16)).save(tmp_path / "a.png")
    shades = np.tile(np.linspace(0, 255, 16).astype(np.uint8), (12, 1))
    PIL.Image.fromarray(shades).save(tmp_path / "mask.png")
    code, _, err = run("segment", "a.png", *GMM, "--mask", "mask.png", "--mask-threshold", "127")
    assert (code, err) == (0, "")
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["mask_threshold"] == 127
    inside = np.asarray(PIL.Image.open(tmp_path / "out" / "labels.png")) > 0
    np.testing.assert_array_equal(inside, shades > 127)
    code, _, err = run("segment", "a.png", *GMM, "--overwrite", "--mask", "mask.png")
    assert code == 0
    assert "the mask mask.png holds 16 values" in err
    code, _, err = run("segment", "a.png", *GMM, "--overwrite", "--mask-threshold", "1")
    assert (code, err) == (2, "deepmix: --mask-threshold goes with --mask\n")


@pytest.mark.skipif(sys.platform == "win32", reason="has no pipes in its folders")
@pytest.mark.parametrize(
    "arguments",
    [
        ("segment", "PIPE", *GMM),
        ("segment", "a.png", "PIPE", *GMM),
        ("segment", "a.png", *GMM, "--mask", "PIPE"),
        ("segment", "a.png", *GMM, "--truth", "PIPE"),
        ("segment", "a.png", *GMM, "--means-init", "PIPE"),
        ("train", "PIPE", "-k", "2", "-o", "out"),
        ("train", "a.csv", "-k", "2", "-o", "out"),
        ("evaluate", "PIPE", "a.png"),
        ("evaluate", "a.png", "PIPE"),
        ("report", "PIPE"),
    ],
    ids=" ".join,
)
def test_a_pipe_is_refused_in_one_line(tmp_path, run, arguments):
    """Nobody writes into it: a command that opened it would wait for ever."""
    PIL.Image.fromarray(two_tissues(12, 16)).save("a.png")
    Path("a.csv").write_text("case,T1\nfirst,PIPE\n", encoding="utf-8")
    os.mkfifo("PIPE")
    code, _, err = run(*arguments)
    assert code == 2
    assert "PIPE is a pipe or a device: save what comes from it to a file, and name that" in err
    assert len(err.splitlines()) == 1
    assert not Path("out").exists()


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="has no devices in its folders")
def test_a_device_is_refused_in_one_line(run):
    code, _, err = run("segment", "/dev/null", *GMM)
    assert (code, err.count("\n")) == (2, 1)
    assert "/dev/null is a pipe or a device: save" in err


@pytest.mark.parametrize("name", ["a.tif", "a.png", "a.nrrd", "a.h5", "a"])
def test_nothing_stands_before_the_one_line(tmp_path, run, name):
    """Damaged headers, of which the libraries below have much to say."""
    tifffile.imwrite(tmp_path / "whole.tif", two_tissues(3, 40, 50), photometric="minisblack", metadata=None)
    start = {"a.h5": b"\x89HDF\r\n\x1a\n", "a.png": b"\x89PNG\r\n\x1a\n"}.get(name, b"")
    (tmp_path / name).write_bytes(start + (tmp_path / "whole.tif").read_bytes()[:300])
    code, _, err = run("segment", name, *GMM)
    assert code == 2
    assert err.startswith(f"deepmix: cannot read {name}: ")
    assert len(err.splitlines()) == 1

"""`deepmix report`: one page that needs nothing beside it and says what the results say."""

import base64
import html
import json
import re
from pathlib import Path

import numpy as np
import pytest

from tests.app.cli.test_cli import Command, run  # noqa: F401
from tests.app.segmentation.test_segmentation import blobs


@pytest.fixture
def case(tmp_path) -> Path:
    """Two channels, a mask and the truth of a volume."""
    image, truth, mask = blobs((20, 26, 3))
    for name, array in {"a & b": image[0], "c": image[1], "mask": mask, "truth": truth}.items():
        np.save(tmp_path / f"{name}.npy", np.asarray(array, np.float32))
    return tmp_path


def segmented(run: Command, case: Path, *options) -> Path:  # noqa: F811
    files = [case / "a & b.npy", case / "c.npy", "--mask", case / "mask.npy", "--truth", case / "truth.npy"]
    code, _, err = run("segment", *files, "-k", 3, *options, "-o", case / "out")
    assert code == 0, err
    return case / "out"


def sections(page: str) -> list[str]:
    return re.findall(r"<h2>(.*?)</h2>", page)


def test_the_page_holds_everything_and_needs_nothing(run, case):  # noqa: F811
    folder = segmented(run, case, "--method", "hmrf", "--beta", 1, "--probabilities", "--ambiguity")
    code, out, err = run("report", folder)
    assert (code, err) == (0, "")
    assert out.startswith(str(folder / "report.html"))
    page = (folder / "report.html").read_text(encoding="utf-8")
    expected = ["Channels and labels", "Against the truth", "Whether to trust it", "Ambiguity", "Probabilities"]
    expected += ["Course of the fit", "Fits", "Histograms and densities", "Settings", "Versions"]
    assert sections(page) == expected
    sources = re.findall(r'src="(.*?)"', page)
    assert len(sources) == 5
    for source in sources:
        kind, _, content = source.partition(",")
        assert kind == "data:image/png;base64"
        assert base64.b64decode(content).startswith(b"\x89PNG")
    assert not re.search(r"(href|url|@import|<script|<link)", page)
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert f"matched Dice {report['mean_dice']:.3f}" in page
    for dice in report["dice"].values():
        assert f">{dice:.4f}</td>" in page
    assert "<td>n_components</td><td>3</td>" in page
    for number in (report["ambiguity"], report["doubt"]["told"], report["doubt"]["agreement"]):
        assert f">{number:.4f}</td>" in page
    assert f"pixels that the {report['doubt']['n_starts']} best starts label alike" in page
    assert not list(folder.glob(".*"))


@pytest.mark.parametrize("method", ["fcm", "deepsvg"])
def test_what_is_missing_is_said(method, run, case):  # noqa: F811
    options = ["--depth", 1, "--filters", 2, "--max-steps", 2, "--min-steps", 2]
    folder = segmented(run, case, "--method", method, *(options if method == "deepsvg" else []))
    (case / "a & b.npy").unlink()
    assert run("report", folder)[0] == 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Histograms and densities" not in sections(page)
    assert "Probabilities" not in sections(page)
    assert "probability maps: segment with --probabilities" in page
    assert "the ambiguity map: segment with --ambiguity" in page
    assert html.escape(str(case / "a & b.npy")) in page
    assert ("<th>J</th>" in page) == (method == "fcm")
    ended = page.count("<td>max_steps</td>") - 1  # it is the name of a setting too
    assert ended == (3 if method == "deepsvg" else 0)  # a fit a slice


@pytest.mark.parametrize("kind", ["spherical", "tied", "full"])
def test_every_covariance_has_its_densities(kind, run, case):  # noqa: F811
    folder = segmented(run, case, "--method", "gmm", "--covariance-type", kind)
    assert run("report", folder)[0] == 0
    assert "Histograms and densities" in sections((folder / "report.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("shrink", "said"), [(1, False), (2, True)])
def test_moments_of_means_over_blocks_are_said_to_be(shrink, said, run, case):  # noqa: F811
    """They vary less than the pixels that the histograms show."""
    folder = segmented(run, case, "--method", "gmm", "--backend", "reference", "--shrink", shrink)
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert ("of means over blocks of 2 × 2 pixels" in report["units"]) == said
    assert run("report", folder)[0] == 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert ("They are of means over blocks of 2 × 2 pixels, which vary less." in page) == said


def test_a_report_of_before_there_was_doubt_has_a_page(run, case):  # noqa: F811
    folder = segmented(run, case, "--method", "gmm")
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    del report["doubt"], report["ambiguity"]
    (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")
    assert run("report", folder)[0] == 0
    assert "Whether to trust it" not in sections((folder / "report.html").read_text(encoding="utf-8"))


def test_a_folder_without_results_is_one_clear_line(run, tmp_path):  # noqa: F811
    code, _, err = run("report", tmp_path)
    assert code == 2
    assert err == (f"deepmix: {tmp_path} holds no results of deepmix segment; name a folder that it has written\n")
    assert run("report", tmp_path / "nowhere")[0] == 2
    assert list(tmp_path.iterdir()) == []

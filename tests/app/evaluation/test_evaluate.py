"""`deepmix evaluate`: pairs of label maps, all measures, what is missed, and its folder."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from deepmix.cli import evaluation_table
from deepmix.datasets.phantoms import TISSUES
from deepmix.evaluation import boxes, measures, summary
from deepmix.evaluation.pairs import Pair
from deepmix.reference.evaluation import overlap, surfaces
from tests.app.cli.test_cli import run  # noqa: F401
from tests.problems import generators

SPACING = (1.5, 0.7, 4.0)


def write(path: Path, labels: np.ndarray, spacing=SPACING, origin=(-3.0, 8.0, 2.0)) -> Path:
    """A label map x, y[, z] as a file."""
    image = sitk.GetImageFromArray(labels.astype(np.uint16).T)
    image.SetSpacing(spacing[: labels.ndim])
    image.SetOrigin(origin[: labels.ndim])
    path.parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(image, str(path))
    return path


def boxed(*slices, value=1, shape=(12, 10, 8)) -> np.ndarray:
    labels = np.zeros(shape, int)
    labels[slices] = value
    return labels


def two_classes(shift: int = 0) -> np.ndarray:
    """A box of class 1 and one of class 2, moved along the last axis."""
    along = slice(1 + shift, 4 + shift)
    return boxed(slice(1, 5), slice(2, 8), along) + boxed(slice(7, 11), slice(2, 8), along, value=2)


def report_of(folder: Path) -> dict:
    return json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "evaluation.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_two_files_with_the_spacing_of_the_file(tmp_path, run):  # noqa: F811
    """Of three thick slices two overlap after a shift by one; no surface lies farther away than that slice."""
    truth = write(tmp_path / "truth.nii.gz", two_classes())
    prediction = write(tmp_path / "prediction.nii.gz", two_classes(shift=1))
    code, out, err = run("evaluate", prediction, truth, "-o", tmp_path / "out")
    assert (code, err) == (0, "")
    assert "HD95" in out
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == report_of(tmp_path / "out")["files"]
    report = report_of(tmp_path / "out")
    assert report["files"] == ["evaluation.csv", "evaluation.json", "evaluation.png"]
    scores = report["cases"]["truth"]["classes"]
    assert set(scores) == {"1", "2"}
    assert scores["1"]["dice"] == pytest.approx(2 / 3)
    assert scores["1"]["iou"] == pytest.approx(1 / 2)
    assert scores["1"]["volumetric_similarity"] == 1
    assert scores["1"]["hausdorff"] == pytest.approx(4, rel=1e-6)
    distances = surfaces.surface_distances(two_classes(1) == 1, two_classes() == 1, SPACING)
    for name in ("average_surface_distance", "average_symmetric_surface_distance"):
        assert scores["1"][name] == pytest.approx(getattr(surfaces, name)(*distances), rel=1e-6)
    assert scores["1"]["surface_dice"] == surfaces.surface_dice(*distances, 1.0)
    assert report["mean"]["dice"]["mean"] == pytest.approx(2 / 3)
    assert report["mean"]["dice"]["low"] is None  # of one case there is no interval
    assert [row["class"] for row in rows_of(tmp_path / "out")] == ["1", "2"]


def test_two_voxels_are_within_a_tolerance_of_two_voxels(tmp_path, run):  # noqa: F811
    """Although the file holds 0.8 in float32, which is more."""
    paths = [
        write(tmp_path / f"{first}.nii.gz", boxed(slice(first, first + 5), slice(2, 8)), (0.8, 0.8, 0.8))
        for first in (2, 4)
    ]
    dice = []
    for tolerance in (1.6, 1.59):
        code, *_ = run("evaluate", *paths, "--tolerance", tolerance, "-o", tmp_path / f"{tolerance}")
        assert code == 0
        dice.append(report_of(tmp_path / f"{tolerance}")["mean"]["surface_dice"]["mean"])
    assert dice[0] == 1 > dice[1]


def test_folders_by_name(tmp_path, run):  # noqa: F811
    """Files and folders of results, in any format; true cases without a prediction are named."""
    for name in ("a", "b.1", "c"):
        write(tmp_path / "truth" / f"{name}.nii.gz", two_classes())
    write(tmp_path / "found" / "a.mha", two_classes(1))
    write(tmp_path / "found" / "b.1" / "labels.nii.gz", two_classes())
    (tmp_path / "found" / "report.json").write_text("{}", encoding="utf-8")
    code, out, err = run("evaluate", tmp_path / "found", tmp_path / "truth", "-o", tmp_path / "out")
    assert (code, err) == (0, "warning: no prediction for c\n")
    assert "over 2 cases" in out
    report = report_of(tmp_path / "out")
    assert report["without_prediction"] == ["c"]
    assert [row["case"] for row in rows_of(tmp_path / "out")] == ["a", "a", "b.1", "b.1"]
    dice = report["classes"]["1"]["dice"]
    assert dice["n"] == 2
    assert dice["mean"] == pytest.approx((1 + 2 / 3) / 2)
    assert (dice["low"], dice["high"]) == (pytest.approx(2 / 3), 1)  # of two values an interval is all between
    write(tmp_path / "found" / "d.nii.gz", two_classes())
    code, _, err = run("evaluate", tmp_path / "found", tmp_path / "truth")
    assert code == 2
    assert "no truth for d" in err


def test_a_data_set_is_the_truth(tmp_path, run):  # noqa: F811
    """Codes of tissues are numbered as `deepmix predict` does, and named."""
    assert run("phantoms", tmp_path / "data", "-n", 3, "--size", 48)[0] == 0
    codes = (500, 200, 1220, 2221)
    for number in (101, 102, 103):
        file = sitk.ReadImage(str(next((tmp_path / "data").glob(f"*_{number}_gd.nii.gz"))))
        truth = sitk.GetArrayFromImage(file)
        labels = sum((truth == code) * number for number, code in enumerate(codes, start=1)).astype(np.uint8)
        image = sitk.GetImageFromArray(labels)
        image.CopyInformation(file)
        folder = tmp_path / "found" / str(number)
        folder.mkdir(parents=True)
        sitk.WriteImage(image, str(folder / "labels.nii.gz"))
    code, out, err = run("evaluate", tmp_path / "found", tmp_path / "data", "-o", tmp_path / "out")
    assert (code, err) == (0, "")
    report = report_of(tmp_path / "out")
    assert list(report["classes"]) == list(TISSUES)
    for name in TISSUES:
        assert name in out
        assert report["classes"][name]["dice"]["mean"] == 1
        assert report["classes"][name]["hausdorff"]["mean"] == 0
    assert report["labellings"]["adjusted_rand_index"]["mean"] == 1


def test_match_renames_the_classes_of_each_case(tmp_path, run):  # noqa: F811
    truth = two_classes()
    for name, of_one in {"a": 3, "b": 7}.items():
        write(tmp_path / "truth" / f"{name}.nii", truth * 100)
        write(tmp_path / "found" / f"{name}.nii", np.select([truth == 1, truth == 2], [of_one, 5]))
    folders = tmp_path / "found", tmp_path / "truth"
    code, _, err = run("evaluate", *folders)
    assert code == 2
    assert "the classes 3, 5, 7" in err
    assert "--match" in err
    code, out, _ = run("evaluate", *folders, "--match", "--classes", "left, right", "-o", tmp_path / "out")
    assert code == 0
    assert "left" in out
    report = report_of(tmp_path / "out")
    assert report["cases"]["a"]["matched"] == {"3": 100, "5": 200}
    assert report["cases"]["b"]["matched"] == {"7": 100, "5": 200}
    assert report["mean"]["dice"]["mean"] == 1
    assert list(report["classes"]) == ["left", "right"]


def test_match_where_one_of_both_is_empty(tmp_path, run):  # noqa: F811
    truth = two_classes()
    for name, (found, true) in {"a": (truth, truth), "b": (0 * truth, truth), "c": (truth, 0 * truth)}.items():
        write(tmp_path / "truth" / f"{name}.nii", true)
        write(tmp_path / "found" / f"{name}.nii", found)
    code, _, err = run("evaluate", tmp_path / "found", tmp_path / "truth", "--match", "-o", tmp_path / "out")
    assert (code, err) == (0, "")
    report = report_of(tmp_path / "out")
    assert [len(report["cases"][name]["matched"]) for name in "abc"] == [2, 0, 0]
    assert report["classes"]["1"]["hausdorff"]["misses"] == 1
    assert report["labellings"]["adjusted_rand_index"]["undefined"] == 1


def test_a_missed_structure_is_counted_and_not_dropped(tmp_path, run):  # noqa: F811
    """Class 2 is missed in b; in c it is found where there is none; a holds it in both, moved by 0.7 mm."""
    both, first = two_classes(), two_classes() * (two_classes() == 1)
    moved = np.roll(both, 1, axis=1)
    for name, (found, truth) in {"a": (moved, both), "b": (first, both), "c": (both, first)}.items():
        write(tmp_path / "truth" / f"{name}.nii.gz", truth)
        write(tmp_path / "found" / f"{name}.nii.gz", found)
    code, out, _ = run("evaluate", tmp_path / "found", tmp_path / "truth", "-o", tmp_path / "out")
    assert code == 0
    report = report_of(tmp_path / "out")
    distance = report["classes"]["2"]["hausdorff"]
    assert (distance["n"], distance["misses"], distance["undefined"]) == (1, 2, 0)
    assert distance["mean"] == pytest.approx(0.7, rel=1e-6)
    assert report["mean"]["hausdorff"]["misses"] == 2
    overlap = report["classes"]["2"]
    assert (overlap["dice"]["n"], overlap["precision"]["undefined"], overlap["sensitivity"]["undefined"]) == (
        3,
        1,
        1,
    )
    assert report["cases"]["b"]["classes"]["2"]["hausdorff"] == "inf"
    assert report["cases"]["b"]["classes"]["2"]["precision"] is None
    assert report["classes"]["1"]["hausdorff"]["misses"] == 0
    rows = {(row["case"], row["class"]): row for row in rows_of(tmp_path / "out")}
    assert rows["b", "2"]["hausdorff_95"] == rows["c", "2"]["hausdorff_95"] == "inf"
    assert rows["b", "2"]["precision"] == "nan"
    line = next(line for line in out.splitlines() if line.startswith(" 2"))
    assert line.split()[1] == "3"  # cases
    assert line.split()[-1] == "2"  # misses


def test_a_class_in_neither_map_is_no_case(tmp_path, run):  # noqa: F811
    both, first = two_classes(), two_classes() * (two_classes() == 1)
    for name, labels in {"a": both, "b": first}.items():
        write(tmp_path / "truth" / f"{name}.nii.gz", labels)
        write(tmp_path / "found" / f"{name}.nii.gz", labels)
    run("evaluate", tmp_path / "found", tmp_path / "truth", "-o", tmp_path / "out")
    found = report_of(tmp_path / "out")["classes"]
    assert found["1"]["dice"]["n"] == 2
    assert (found["2"]["dice"]["n"], found["2"]["dice"]["undefined"]) == (1, 0)


@pytest.mark.parametrize("suffix", ["png", "npy"])
def test_files_without_a_place_count_in_pixels(suffix, tmp_path, run):  # noqa: F811
    truth, found = (
        boxed(slice(2, 6), slice(3, 8), shape=(12, 10)),
        boxed(slice(2, 6), slice(5, 10), shape=(12, 10)),
    )
    for name, labels in {"truth": truth, "found": found}.items():
        if suffix == "npy":
            np.save(tmp_path / f"{name}.npy", labels)
        else:
            write(tmp_path / f"{name}.png", labels)
    files = tmp_path / f"found.{suffix}", tmp_path / f"truth.{suffix}"
    assert run("evaluate", *files, "-o", tmp_path / "out")[0] == 0
    assert report_of(tmp_path / "out")["classes"]["1"]["hausdorff"]["mean"] == 2


def test_a_volume_in_an_array(tmp_path, run):  # noqa: F811
    np.save(tmp_path / "truth.npy", two_classes())
    np.save(tmp_path / "found.npy", two_classes(1))
    assert run("evaluate", tmp_path / "found.npy", tmp_path / "truth.npy", "-o", tmp_path / "out")[0] == 0
    assert report_of(tmp_path / "out")["classes"]["2"]["hausdorff"]["mean"] == 1


def test_a_volume_of_one_slice_is_an_image(tmp_path):
    """Across the slice everything would be surface."""
    truth, found = boxed(slice(2, 6), slice(3, 8), shape=(12, 10)), boxed(slice(2, 7), slice(4, 9), shape=(12, 10))
    flat = measures.of_class(found == 1, truth == 1, (0.5, 2.0), 1.0)
    slab = measures.of_class(found[:, None] == 1, truth[:, None] == 1, (0.5, 9.0, 2.0), 1.0)
    assert slab == flat


@given(rng=generators, share=st.sampled_from((0.02, 0.3, 0.9)))
def test_measures_are_those_of_the_reference(rng, share):
    """The crop that makes large volumes fast changes nothing."""
    masks = rng.random((2, 6, 7, 5)) < share
    masks[:, :2] = masks[:, :, 5:] = False
    if not masks.any():
        masks[0, 3, 3, 3] = True
    spacing = (0.7, 1.0, 2.5)
    found = measures.of_class(*masks, spacing, 1.3)
    distances = surfaces.surface_distances(*masks, spacing)
    expected = {name: getattr(overlap, name)(*masks) for name in list(found)[:6]} | {
        "hausdorff": surfaces.hausdorff(*distances),
        "hausdorff_95": surfaces.hausdorff(*distances, 95),
        "average_surface_distance": surfaces.average_surface_distance(*distances),
        "average_symmetric_surface_distance": surfaces.average_symmetric_surface_distance(*distances),
        "surface_dice": surfaces.surface_dice(*distances, 1.3),
    }
    assert list(found) == list(expected) == list(measures.MEASURES)
    np.testing.assert_equal(found, expected)


def test_the_interval_is_that_of_the_mean():
    """About 1.96 deviations of the mean to either side, for many values; the seed says which."""
    values = np.random.default_rng(0).exponential(size=400)
    found = summary.summary(values, seed=3)
    assert found == summary.summary(values, seed=3) != summary.summary(values, seed=4)
    assert found.low < found.mean < found.high
    assert found.mean == pytest.approx(values.mean())
    assert found.high - found.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)
    assert summary.summary([0.5] * 9, 0)[:4] == (0.5, 0.5, 0.5, 9)
    assert summary.summary([0.5, np.inf, np.nan, 0.5, np.inf], 0) == (0.5, 0.5, 0.5, 2, 2, 1)
    assert np.isnan(summary.summary([np.inf], 0)[:3]).all()


def test_the_mean_is_of_cases_and_not_of_all_values():
    """A case with one class counts as much as one with three; within a case only finite values count."""
    one = dict.fromkeys(measures.MEASURES, 1.0)
    cases = [
        measures.CaseScores(
            pair=Pair(case="a", prediction=Path("a"), truth=Path("a"), codes={}),
            classes={1: one},
            labellings={},
            matched=None,
            names={},
        ),
        measures.CaseScores(
            pair=Pair(case="b", prediction=Path("b"), truth=Path("b"), codes={}),
            classes={k: one | {"dice": 0.0, "hausdorff": (3.0, np.inf, np.inf)[k - 1]} for k in (1, 2, 3)},
            labellings={},
            matched=None,
            names={},
        ),
    ]
    found = summary.over_classes(cases, 0)
    assert found["dice"].mean == 0.5
    assert found["hausdorff"].mean == 2
    assert (found["hausdorff"].n, found["hausdorff"].misses) == (2, 2)


ERRORS = {
    "missing file": (["missing.nii.gz", "truth.nii.gz"], "no such file: missing.nii.gz"),
    "missing truth": (["truth.nii.gz", "missing"], "no such file: missing"),
    "geometry": (["shifted.nii.gz", "truth.nii.gz"], "shifted.nii.gz does not match truth.nii.gz: origin"),
    "size": (["small.nii.gz", "truth.nii.gz"], "small.nii.gz does not match truth.nii.gz: size"),
    "no class": (["truth.nii.gz", "empty.nii.gz"], "empty.nii.gz holds no class"),
    "other classes": (["hundreds.nii.gz", "truth.nii.gz"], "add --match"),
    "not an image": (["text.nii.gz", "truth.nii.gz"], "text.nii.gz"),
    "a file and a folder": (["truth.nii.gz", "folder"], "one label map, folder holds many"),
    "nothing in it": (["nothing", "folder"], "no label maps in nothing"),
    "two of a name": (["twice", "folder"], "are both of the case a"),
    "two results": (["results", "truth.nii.gz"], "labels.nii.gz and labels.nrrd"),
    "names": (["truth.nii.gz", "truth.nii.gz", "--classes", "one"], "2 classes (1, 2) need as many names"),
    "names alike": (["truth.nii.gz", "truth.nii.gz", "--classes", "one,one"], "all different; got one, one"),
    "tolerance": (["truth.nii.gz", "truth.nii.gz", "--tolerance", "-1"], "--tolerance"),
    "an input in the folder": (["folder", "folder", "-o", "folder", "--overwrite"], "name another folder"),
    "a table without labels": (["folder", "cases.csv"], "names no true labels"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_one_clear_line(name, tmp_path, run, monkeypatch):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    truth = two_classes()
    write(Path("truth.nii.gz"), truth)
    write(Path("shifted.nii.gz"), truth, origin=(40, 8, 2))
    write(Path("small.nii.gz"), truth[:-1])
    write(Path("empty.nii.gz"), 0 * truth)
    write(Path("hundreds.nii.gz"), 100 * truth)
    for path in (
        "folder/a.nii.gz",
        "twice/a.nii.gz",
        "twice/a.nrrd",
        "results/labels.nii.gz",
        "results/labels.nrrd",
    ):
        write(Path(path), truth)
    Path("nothing").mkdir()
    Path("text.nii.gz").write_text("not an image", encoding="utf-8")
    Path("cases.csv").write_text("case,T1\na,truth.nii.gz\n", encoding="utf-8")
    arguments, expected = ERRORS[name]
    code, out, err = run("evaluate", *arguments, *([] if "-o" in arguments else ["-o", "out"]))
    assert code == 2
    assert out == ""
    assert expected in err
    assert len(err.splitlines()) == 1
    assert not Path("out").exists()


def test_a_failure_leaves_nothing(tmp_path, run, monkeypatch):  # noqa: F811
    def fail(*_, **__):
        raise OSError("the disk is full")

    monkeypatch.setattr(boxes, "draw", fail)
    truth = write(tmp_path / "truth.nii.gz", two_classes())
    assert run("evaluate", truth, truth, "-o", tmp_path / "out") == (2, "", "deepmix: the disk is full\n")
    assert list(tmp_path.iterdir()) == [truth]


def test_without_a_folder_nothing_is_written(tmp_path, run):  # noqa: F811
    truth = write(tmp_path / "truth.nii.gz", two_classes())
    code, out, _ = run("evaluate", truth, truth)
    assert code == 0
    assert "1.000" in out
    assert "results in" not in out
    assert list(tmp_path.iterdir()) == [truth]


def test_the_table_names_every_measure_it_shows():
    assert set(evaluation_table.COLUMNS) <= set(measures.MEASURES)
    assert set(boxes.PANELS) <= set(measures.MEASURES)

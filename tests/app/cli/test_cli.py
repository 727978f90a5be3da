"""The command: files in, a folder out; errors in one line with exit code 2."""

import json
import re
import sys
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
import SimpleITK as sitk

from deepmix import __version__, cli, memory
from deepmix.cli import demo
from deepmix.files import images
from deepmix.report import figures
from deepmix.segmentation import duration, room
from tests.app.segmentation.test_segmentation import blobs

TINY = ["--preset", "paper", "--depth", "1", "--filters", "2", "--max-steps", "12", "--learning-rate", "0.01"]


class Command:
    """Calls the command in a folder and keeps what it printed."""

    def __init__(self, capsys, monkeypatch) -> None:
        self.capsys, self.monkeypatch = capsys, monkeypatch

    def __call__(self, *arguments) -> tuple[int, str, str]:
        self.monkeypatch.setattr(sys, "argv", ["deepmix", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = self.capsys.readouterr()
        return ended.value.code or 0, printed.out, printed.err


@pytest.fixture
def run(capsys, monkeypatch) -> Command:
    return Command(capsys, monkeypatch)


@pytest.fixture
def case(tmp_path) -> Path:
    """A folder with two channels, a mask and a truth as oblique NIfTI."""
    image, truth, mask = blobs((20, 26, 3))
    truth = np.where(mask, truth * 100, 0)  # codes, as label maps have them
    arrays = {"a": image[0], "b": image[1], "mask": mask.astype(np.uint8), "truth": truth.astype(np.int16)}
    for name, array in arrays.items():
        file = sitk.GetImageFromArray(array.T)
        file.SetSpacing((1.5, 0.7, 4.0))
        file.SetOrigin((-3, 8, 2))
        file.SetDirection((0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1))
        sitk.WriteImage(file, str(tmp_path / f"{name}.nii.gz"))
    return tmp_path


@pytest.mark.parametrize("method", ["gmm", "svgmm", "deepg", "deepsvg"])
def test_segment_writes_the_folder(method, case, run):
    files = [case / "a.nii.gz", case / "b.nii.gz"]
    options = ["--mask", case / "mask.nii.gz", "--truth", case / "truth.nii.gz", "--method", method, *TINY]
    code, out, err = run("segment", *files, "-k", 3, *options, "--probabilities", "-o", case / "new" / "out")
    assert code == 0, err
    assert all("no pixel: try fewer classes" in line for line in err.splitlines())  # after a few steps
    assert "matched Dice" in out
    folder = case / "new" / "out"
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert sorted(path.name for path in folder.iterdir()) == report["files"]
    assert report["files"] == ["labels.nii.gz", "overlay.png", "probabilities.nii.gz", "report.json"]
    assert list(folder.parent.iterdir()) == [folder]  # no temporary folder stays
    labels, source = (sitk.ReadImage(str(path)) for path in (folder / "labels.nii.gz", files[0]))
    for of in ("GetSize", "GetSpacing", "GetOrigin", "GetDirection"):
        np.testing.assert_allclose(getattr(labels, of)(), getattr(source, of)(), atol=1e-5)
    values = sitk.GetArrayFromImage(labels).T
    mask = sitk.GetArrayFromImage(sitk.ReadImage(str(case / "mask.nii.gz"))).T
    assert ((values > 0) == (mask > 0)).all()
    assert set(report["dice"]) == {"100", "200", "300"}
    assert report["settings"]["method"] == report["method"] == method
    assert report["versions"]["deepmix"] == __version__
    assert (report["guide"] is None) == (method in ("gmm", "svgmm"))
    for fit in report["fits"]:
        assert fit["nll"] == fit["history"][-1]
        assert fit["status"] in ("converged", "max_steps")
        assert np.shape(fit["means"]) == (3, 2)
    if method == "gmm":
        assert report["mean_dice"] > 0.99
        truth = sitk.GetArrayFromImage(sitk.ReadImage(str(case / "truth.nii.gz"))).T
        assert (values == truth // 100).all()


def test_the_number_of_classes_by_bic_is_in_the_report(case, run):
    files = [case / "a.nii.gz", case / "b.nii.gz"]
    options = ["--mask", case / "mask.nii.gz", "--truth", case / "truth.nii.gz", "--method", "gmm"]
    code, out, err = run("segment", *files, "-k", "auto:2:4", *options, "-o", case / "out")
    assert (code, err) == (0, "")
    assert "3 classes by BIC (2: " in out
    report = json.loads((case / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["selection"]["n_components"] == report["settings"]["n_components"] == 3
    assert list(report["selection"]["bic"]) == ["2", "3", "4"]
    assert report["mean_dice"] > 0.99


def test_the_distribution_by_bic_is_told(case, run):
    options = ["--method", "gmm", "--distribution", "auto", "-o", case / "out"]
    code, out, err = run("segment", case / "a.nii.gz", "-k", 3, *options)
    assert code == 0, err
    report = json.loads((case / "out" / "report.json").read_text(encoding="utf-8"))
    assert f"\n{report['settings']['distribution']} by BIC (gaussian: " in out
    assert report["distribution"]["distribution"] == report["settings"]["distribution"]


def test_outliers_and_what_a_distribution_has_are_written(case, run):
    image = sitk.ReadImage(str(case / "a.nii.gz"))
    values = sitk.GetArrayFromImage(image).astype(np.float32)
    values[1, 5, 5] = 1e4  # far from all others, where the mask is true
    spiked = sitk.GetImageFromArray(values)
    spiked.CopyInformation(image)
    sitk.WriteImage(spiked, str(case / "spiked.nii.gz"))
    options = ["--method", "gmm", "--distribution", "student", "--degrees", 4, "-o", case / "out"]
    code, _, err = run("segment", case / "spiked.nii.gz", "-k", 3, *options)
    assert code == 0, err
    report = json.loads((case / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["fits"][0]["degrees"] == [4, 4, 4]
    written = sitk.GetArrayFromImage(sitk.ReadImage(str(case / "out" / "outliers.nii.gz")))
    assert np.unravel_index(written.argmax(), written.shape) == (1, 5, 5)
    code, _, err = run("report", case / "out")
    assert code == 0, err
    assert "Histograms and densities" in (case / "out" / "report.html").read_text(encoding="utf-8")


DISTRIBUTIONS = {  # the settings of each, which go with no other
    "student": {"degrees": "each"},
    "rician": {"noise": "each", "background": True},
    "gamma": {"looks": 3.0},
}


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_every_setting_of_a_distribution_can_be_set(distribution, case, run):
    given = DISTRIBUTIONS[distribution]
    options = [f"--{name}" if value is True else f"--{name}={value}" for name, value in given.items()]
    arguments = ["--method", "gmm", "--distribution", distribution, *options, "-o", case / "out"]
    code, _, err = run("segment", case / "a.nii.gz", "--mask", case / "mask.nii.gz", "-k", 3, *arguments)
    assert code == 0, err
    settings = json.loads((case / "out" / "report.json").read_text(encoding="utf-8"))["settings"]
    assert {name: settings[name] for name in given} == given


def test_every_setting_can_be_set(case, run):
    """Each option of the command reaches the settings in the report."""
    np.savetxt(case / "means.txt", [[100, 40], [200, 30], [300, 20]])
    options = {
        "method": "deepg", "seed": 4, "slices": "1:2", "standardize": "image", "covariance-type": "full",
        "initialization": "random", "svgmm-start": "initial", "tol": 0.5, "max-iter": 7, "depth": 1, "filters": 3,
        "negative-slope": 0.2, "margin": 2, "learning-rate": 0.02, "weight-decay": 0.3, "max-norm": 5.0,
        "min-steps": 1, "max-steps": 4, "m-step-gradient": "held", "m-step-weights": "posterior",
        "label-rule": "posterior", "total-variation": 0.1, "mean-prior": 0.2, "warm-start": 3, "follow": 2,
        "device": "cpu", "dtype": "float64", "backend": "accelerated", "fuzzifier": 1.5, "beta": 0.3,
        "objective": "nll", "m-step-every": 3, "m-step-damping": 0.25, "guide": "hmrf", "contamination": 0.1,
        "class-sizes": "free", "clip-percentiles": 1.5, "shrink": 2,
        "entropy": 0.1, "markov": 0.2, "volumes": "0.2,0.3,0.5", "volumes-weight": 0.5, "distribution": "gaussian",
        "dimension": 3, "spacing": "1,1,2.5",
    }  # fmt: skip
    arguments = [item for name, value in options.items() for item in (f"--{name}", value)]
    arguments += ["--diagonals"]
    arguments += ["--means-init", case / "means.txt", "-o", case / "out"]
    code, _, err = run("segment", case / "a.nii.gz", case / "b.nii.gz", "--classes", 3, *arguments)
    assert code == 0, err
    settings = json.loads((case / "out" / "report.json").read_text(encoding="utf-8"))["settings"]
    assert settings.pop("n_components") == 3
    assert settings.pop("means_init") == [[100, 40], [200, 30], [300, 20]]
    assert settings.pop("restarts") == 1  # the means are one start
    of_others = {
        "degrees": "shared",
        "noise": "shared",
        "background": False,
        "looks": None,
        "patch": None,  # with the free energy only: see below
    }  # not Gaussian: see above
    assert {name: settings.pop(name) for name in of_others} == of_others
    assert settings == {name.replace("-", "_"): value for name, value in options.items()} | {
        "slices": [1, 2],
        "volumes": [0.2, 0.3, 0.5],
        "spacing": [1, 1, 2.5],
        "diagonals": True,
    }


def test_one_network_for_a_volume_takes_the_spacing_of_its_file(case, run):
    options = ["-k", 3, "--mask", case / "mask.nii.gz", "--truth", case / "truth.nii.gz", "--dimension", 3]
    options += ["--depth", 1, "--filters", 4, "--warm-start", 80, "--max-steps", 3, "--learning-rate", 0.02]
    options += ["--backend", "reference", "--beta", 1, "--patch", 8]
    code, _, err = run("segment", case / "a.nii.gz", *options, "-o", case / "out")
    assert code == 0, err
    report = json.loads((case / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["settings"]["spacing"] == pytest.approx([1.5, 0.7, 4])
    assert report["settings"]["patch"] == 8
    assert [fit["slice"] for fit in report["fits"]] == [None]
    assert report["mean_dice"] > 0.9
    labels, like = (images.read_image([case / name]) for name in ("out/labels.nii.gz", "a.nii.gz"))
    assert labels.geometry.spacing == pytest.approx(like.geometry.spacing)


@pytest.mark.parametrize(("name", "written"), [("a.nii.gz", "ambiguity.nii.gz"), ("a.png", "ambiguity.tif")])
def test_how_unsure_a_label_is_can_be_written(tmp_path, run, name, written):
    image, _, _ = blobs()
    picture = sitk.GetImageFromArray(image[0].clip(0, 255).astype(np.uint8))
    sitk.WriteImage(picture, str(tmp_path / name))
    options = ["-k", 3, "--method", "hmrf", "--ambiguity", "-o", tmp_path / "out"]
    code, out, _ = run("segment", tmp_path / name, *options)
    assert code == 0
    assert "of a pixel's class" in out
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    values = images.read_image([tmp_path / "out" / written]).channels
    assert values.mean() == pytest.approx(report["ambiguity"], rel=1e-4)
    assert written in report["files"]
    assert set(report["doubt"]) == {"told", "agreement", "n_starts"}


def test_a_picture_gives_a_picture(tmp_path, run):
    image, _, _ = blobs()
    rgb = np.stack([image[0] / 2, image[1], image[1]], axis=-1).clip(0, 255).astype(np.uint8)
    sitk.WriteImage(sitk.GetImageFromArray(rgb, isVector=True), str(tmp_path / "photo.png"))
    code, _, _ = run("segment", tmp_path / "photo.png", "-k", 3, "--method", "gmm", "-o", tmp_path / "out")
    assert code == 0
    labels = sitk.ReadImage(str(tmp_path / "out" / "labels.png"))
    assert labels.GetSize() == (26, 20)
    assert labels.GetPixelIDValue() == sitk.sitkUInt8
    assert set(np.unique(sitk.GetArrayFromImage(labels))) == {1, 2, 3}


def test_overwrite_replaces_the_old_results_and_nothing_else(case, run):
    first = ["segment", case / "a.nii.gz", "-k", 2, "--method", "gmm", "-o", case / "out"]
    assert run(*first, "--probabilities")[0] == 0
    (case / "out" / "notes.txt").write_text("mine", encoding="utf-8")
    code, _, err = run(*first)
    assert (code, len(err.splitlines())) == (2, 1)
    assert "--overwrite" in err
    assert run(*first, "--overwrite")[0] == 0
    left = sorted(path.name for path in (case / "out").iterdir())
    assert left == ["labels.nii.gz", "notes.txt", "overlay.png", "report.json"]


def test_inputs_in_the_folder_of_the_results_are_safe(case, run):
    """Results replace what an earlier report lists, so no input may lie there."""
    assert run("segment", case / "a.nii.gz", "-k", 2, "--method", "gmm", "-o", case / "out")[0] == 0
    labels = case / "out" / "labels.nii.gz"
    again = ["segment", case / "a.nii.gz", "--mask", labels, "-k", 2, "--method", "gmm", "--overwrite"]
    code, _, err = run(*again, "-o", case / "out")
    assert code == 2
    assert "name another folder" in err
    assert labels.exists()


def test_brackets_in_a_path_are_no_markup(case, run):
    folder = case / "o_[red]x [brace"
    code, out, _ = run("segment", case / "a.nii.gz", "-k", 2, "--method", "gmm", "-o", folder)
    assert code == 0
    assert f"results in {folder}" in out
    assert (folder / "report.json").exists()


def test_an_empty_folder_takes_the_results_itself(case, run):
    """It may be a mount point: the temporary files are made inside, not beside it."""
    (case / "out").mkdir()
    identity = (case / "out").stat().st_ino
    assert run("segment", case / "a.nii.gz", "-k", 2, "--method", "gmm", "-o", case / "out")[0] == 0
    assert (case / "out").stat().st_ino == identity
    assert sorted(path.name for path in (case / "out").iterdir()) == [
        "labels.nii.gz",
        "overlay.png",
        "report.json",
    ]


def test_a_failure_leaves_nothing(case, run, monkeypatch):
    def fail(*_, **__):
        raise OSError("the disk is full")

    monkeypatch.setattr(figures, "overlay", fail)
    before = sorted(case.iterdir())
    code, out, err = run("segment", case / "a.nii.gz", "-k", 2, "--method", "gmm", "-o", case / "out")
    assert (code, out, err) == (2, "", "deepmix: the disk is full\n")
    assert sorted(case.iterdir()) == before


ERRORS = {
    "missing file": (["missing.nii.gz", "-k", "3"], "missing.nii.gz"),
    "unknown method": (["a.nii.gz", "-k", "3", "--method", "magic"], "magic"),
    "unknown backend": (["a.nii.gz", "-k", "3", "--backend", "magic"], "magic"),
    "geometry": (["a.nii.gz", "shifted.nii.gz", "-k", "3"], "shifted.nii.gz"),
    "geometry of the mask": (["a.nii.gz", "-k", "3", "--mask", "shifted.nii.gz"], "shifted.nii.gz"),
    "empty mask": (["a.nii.gz", "-k", "3", "--mask", "empty.nii.gz"], "empty"),
    "no such slices": (["a.nii.gz", "-k", "3", "--slices", "7:9"], "empty in the slices"),
    "slices": (["a.nii.gz", "-k", "3", "--slices", "first"], "A:B"),
    "NaN": (["nan.nii.gz", "-k", "3"], "NaN"),
    "too many classes": (["a.nii.gz", "-k", "3", "--mask", "two.nii.gz", "--method", "gmm"], "n_components"),
    "means": (["a.nii.gz", "-k", "3", "--means-init", "missing.txt"], "missing.txt"),
    "truth": (["a.nii.gz", "-k", "3", "--method", "gmm", "--truth", "empty.nii.gz"], "no class"),
    "not an image": (["text.nii.gz", "-k", "3"], "text.nii.gz"),
    "no number": (["a.nii.gz", "-k", "three"], "integer"),
    "no classes": (["a.nii.gz"], "classes"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_one_clear_line(name, case, run, monkeypatch):
    monkeypatch.chdir(case)
    source = sitk.ReadImage("a.nii.gz")
    array = sitk.GetArrayFromImage(source)
    for file, values in {
        "nan": np.where(array > 250, np.nan, array),
        "empty": np.zeros_like(array),
        "two": (np.arange(array.size).reshape(array.shape) < 2).astype(np.float64),
        "shifted": array,
    }.items():
        image = sitk.GetImageFromArray(values)
        image.CopyInformation(source)
        if file == "shifted":
            image.SetOrigin((40, 8, 2))
        sitk.WriteImage(image, f"{file}.nii.gz")
    Path("text.nii.gz").write_text("not an image", encoding="utf-8")
    arguments, expected = ERRORS[name]
    code, out, err = run("segment", *arguments, "-o", "out")
    assert code == 2
    assert out == ""
    assert expected in err
    assert "Traceback" not in err
    if err.startswith("deepmix:"):  # Typer frames what it finds wrong itself
        assert len(err.splitlines()) == 1
    assert not Path("out").exists()
    assert not list(Path().glob(".out*"))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError("Unable to allocate 29.1 TiB for an array"), "Unable to allocate 29.1 TiB for an array"),
        (MemoryError(), "an array is too large"),
        (
            RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes.\nBuffers:\n  lots of them"),
            "Out of memory allocating 9 bytes;",
        ),
    ],
)
def test_too_little_memory_is_one_clear_line(error, said, case, run, monkeypatch):
    """Of NumPy, of Python, of JAX; nothing is left behind."""

    def fail(*_, **__):
        raise error

    monkeypatch.setattr(figures, "overlay", fail)
    code, out, err = run("segment", case / "a.nii.gz", "-k", 2, "--method", "gmm", "-o", case / "out")
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert err.startswith("deepmix: not enough memory: " + said)
    assert "take fewer pixels at once" in err
    assert "lots of them" not in err
    assert not (case / "out").exists()


@pytest.mark.parametrize("error", [RuntimeError("INTERNAL: a bug"), TypeError("Unable to allocate sense")])
def test_mistakes_of_the_program_are_no_lack_of_memory(error, case, monkeypatch):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(figures, "overlay", fail)
    given = ["segment", case / "a.nii.gz", "-k", 2, "--method", "gmm", "-o", case / "out"]
    monkeypatch.setattr(sys, "argv", ["deepmix", *map(str, given)])
    with pytest.raises(type(error), match=str(error)):
        cli.main()


def test_what_jax_raises_if_memory_is_short_is_known():
    with pytest.raises(RuntimeError) as raised:
        jnp.zeros((10**7, 10**7))
    assert "Out of memory" in memory.lacking(raised.value)
    assert memory.lacking(ValueError("RESOURCE_EXHAUSTED")) == ""


def test_time_and_memory_are_told_before_the_work(case, run, monkeypatch):
    monkeypatch.setattr(duration, "LONG", 0)
    code, _, err = run("segment", case / "a.nii.gz", "-k", 2, "--method", "gmm", "-o", case / "out")
    assert code == 0
    assert re.search(r"gmm: a second or so on two cores; --shrink 4: a second; about \d+ MiB of memory\n", err)


def test_an_image_too_large_for_the_memory_is_refused(case, run, monkeypatch):
    """Before anything is read or written, with what it would need."""
    monkeypatch.setattr(memory, "available", lambda: 1000)
    monkeypatch.setattr(room, "ALWAYS", 0)
    code, out, err = run("segment", case / "a.nii.gz", "-k", 3, "--method", "hmrf", "-o", case / "out")
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert "hmrf needs about" in err
    assert not (case / "out").exists()


def test_the_peak_of_the_memory_is_in_the_report(case, run):
    code, out, _ = run("segment", case / "a.nii.gz", "-k", 3, "--method", "gmm", "-o", case / "out")
    peak = json.loads((case / "out" / "report.json").read_text(encoding="utf-8"))["peak_memory"]
    assert code == 0
    assert 2**24 < peak < memory.peak() + 1
    assert f"at most {memory.said(peak)}" in out


def test_a_file_is_no_folder(case, run):
    code, _, err = run("segment", case / "a.nii.gz", "-k", 2, "-o", case / "a.nii.gz")
    assert code == 2
    assert "is a file" in err


def test_warnings_are_said_once_in_a_line(tmp_path, run):
    np.save(tmp_path / "flat.npy", np.stack([blobs()[0][0], np.full((20, 26), 3.0)]))
    code, _, err = run("segment", tmp_path / "flat.npy", "-k", 2, "--method", "svgmm", "-o", tmp_path / "out")
    assert code == 0
    assert err.splitlines() == ["warning: channel 1 is constant inside the mask and says nothing"]
    assert (tmp_path / "out" / "labels.npy").exists()


def test_version_and_help(run):
    assert run("--version") == (0, f"deepmix {__version__}\n", "")
    code, out, _ = run("segment", "--help")
    assert code == 0
    assert "--covariance-type" in out


@pytest.mark.thorough
def test_demo(tmp_path, run, monkeypatch):
    monkeypatch.setattr(demo, "SMALL", {"depth": 1, "filters": 2, "max_steps": 12})
    code, out, _ = run("demo", "--size", 48, "-o", tmp_path / "out")
    assert code == 0
    for word in ("gmm", "svgmm", "deepg", "deepsvg", "myocardium", "NLL"):
        assert word in out
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert set(report["methods"]) == {"gmm", "svgmm", "deepg", "deepsvg", "robust"}
    assert all((tmp_path / "out" / name).exists() for name in report["files"])
    shown = tmp_path / "out" / "phantom.npy", "--mask", tmp_path / "out" / "truth.npy"
    assert run("segment", *shown, "-k", 4, "--method", "gmm", "-o", tmp_path / "again")[0] == 0

"""`deepmix train` and `deepmix predict`: a data set in, a run folder out, new images through it."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from deepmix import datasets
from deepmix.datasets import drawn, myops
from deepmix.datasets.phantoms import TISSUES
from deepmix.files import images
from deepmix.reference.types import Status
from tests.app.cli.test_cli import Command

pytest.importorskip("orbax.checkpoint", reason="needs the extra train")

from deepmix.settings import nested
from deepmix.training import data, job, runs
from deepmix.training.execution import Execution
from deepmix.training.settings import TrainSettings

ALONE = Execution(mesh=None, part=(0, 1))
TINY = {"depth": 1, "filters": 2, "crop": 32, "max_epochs": 3, "tol": 0.0, "batch_size": 3, "learning_rate": 0.01}
NETWORK = ["--depth", 1, "--filters", 2, "--crop", 32, "--max-epochs", 3, "--batch-size", 3]
NUMBERS = (101, 102, 109, 114)  # the last two are patients for testing


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("phantoms")
    for number in NUMBERS:
        drawn.write(folder, number, drawn.draw(number, 48)[:2])
    return folder


@pytest.fixture(scope="module")
def run_folder(phantoms, tmp_path_factory) -> Path:
    """Of a finished run, with means from labelled cases."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    assert (
        job.train(phantoms, folder, nested(TrainSettings, n_components=4, means_init="auto", **TINY), ALONE)
        == Status.max_steps
    )
    return folder


@pytest.fixture
def run(capsys, monkeypatch) -> Command:
    return Command(capsys, monkeypatch)


def read(path: Path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_who_trains_and_who_tests(phantoms):
    found = data.read(phantoms, nested(TrainSettings, n_components=4, **TINY))
    assert found.record["cases"]["training"] == ["101", "102"]
    assert found.record["cases"]["test"] == ["109", "114"]
    assert len(found.training) == len(found.watched) == 4
    assert not any(item.truth.any() for item in found.training)  # nobody asked for supervision
    chosen = data.read(phantoms, nested(TrainSettings, n_components=4, test=("101",), **TINY))
    assert chosen.record["cases"]["training"] == ["102", "109", "114"]
    everyone = data.read(phantoms, nested(TrainSettings, n_components=4, test=(), **TINY))
    assert everyone.record["cases"]["test"] == []
    assert len(everyone.watched) == 8  # then those are watched that train
    with pytest.raises(ValueError, match="no case is of the test patients 7, 8"):
        data.read(phantoms, nested(TrainSettings, n_components=4, test=("8", "101", "7"), **TINY))
    with pytest.raises(ValueError, match="none is left to train on"):
        data.read(phantoms, nested(TrainSettings, n_components=4, test=tuple(map(str, NUMBERS)), **TINY))


def test_means_come_from_training_cases_alone_and_say_from_which(phantoms, tmp_path):
    settings = nested(TrainSettings, n_components=4, means_init="auto", prior_cases=1, **TINY)
    found = data.read(phantoms, settings)
    (chosen,) = found.record["cases"]["means"]
    assert chosen in ("101", "102")
    alone = data.read(
        phantoms, nested(TrainSettings, n_components=4, means_init="auto", test=(), **TINY | {"max_epochs": 1})
    )
    assert alone.means.shape == (4, 3)
    for test in ("109", "114"):  # other test cases, the same means
        for kind in ("C0", "DE", "T2", "gd"):
            source = phantoms / f"myops_training_101_{kind}.nii.gz"
            (tmp_path / source.name).write_bytes(source.read_bytes())
            (tmp_path / source.name.replace("101", "102")).write_bytes(
                (phantoms / source.name.replace("101", "102")).read_bytes()
            )
            (tmp_path / source.name.replace("101", test)).write_bytes(source.read_bytes())
    np.testing.assert_array_equal(data.read(tmp_path, settings).means, found.means)
    table = tmp_path / "means.csv"
    np.savetxt(table, found.means, delimiter=",")
    np.testing.assert_allclose(
        data.read(phantoms, nested(TrainSettings, n_components=4, means_init=str(table), **TINY)).means,
        found.means,
    )
    np.savetxt(table, found.means[:3], delimiter=",")
    with pytest.raises(ValueError, match="4 classes of 3 channels need 4 rows of 3"):
        data.read(phantoms, nested(TrainSettings, n_components=4, means_init=str(table), **TINY))


@pytest.mark.parametrize(("fraction", "labelled"), [(0.0, 0), (0.5, 1), (1.0, 2)])
def test_a_fraction_of_the_cases_is_labelled(phantoms, fraction, labelled):
    means = "auto" if labelled else None
    settings = nested(
        TrainSettings, n_components=4, supervision=1.0, labelled_fraction=fraction, means_init=means, **TINY
    )
    found = data.read(phantoms, settings)
    assert len(found.record["cases"]["labelled"]) == labelled
    assert found.record["cases"]["means"] == found.record["cases"]["labelled"]  # no truth beyond the fraction
    assert sum(bool(item.truth.any()) for item in found.training) == 2 * labelled


def test_a_run_folder_holds_what_its_use_needs(run_folder):
    assert {path.name for path in run_folder.iterdir()} == {
        "checkpoints", "config.json", "curves.csv", "curves.png", "metrics.jsonl", "parameters.npz", "report.json",
    }  # fmt: skip
    config, report = read(run_folder / "config.json"), read(run_folder / "report.json")
    assert config["settings"]["filters"] == 2
    assert config["data"]["codes"] == myops.CODES
    assert config["data"]["channels"] == ["bSSFP", "LGE", "T2"]
    assert config["data"]["size"] == [32, 32]
    assert config["data"]["cases"]["means"]
    assert config["versions"]["deepmix"]
    assert (report["status"], report["epochs"]) == ("max_steps", 3)
    lines = runs.metrics(run_folder)
    assert [line.epoch for line in lines] == [0, 1, 2]
    assert list(lines[0].dice) == list(TISSUES)
    assert lines[0].regularizer > 0
    assert lines[0].learning_rate == pytest.approx(0.01)
    assert lines[2].learning_rate == pytest.approx(0.01 * (1 / 3) ** 0.9)
    with (run_folder / "curves.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["nll"]) for row in rows] == [line.nll for line in lines]
    trained = runs.load(run_folder)
    assert trained.settings == nested(TrainSettings, n_components=4, means_init="auto", **TINY)
    assert trained.parameters["encoder_0"]["conv_0"]["kernel"].shape == (3, 3, 3, 2)


def test_another_run_with_the_same_seed_learns_the_same(phantoms, run_folder, tmp_path):
    for seed, same in ((0, True), (1, False)):
        job.train(
            phantoms,
            tmp_path / str(seed),
            nested(TrainSettings, n_components=4, means_init="auto", seed=seed, **TINY),
            ALONE,
        )
        one, other = (np.load(folder / "parameters.npz") for folder in (run_folder, tmp_path / str(seed)))
        assert all(np.array_equal(one[name], other[name]) for name in one) == same


def test_checkpoints_come_every_so_many_steps_and_after_each_epoch(phantoms, tmp_path):
    """Four images in batches of one: steps 3, 6, … and 4, 8, …, of which the last three stay."""
    job.train(
        phantoms,
        tmp_path / "run",
        nested(TrainSettings, n_components=4, **TINY | {"batch_size": 1}),
        ALONE,
        every=3,
    )
    assert {path.name for path in (tmp_path / "run" / "checkpoints").iterdir()} == {"8", "9", "12"}
    assert {line.regularizer for line in runs.metrics(tmp_path / "run")} == {0}  # not the rounding of a difference


def test_what_is_not_finite_is_said(run, phantoms, tmp_path):
    command = ["train", phantoms, "-k", 4, "-o", tmp_path / "run", *NETWORK]
    code, printed, err = run(*command, "--learning-rate", 1e30)
    assert code == 0
    assert "NLL not finite" in printed
    assert "non_finite" in printed
    assert err.startswith("warning: ")
    assert np.isfinite(np.load(tmp_path / "run" / "parameters.npz")["head/bias"]).all()


def test_slices_with_fewer_pixels_than_classes_are_left_out(tmp_path):
    """And what stands outside the mask may be anything."""
    rng, mask = np.random.default_rng(0), np.zeros((16, 16), int)
    mask[4:12, 4:12] = 1
    few = np.zeros_like(mask)
    few[3, 3:5] = 1
    for name, inside in (("a", mask), ("b", few)):
        image = np.where(inside, rng.normal(size=mask.shape), -3e38).astype(np.float32)
        np.save(tmp_path / f"{name}.npy", image)
        np.save(tmp_path / f"{name}_mask.npy", inside)
    (tmp_path / "cases.csv").write_text("case,t1,mask\na,a.npy,a_mask.npy\nb,b.npy,b_mask.npy\n", encoding="utf-8")
    settings = nested(TrainSettings, n_components=3, **TINY | {"crop": 16, "augment": False})
    with pytest.warns(UserWarning, match="1 slices have fewer pixels in the mask than classes"):
        assert job.train(tmp_path / "cases.csv", tmp_path / "run", settings, ALONE) == Status.max_steps
    assert read(tmp_path / "run" / "config.json")["data"]["cases"]["training"] == ["a"]


def test_training_lowers_the_nll(phantoms, tmp_path):
    settings = nested(TrainSettings, n_components=4, **TINY | {"max_epochs": 8, "augment": False})
    job.train(phantoms, tmp_path / "run", settings, ALONE)
    nlls = [line.nll for line in runs.metrics(tmp_path / "run")]
    assert nlls[-1] < nlls[0] - 0.1


def test_the_commands(run, phantoms, tmp_path):
    out = tmp_path / "run"
    code, printed, err = run("train", phantoms, "-k", 4, "-o", out, *NETWORK, "--mean-prior", "auto")
    assert (code, err) == (0, "")
    assert printed.splitlines()[0].endswith("s")
    assert "max_steps" in printed
    assert "Dice" in printed
    assert printed.splitlines()[-1] == f"run in {out}"
    channels = [phantoms / f"myops_training_109_{kind}.nii.gz" for kind in ("C0", "DE", "T2")]
    truth = phantoms / "myops_training_109_gd.nii.gz"
    known = ["--mask", truth, "--truth", truth]  # codes as the data set has them
    code, printed, err = run("predict", out, *channels, *known, "-o", tmp_path / "one", "--probabilities")
    assert (code, err) == (0, "")
    assert list(read(tmp_path / "one" / "report.json")["dice"]) == ["1", "2", "3", "4"]
    assert {path.name for path in (tmp_path / "one").iterdir()} == {
        "labels.nii.gz", "probabilities.nii.gz", "overlay.png", "report.json",
    }  # fmt: skip
    code, printed, err = run("predict", out, "--table", phantoms, "-o", tmp_path / "all", "--backend", "reference")
    assert (code, err) == (0, "")
    assert "109: NLL" in printed
    assert "Dice" in printed
    assert {path.name for path in (tmp_path / "all").iterdir()} == {*map(str, NUMBERS), "report.json"}
    case = next(case for case in datasets.find(phantoms) if case.name == "109")
    image = images.read_image(list(case.channels.values()))
    alone, of_table = (images.read_labels(tmp_path / name / "labels.nii.gz", image) for name in ("one", "all/109"))
    tissue = images.read_labels(truth, image)
    np.testing.assert_array_equal(of_table > 0, np.isin(tissue, [200, 500, 1220, 2221]))
    assert (alone[of_table > 0] > 0).all()
    assert set(np.unique(of_table)) <= {0, 1, 2, 3, 4}


def test_both_backends_predict_the_same(run, run_folder, phantoms, tmp_path):
    for backend in ("accelerated", "reference"):
        code, _, err = run(
            "predict",
            run_folder,
            "--table",
            phantoms,
            "-o",
            tmp_path / backend,
            "--backend",
            backend,
            "--probabilities",
        )
        assert (code, err) == (0, "")
    for number in NUMBERS:
        one, other = (
            images.read_image([tmp_path / backend / str(number) / "probabilities.nii.gz"]).channels
            for backend in ("accelerated", "reference")
        )
        np.testing.assert_allclose(one, other, atol=2e-4)
        labels = [tmp_path / backend / str(number) / "report.json" for backend in ("accelerated", "reference")]
        assert read(labels[0])["mean_dice"] == pytest.approx(read(labels[1])["mean_dice"], abs=0.01)


def test_a_run_can_be_used_elsewhere(run, run_folder, phantoms, tmp_path):
    """Without the data, the checkpoints and the curves."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("config.json", "parameters.npz"):
        shutil.copy(run_folder / name, elsewhere / name)
    code, printed, _ = run("predict", elsewhere, "--table", phantoms, "-o", tmp_path / "out")
    assert code == 0
    assert printed.count("Dice") == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--classes", 3, "--mean-prior", "auto"], "there are 3 classes"),
        (["--mean-prior", "nothing.csv"], "no such file: nothing.csv"),
        (["--crop", 31], "crop must be a multiple of 2^depth = 2, got 31"),
        (["--crop", 8], "too many for a crop of 8×8"),
        (["--test", "77"], "no case is of the test patients 77"),
        (["--labelled-fraction", 2], "labelled_fraction must be from 0 to 1"),
        (["--checkpoint-every", 0], "checkpoint_every must be at least 1"),
        (["--method", "gmm"], "method must be one of deepg, deepsvg"),
        (["--device", "tpu"], "there is no device 'tpu' here"),
        (["--coordinator", "nowhere"], "cannot join the other processes"),
        (["--coordinator", "nowhere:1", "--device", "cpu"], "--device is for one process"),
        (["--processes", 2, "--process", 1], "--processes and --process go with --coordinator"),
        (["--lambda-batch", 1], "mean_prior_of_batch needs means_init"),
        (["--labelled-fraction", 0.5], "labelled_fraction goes with supervision"),
        (["--seed", 2**32], "seed must be below 2^32"),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(run, phantoms, tmp_path, arguments, message):
    code, printed, err = run("train", phantoms, "-k", 4, "-o", tmp_path / "run", *NETWORK, *arguments)
    assert code == 2
    assert message in err
    assert err.count("\n") == 1
    assert printed == ""
    assert not (tmp_path / "run").exists()


def test_bad_cases_stop_training_or_are_left_out(run, phantoms, tmp_path):
    folder = tmp_path / "phantoms"
    shutil.copytree(phantoms, folder)
    (folder / "myops_training_101_T2.nii.gz").unlink()
    (folder / "myops_training_114_DE.nii.gz").write_bytes(b"nothing")
    command = ["train", folder, "-k", 4, *NETWORK, "--max-epochs", 1]
    code, _, err = run(*command, "-o", tmp_path / "run")
    assert code == 2
    assert "2 of 4 cases cannot be used: 101: no T2 file; 114: " in err
    assert not (tmp_path / "run").exists()
    code, _, _ = run(*command, "-o", tmp_path / "run", "--skip-bad")
    assert code == 0
    cases = read(tmp_path / "run" / "config.json")["data"]["cases"]
    assert list(cases["skipped"]) == ["101", "114"]
    assert (cases["training"], cases["test"]) == (["102"], ["109"])


def test_predictions_write_over_no_run_and_no_data(run, run_folder, phantoms, tmp_path):
    for name, source in (("run", run_folder), ("phantoms", phantoms)):
        shutil.copytree(source, tmp_path / name)
    trained, data_set = tmp_path / "run", tmp_path / "phantoms"
    before = sorted(path.name for path in (*trained.iterdir(), *data_set.iterdir()))
    for output in (trained, data_set, tmp_path):
        code, _, err = run("predict", trained, "--table", data_set, "-o", output, "--overwrite")
        assert code == 2
        assert "whose files are replaced; name another folder" in err
    assert sorted(path.name for path in (*trained.iterdir(), *data_set.iterdir())) == before


def test_channels_are_told_apart_by_name(run, tmp_path, phantoms):
    """Columns in another order are the same channels; other names are none."""
    cases = {case.name: case for case in datasets.find(phantoms)}
    for name, case in cases.items():
        codes = images.read_image([case.labels])
        images.write_labels(tmp_path / f"mask_{name}", (codes.channels[0] > 0).astype(int), codes)

    def table(name: str, columns: dict[str, str]) -> Path:
        lines = [",".join(["case", *columns, "mask"])]
        for case in cases.values():
            channels = [str(case.channels[channel]) for channel in columns.values()]
            lines.append(",".join([case.name, *channels, str(tmp_path / f"mask_{case.name}.nii.gz")]))
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    settings = nested(TrainSettings, n_components=4, **TINY | {"crop": 48})
    job.train(table("a.csv", {"LGE": "LGE", "T2": "T2"}), tmp_path / "run", settings, ALONE)
    for name, columns in (("b", {"LGE": "LGE", "T2": "T2"}), ("c", {"T2": "T2", "LGE": "LGE"})):
        code, _, err = run(
            "predict", tmp_path / "run", "--table", table(f"{name}.csv", columns), "-o", tmp_path / name
        )
        assert (code, err) == (0, "")
    for case in cases:
        one, other = (read(tmp_path / name / case / "report.json") for name in "bc")
        assert one["slices"] == other["slices"]
    strange = table("d.csv", {"LGE": "LGE", "T1": "T2"})
    code, _, err = run("predict", tmp_path / "run", "--table", strange, "-o", tmp_path / "d")
    assert code == 2
    assert "101: its channels are LGE, T1, those of the run LGE, T2" in err


def test_a_folder_is_not_written_over_by_mistake(run, run_folder, phantoms, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(run_folder, folder)
    before = (folder / "parameters.npz").read_bytes()
    command = ["train", phantoms, "-k", 4, *NETWORK, "--learning-rate", 0.01, "--tol", 0, "-o", folder]
    code, _, err = run(*command)
    assert code == 2
    assert "is not empty" in err
    code, _, err = run(*command, "--resume")  # without the means of the first
    assert code == 2
    assert "was begun with other settings (means_init)" in err
    assert (folder / "parameters.npz").read_bytes() == before
    changed = tmp_path / "phantoms"
    shutil.copytree(phantoms, changed)
    shutil.copy(changed / "myops_training_101_T2.nii.gz", changed / "myops_training_101_DE.nii.gz")
    command[1] = changed
    code, _, err = run(*command, "--mean-prior", "auto", "--resume")
    assert code == 2
    assert "was begun with other data (digest)" in err
    command[1] = phantoms
    code, _, _ = run(*command, "--mean-prior", "auto", "--resume")  # nothing is left to do
    assert code == 0
    assert (
        np.load(folder / "parameters.npz")["head/bias"].tolist()
        == np.load(run_folder / "parameters.npz")["head/bias"].tolist()
    )
    code, _, _ = run(*command, "--overwrite", "--max-epochs", 1)
    assert code == 0
    assert len(runs.metrics(folder)) == 1


def test_what_cannot_be_predicted_is_said_in_one_line(run, run_folder, phantoms, tmp_path):
    channels = [phantoms / f"myops_training_109_{kind}.nii.gz" for kind in ("C0", "DE", "T2")]
    unfinished = tmp_path / "unfinished"
    unfinished.mkdir()
    shutil.copy(run_folder / "config.json", unfinished)
    damaged = tmp_path / "damaged"
    shutil.copytree(unfinished, damaged)
    (damaged / "parameters.npz").write_bytes(b"PK nothing")
    for folder, arguments, message in (
        (run_folder, channels[:2], "the run has 3 channels, each a file: bSSFP, LGE, T2, got 2"),
        (run_folder, [], "name the files of the channels, or a table of cases"),
        (run_folder, [*channels, "--table", phantoms], "name the files of the channels, or a table of cases"),
        (run_folder, ["--table", phantoms, "--mask", channels[0]], "a table names masks and labels itself"),
        (unfinished, channels, "has not ended; go on with deepmix train --resume"),
        (damaged, channels, "cannot read"),
        (phantoms, channels, "holds no run of deepmix train"),
    ):
        code, _, err = run("predict", folder, *arguments, "-o", tmp_path / "out")
        assert code == 2
        assert message in err
        assert err.count("\n") == 1
        assert not (tmp_path / "out").exists()

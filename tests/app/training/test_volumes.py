"""One network for many volumes: by patches in training, by overlapping windows in prediction."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from deepmix import accelerated, datasets, reference
from deepmix.files import images
from deepmix.reference.types import Status
from tests.app.cli.test_cli import Command
from tests.app.files.test_images import save

pytest.importorskip("orbax.checkpoint", reason="needs the extra train")

from deepmix.training import data, inference, job, prediction, runs
from deepmix.training.execution import Execution
from deepmix.training.items import prepared
from deepmix.training.settings import TrainSettings, chosen

ALONE = Execution(mesh=None, part=(0, 1))
SHAPE, SPACING = (18, 14, 8), (1.0, 1.0, 1.5)
TINY = {"dimension": 3, "patch": 8, "depth": 1, "filters": 4, "n_components": 2, "batch_size": 2, "tol": 0.0}
NETWORK = ["--dimension", 3, "--patch", 8, "--depth", 1, "--filters", 4, "-k", 2, "--max-epochs", 2]


def write(folder: Path, names: str, shape: tuple[int, ...] = SHAPE, spacing: tuple[float, ...] = SPACING) -> Path:
    """A table of volumes of two classes, bright and dark, whose mask leaves a rim out."""
    lines = ["case,T1,mask,labels"]
    for name in names:
        rng = np.random.default_rng(ord(name))
        truth = 1 + (gaussian_filter(rng.normal(size=shape), 1.2) > 0)
        mask = np.zeros(shape)
        mask[1:-1, 1:-1, 1:] = 1
        arrays = {"t1": 100 * truth + 20 * rng.normal(size=shape), "mask": mask, "labels": mask * truth}
        for kind, array in arrays.items():
            save(folder / f"{name}_{kind}.nii.gz", array.astype(np.float32), spacing=spacing, origin=(3, 4, 5))
        lines.append(f"{name},{name}_t1.nii.gz,{name}_mask.nii.gz,{name}_labels.nii.gz")
    path = folder / "cases.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def volumes(tmp_path_factory) -> Path:
    return write(tmp_path_factory.mktemp("volumes"), "abcdef")


@pytest.fixture(scope="module")
def run_folder(volumes, tmp_path_factory) -> Path:
    """Of a run that has learned what is bright."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    settings = chosen(**TINY, supervision=1.0, test=("e", "f"), max_epochs=15, learning_rate=0.02)
    assert job.train(volumes, folder, settings, ALONE) == Status.max_steps
    return folder


@pytest.fixture
def run(capsys, monkeypatch) -> Command:
    return Command(capsys, monkeypatch)


def read(path: Path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_run_knows_its_patch_and_its_spacing(run_folder):
    found = read(run_folder / "config.json")["data"]
    assert found["size"] == [8, 8, 7]  # no mask has more than seven slices
    assert found["spacing"] == pytest.approx(SPACING)
    trained = runs.load(run_folder)
    assert trained.parameters["encoder_0"]["conv_0"]["kernel"].shape == (3, 3, 3, 1, 4)
    assert trained.model.unet.spacing == pytest.approx(SPACING)
    assert trained.model.unet.size == (8, 8, 7)
    lines = runs.metrics(run_folder)
    assert lines[-1].nll < lines[0].nll
    assert np.mean(list(lines[-1].dice.values())) > 0.75  # by chance a half


def test_a_patch_has_no_more_pixels_than_the_masks_span(tmp_path):
    path = write(tmp_path, "ab", (30, 18, 6), (1, 1, 5))
    found = data.read(path, chosen(**TINY | {"patch": 16, "depth": 3}))
    assert found.record["size"] == (16, 16, 5)  # slices of 5 mm are too few and too thick to be halved
    for item in found.training:
        assert (np.array(item.mask.shape) >= found.record["size"]).all()
        assert item.image.shape[1:] == item.mask.shape == item.truth.shape
        assert item.mask.sum() == 28 * 16 * 5
    assert {item.mask.shape for item in found.watched} == {(16, 16, 5)}


def test_what_the_poolings_need_and_the_volume_lacks_is_outside_the_mask(tmp_path):
    """Thirteen pixels are halved once: twice would leave fewer than four."""
    volume = np.random.default_rng(0).normal(5, 1, (13, 13, 9)).astype(np.float32)
    save(tmp_path / "a.nii.gz", volume)
    (tmp_path / "cases.csv").write_text("case,T1\na,a.nii.gz\n", encoding="utf-8")
    found = data.read(tmp_path / "cases.csv", chosen(**TINY | {"patch": 16, "depth": 2}))
    (item,) = found.training
    assert found.record["size"] == item.mask.shape == (14, 14, 10)
    assert item.mask.sum() == volume.size
    np.testing.assert_allclose(
        item.image[0, item.mask], ((volume - volume.mean()) / volume.std()).ravel(), rtol=1e-4, atol=1e-5
    )
    assert not item.image[0, ~item.mask].any()


def test_the_same_seed_learns_the_same_also_if_it_is_stopped_on_the_way(volumes, tmp_path):
    settings = chosen(**TINY, max_epochs=2, total_variation=0.1)

    class Killed(Exception):
        pass

    def killing(place) -> None:
        if place.part == 1 and place.step == 2:
            raise Killed

    job.train(volumes, tmp_path / "whole", settings, ALONE)
    with pytest.raises(Killed):
        job.train(volumes, tmp_path / "killed", settings, ALONE, every=1, progress=killing)
    said = []
    job.train(volumes, tmp_path / "killed", settings, ALONE, every=1, resume=True, say=said.append)
    assert said == ["going on after step 4, epoch 1"]
    whole, killed = (np.load(tmp_path / name / "parameters.npz") for name in ("whole", "killed"))
    for name in whole:
        np.testing.assert_array_equal(whole[name], killed[name])
    assert runs.metrics(tmp_path / "whole") == runs.metrics(tmp_path / "killed")


@pytest.mark.parametrize("method", ["deepg", "deepsvg"])
@pytest.mark.parametrize("twin", [accelerated, reference], ids=["accelerated", "reference"])
def test_a_volume_of_the_size_of_a_patch_gets_the_answer_of_the_network(run_folder, volumes, twin, method):
    trained = runs.load(run_folder)
    settings = chosen(**TINY | {"patch": 20, "means_init": "auto", "method": method, "label_rule": "posterior"})
    trained = trained._replace(settings=settings, record=trained.record | {"size": [18, 14, 8]})
    (item,) = datasets.load(datasets.find(volumes)[0], dimension=3)
    given = prepared(item, "mask")
    expected = twin.deep_mixtures.many_images.predict(
        trained.parameters, given.image, given.mask, model=trained.model
    )
    (_,), (maps,), (found,) = inference.through_network([item], trained, twin, lambda done, n: None)
    np.testing.assert_allclose(maps[:, item.mask], np.asarray(expected.responsibilities)[:, item.mask], atol=1e-4)
    assert found.nll == pytest.approx(float(expected.value), rel=1e-5)
    for one, other in zip(expected.mixture, (found.proportions, found.means, found.covariances), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    assert found.slice is None


def test_a_window_may_be_constant_and_hold_a_single_pixel_of_the_mask(run_folder, tmp_path):
    volume, mask = np.full((24, 8, 7), 5.0, np.float32), np.zeros((24, 8, 7), np.float32)
    volume[:8] += np.random.default_rng(0).normal(size=(8, 8, 7))
    mask[:8], mask[23, 3, 3] = 1, 1
    files = {name: save(tmp_path / f"{name}.nii.gz", array, spacing=SPACING) for name, array in
             (("volume", volume), ("mask", mask))}  # fmt: skip
    case = prediction.case_of([files["volume"]], files["mask"], None, runs.load(run_folder))
    with warnings.catch_warnings(action="error"):
        prediction.segment(case, runs.load(run_folder), accelerated, tmp_path / "out", False)
    found = images.read_grid(tmp_path / "out" / "labels.nii.gz").channels[0]
    np.testing.assert_array_equal(found > 0, mask)


def test_both_backends_label_the_whole_volume_where_it_lies(run, run_folder, volumes, tmp_path):
    for backend in ("accelerated", "reference"):
        command = ["predict", run_folder, "--table", volumes, "-o", tmp_path / backend, "--backend", backend]
        code, printed, err = run(*command, "--probabilities")
        assert (code, err) == (0, "")
        assert printed.count("Dice") == 6
    image = images.read_image([volumes.parent / "e_t1.nii.gz"])
    mask = images.read_mask(volumes.parent / "e_mask.nii.gz", image)
    one, other = (images.read_image([tmp_path / backend / "e" / "probabilities.nii.gz"])
                  for backend in ("accelerated", "reference"))  # fmt: skip
    np.testing.assert_allclose(one.channels, other.channels, atol=2e-4)
    np.testing.assert_allclose(one.channels.sum(axis=0), mask, atol=1e-5)
    assert one.geometry.origin == pytest.approx(image.geometry.origin)
    assert one.geometry.spacing == pytest.approx(SPACING)
    labels = images.read_labels(tmp_path / "accelerated" / "e" / "labels.nii.gz", image)
    np.testing.assert_array_equal(labels, np.where(mask, one.channels.argmax(axis=0) + 1, 0))
    report = read(tmp_path / "accelerated" / "e" / "report.json")
    assert report["mean_dice"] > 0.75  # by chance a half
    assert [each["slice"] for each in report["slices"]] == [None]
    alone = [volumes.parent / "e_t1.nii.gz", "--mask", volumes.parent / "e_mask.nii.gz"]
    code, _, err = run("predict", run_folder, *alone, "-o", tmp_path / "alone")
    assert (code, err) == (0, "")
    np.testing.assert_array_equal(images.read_labels(tmp_path / "alone" / "labels.nii.gz", image), labels)


def test_the_windows_are_told_as_they_pass(run_folder, volumes, tmp_path):
    case, told = datasets.find(volumes)[0], []
    prediction.segment(
        case, runs.load(run_folder), accelerated, tmp_path / "out", False, lambda *at: told.append(at)
    )
    n = told[-2][1]
    assert told == [(0, 1), *((done, n) for done in range(1, n + 1)), (1, 1)]
    assert n == 3 * 2 * 1  # of 16 × 12 × 7 pixels, by 4


def test_from_phantoms_to_scores(run, tmp_path):
    """The commands alone; thick slices, whose axis is short."""
    assert run("phantoms", tmp_path / "set", "-n", 3, "--size", 48, "--slices", 6)[0] == 0
    options = "--dimension 3 --patch 16 --depth 1 --filters 2 -k 4 --test 103 --max-epochs 2 --mean-prior auto"
    code, printed, err = run("train", tmp_path / "set", "-o", tmp_path / "run", *options.split())
    assert (code, err) == (0, "")
    assert "Dice" in printed
    assert read(tmp_path / "run" / "config.json")["data"]["size"] == [16, 16, 6]
    code, _, err = run("predict", tmp_path / "run", "--table", tmp_path / "set", "-o", tmp_path / "out")
    assert (code, err) == (0, "")
    assert {path.name for path in (tmp_path / "out" / "103").iterdir()} == {
        "labels.nii.gz", "overlay.png", "report.json",
    }  # fmt: skip
    code, printed, err = run("evaluate", tmp_path / "out", tmp_path / "set")
    assert code == 0, err
    assert "over 3 cases" in printed


def test_what_is_not_for_a_network_of_volumes_is_said_in_one_line(run, volumes, tmp_path):
    np.save(tmp_path / "flat.npy", np.random.default_rng(0).normal(size=(16, 16)))
    flat, other = tmp_path / "flat.csv", tmp_path / "other"
    flat.write_text("case,T1\nx,flat.npy\n", encoding="utf-8")
    other.mkdir()
    write(other, "ab")
    save(other / "b_t1.nii.gz", np.ones(SHAPE, np.float32), spacing=(2, 2, 2), origin=(3, 4, 5))
    save(other / "b_mask.nii.gz", np.ones(SHAPE, np.float32), spacing=(2, 2, 2), origin=(3, 4, 5))
    save(other / "b_labels.nii.gz", np.ones(SHAPE, np.float32), spacing=(2, 2, 2), origin=(3, 4, 5))
    for source, options, message in (
        (
            volumes,
            ["--patch", 8, "--dimension", 2],
            "patch is for volumes: add dimension 3, or say crop for slices",
        ),
        (volumes, [*NETWORK, "--crop", 8], "crop is for slices; of volumes, the network sees patches"),
        (volumes, [*NETWORK, "--patch", 9], "patch must be a multiple of 2 (by the poolings), got 9"),
        (volumes, [*NETWORK, "--patch", 0], "needs a patch of at least 1 pixel per side, got 0"),
        (volumes, [*NETWORK, "--dimension", 4], "dimension must be from 2 to 3, got 4"),
        (
            flat,
            NETWORK,
            "x: " + f"{tmp_path / 'flat.npy'} has two axes, but a network of dimension 3 is for volumes",
        ),
        (other / "cases.csv", NETWORK, "b_t1.nii.gz has pixels of 2×2×2, not of about 1×1×1.5"),
    ):
        code, printed, err = run("train", source, "-k", 2, "-o", tmp_path / "run", *options)
        assert (code, printed) == (2, "")
        assert message in err
        assert err.count("\n") == 1
        assert not (tmp_path / "run").exists()
    code, _, _ = run("train", other / "cases.csv", "-o", tmp_path / "run", *NETWORK, "--skip-bad", "--no-augment")
    assert code == 0
    assert list(read(tmp_path / "run" / "config.json")["data"]["cases"]["skipped"]) == ["b"]


def test_predictions_are_of_volumes_with_the_spacing_of_the_run(run, run_folder, tmp_path):
    np.save(tmp_path / "flat.npy", np.ones((16, 16)))
    write(tmp_path, "ab", spacing=(1, 1, 3))
    for given, message in (
        ([tmp_path / "a_t1.nii.gz"], "a_t1.nii.gz has pixels of 1×1×3, not of about 1×1×1.5"),
        (["--table", tmp_path / "cases.csv"], "2 of 2 cases cannot be used: a: "),
        ([tmp_path / "flat.npy"], "flat.npy has two axes"),
    ):
        code, printed, err = run("predict", run_folder, *given, "-o", tmp_path / "out")
        assert (code, printed) == (2, "")
        assert message in err
        assert err.count("\n") == 1
        assert not (tmp_path / "out").exists()


def test_volumes_have_defaults_of_their_own():
    of_volumes, of_slices = chosen(n_components=2, dimension=3), chosen(n_components=2)
    assert (of_volumes.data.patch, of_volumes.network.depth, of_volumes.network.filters) == (64, 3, 8)
    assert of_slices == TrainSettings(n_components=2)
    assert chosen(n_components=2, dimension=3, depth=2, patch=20).network.depth == 2
    with pytest.raises(ValueError, match="multiple of 8"):
        chosen(n_components=2, dimension=3, patch=60)

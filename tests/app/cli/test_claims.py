"""Two commands with one folder for their results: the second says who writes there, and writes nothing."""

from pathlib import Path

import numpy as np
import pytest

from deepmix import holding
from deepmix.datasets import drawn
from deepmix.files import outputs
from tests.app.cli.test_cli import Command, run  # noqa: F401

TRAIN = "train data -k 4 --depth 1 --filters 2 --crop 32 --max-epochs 1 --batch-size 2"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The working folder, with an image, labels, and a data set."""
    rng = np.random.default_rng(0)
    np.save(tmp_path / "image.npy", rng.normal(size=(16, 16)))
    np.save(tmp_path / "labels.npy", rng.integers(1, 3, (16, 16)))
    (tmp_path / "data").mkdir()
    for number in (101, 102):
        drawn.write(tmp_path / "data", number, drawn.draw(number, 48)[:2])
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        "segment image.npy -k 2 --method gmm --backend reference -o out",
        "evaluate labels.npy labels.npy -o out",
        "phantoms out -n 1 --size 48",
        "vectors out --only mixtures.em.*",
        "export out --only mixtures.em.*",
        "demo -o out --backend reference --size 48",
        "demo reconstruction -o out --backend reference --size 32",
        f"{TRAIN} -o out",
        f"{TRAIN} -o out --resume",
    ],
)
def test_while_one_works_the_other_is_told(arguments, folder, run):  # noqa: F811
    with holding.held(Path("out")):
        code, _, err = run(*arguments.split())
        assert [path.name for path in Path("out").iterdir()] == [holding.FILE]
    assert code == 2
    assert err.startswith("deepmix: out is being written to by process ")
    assert err.count("\n") == 1


def test_a_run_that_goes_on_is_gone_on_with_once(folder, run):  # noqa: F811
    arguments = [*TRAIN.split(), "-o", "out"]
    assert run(*arguments)[0] == 0
    before = {path: path.stat().st_mtime_ns for path in Path("out").rglob("*")}
    for how in ("--resume", "--overwrite"):
        with holding.held(Path("out")):
            code, _, err = run(*arguments, how)
        assert code == 2
        assert err.startswith("deepmix: out is being written to by process ")
        assert {path: path.stat().st_mtime_ns for path in Path("out").rglob("*")} == before
    assert run(*arguments, "--resume")[0] == 0
    assert not Path("out", holding.FILE).exists()


def test_what_came_while_a_command_started_is_not_replaced(tmp_path):
    outputs.check_folder(tmp_path, overwrite=False)
    (tmp_path / "labels.nii.gz").touch()
    with pytest.raises(ValueError, match="is not empty"), outputs.claimed(tmp_path, overwrite=False):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["labels.nii.gz"]


def test_what_a_killed_command_left_hinders_nobody(tmp_path):
    (tmp_path / holding.FILE).touch()
    outputs.check_folder(tmp_path, overwrite=False)
    with outputs.claimed(tmp_path, overwrite=False):
        pass
    assert list(tmp_path.iterdir()) == []

"""Checkpoints: bit for bit, and what is damaged is skipped for the one before it."""

import warnings
from pathlib import Path

import jax
import numpy as np
import pytest

from deepmix.reference.deep_mixtures.records import TrainingState
from deepmix.reference.optimization.records import AdamWState
from deepmix.reference.types import Status

pytest.importorskip("orbax.checkpoint", reason="needs the extra train")

from deepmix.accelerated.deep_mixtures.many_images import Course
from deepmix.training.checkpoints import KEPT, Checkpoints


def course(seed: int = 0, status: Status = Status.running) -> Course:
    rng = np.random.default_rng(seed)

    def tree() -> dict:
        kernel = jax.numpy.asarray(rng.normal(size=(3, 3, 2, 4)), "float32")
        return {"head": {"kernel": kernel, "bias": jax.numpy.asarray(rng.normal(size=4), "float32")}}

    state = TrainingState(
        parameters=tree(), optimizer=AdamWState(count=jax.numpy.asarray(7, "int32"), m=tree(), v=tree())
    )
    sums = tuple(jax.numpy.asarray(rng.normal(size=3), "float32") for _ in range(2))
    return Course(
        state=state,
        opening=tree(),
        kept=tree(),
        history=(1 / 3, 0.1),
        objective=(0.7, 0.2),
        sums=sums,
        status=status,
        degenerate=(False, True),
    )


def assert_same(one: Course, other: Course) -> None:
    assert jax.tree.structure(one) == jax.tree.structure(other)
    for first, second in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
        np.testing.assert_array_equal(first, second)
    dtypes = [[leaf.dtype for leaf in jax.tree.leaves(each[:3])] for each in (one, other)]  # sums become floats
    assert dtypes[0] == dtypes[1]


def saved(folder: Path, courses: dict[int, Course]) -> None:
    with Checkpoints(folder) as checkpoints:
        for step, each in courses.items():
            checkpoints.save(step, each)


@pytest.mark.parametrize("status", [Status.running, Status.converged, Status.non_finite])
def test_the_last_comes_back_bit_for_bit(tmp_path, status):
    saved(tmp_path, {step: course(step, status) for step in (3, 20, 100, 7000)})
    with Checkpoints(tmp_path) as checkpoints:
        found = checkpoints.last(course(99))
    assert_same(found, course(7000, status))
    assert found.status is status
    assert len([path for path in tmp_path.iterdir() if path.name.isdigit()]) == KEPT


def test_none_is_none(tmp_path):
    with Checkpoints(tmp_path / "new") as checkpoints:
        assert checkpoints.last(course()) is None


@pytest.mark.parametrize("seed", range(20))
def test_what_is_damaged_is_skipped_for_the_one_before(tmp_path, seed):
    """Any file of the last one, cut off, emptied, gone, or with one bit changed; the names of some are random."""
    rng, folder = np.random.default_rng(seed), tmp_path
    saved(folder, {1: course(1), 2: course(2)})
    path = rng.choice(sorted(path for path in (folder / "2").rglob("*") if path.stat().st_size and path.is_file()))
    content = bytearray(path.read_bytes())
    match rng.choice(["cut", "emptied", "gone", "changed"]):
        case "cut":
            path.write_bytes(content[: len(content) // 2])
        case "emptied":
            path.write_bytes(b"")
        case "gone":
            path.unlink()
        case "changed":
            content[rng.integers(len(content))] ^= 1 << int(rng.integers(8))
            path.write_bytes(content)
    with Checkpoints(folder) as checkpoints, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = checkpoints.last(course(99))
    said = [str(each.message) for each in caught if "the checkpoint of step 2 is damaged" in str(each.message)]
    # what Orbax can do without does not matter; but what comes back is one of the two, whole
    assert_same(found, course(1) if said else course(2))
    if said:
        assert not (folder / "2").exists()


def test_a_digit_that_has_changed_is_noticed(tmp_path):
    saved(tmp_path, {1: course(1), 2: course(2)})
    path = tmp_path / "2" / "place" / "metadata"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("0.7", "0.6"), encoding="utf-8")
    with Checkpoints(tmp_path) as checkpoints, pytest.warns(UserWarning, match="step 2 is damaged .*have changed"):
        assert_same(checkpoints.last(course(99)), course(1))


def test_all_of_them_damaged_is_an_error_and_nothing_is_lost(tmp_path):
    saved(tmp_path, {1: course(1), 2: course(2)})
    for step in "12":
        largest = max((tmp_path / step).rglob("*"), key=lambda path: path.stat().st_size * path.is_file())
        largest.write_bytes(b"")
    with Checkpoints(tmp_path) as checkpoints, pytest.raises(ValueError, match=r"no checkpoint in .* can be read"):
        checkpoints.last(course())
    assert {"1", "2"} <= {path.name for path in tmp_path.iterdir()}

"""The comparison of methods: its images, scores, cache and table."""

import numpy as np
import pytest

from benchmarks.quality import METHODS, PARTS, figure, images, scores, table
from benchmarks.quality.cache import Cache, Found
from benchmarks.quality.images import Case
from benchmarks.quality.scores import Score


def case(truth: list[int], n_components: int) -> Case:
    labels = np.array([truth])
    return Case(
        row="row",
        name="case",
        image=labels[None].astype(float),
        mask=labels >= 0,
        truth=labels,
        n_components=n_components,
        channels=("x",),
    )


def test_score_is_the_mean_dice_of_matched_classes():
    known = case([1, 1, 2, 2, 0], 2)
    assert scores.score(np.array([[2, 2, 1, 1, 0]]), known) == 1
    half = scores.score(np.array([[2, 2, 2, 2, 2]]), known)  # one class is missing: it counts 0
    assert half == pytest.approx((2 * 2 / (5 + 2)) / 2)


def test_score_of_fewer_true_classes_is_that_of_the_best_class():
    lesion = case([0, 0, 1, 1, 0], 3)
    found = scores.score(np.array([[1, 1, 2, 2, 2]]), lesion)
    assert found == pytest.approx(2 * 2 / (3 + 2))


def test_the_smaller_class_may_be_made_of_several_but_not_of_all():
    known = case([1, 1, 1, 1, 1, 2, 2, 2], 3)._replace(smaller=True)
    assert scores.score(np.array([[1, 1, 1, 1, 1, 2, 2, 3]]), known) == 1
    assert scores.score(np.array([[1, 1, 1, 1, 2, 2, 2, 3]]), known) == pytest.approx(2 * 3 / (4 + 3))
    other = known._replace(truth=3 - known.truth)  # the codes say nothing of the size
    assert scores.score(np.array([[1, 1, 1, 1, 1, 2, 2, 3]]), other) == 1


def test_a_class_that_is_gone_has_collapsed():
    known = case([1, 1, 2, 2, 1], 2)
    assert scores.collapsed(np.array([[1, 1, 1, 1, 1]]), known)
    assert not scores.collapsed(np.array([[1, 2, 1, 1, 1]]), known)


def test_what_was_found_is_found_again_until_something_changes(tmp_path):
    cache, calls = Cache(tmp_path / "new"), []

    def make() -> Found:
        calls.append(1)
        return Found(np.arange(6).reshape(2, 3), 1.5)

    for image in (np.zeros(3), np.zeros(3), np.ones(3)):
        found = cache.get(("method", image, 0), make)
        assert found.seconds == 1.5
        np.testing.assert_array_equal(found.labels, np.arange(6).reshape(2, 3))
    assert len(calls) == 2


def test_wins_and_means_over_the_seeds():
    def each(method: str, case: str, seed: int, dice: float) -> Score:
        return Score("row", case, method, seed, dice, False, 1.0)

    found = [each("a", "one", 0, 0.9), each("a", "one", 1, 0.5), each("b", "one", 0, 0.8)]
    found += [each("a", "two", 0, 0.6), each("b", "two", 0, 0.6)]
    assert table.wins(found) == {"a": 1, "b": 2}  # 0.7 against 0.8, and a draw
    assert table.mean_of(found, "a", "row") == pytest.approx(2 / 3)
    assert np.isnan(table.mean_of(found, "c", "row"))
    assert table.dice(found).row_count == 2


def test_the_phantoms_are_not_those_for_tuning_and_the_same_every_time():
    first, again = (list(images.cases(None, False, False)) for _ in range(2))
    assert [case.name for case in first] == [
        f"phantom {noise} {seed}" for noise in ("low", "middle", "high") for seed in (100, 101, 102)
    ]
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.image, other.image)


def test_a_volume_is_drawn_by_its_middle_slice():
    (case,) = images.volumes(None, True)
    assert case.image.shape == (3, 48, 48, 4)
    np.testing.assert_allclose(case.spacing, (1, 1, 7.2))
    drawn = figure.draw([case], {(case.name, "truth again", 0): case.truth})
    assert drawn.startswith(b"\x89PNG")


def test_methods_know_what_they_are_made_of():
    assert METHODS["hmrf"].made_of() != METHODS["hmrf, beta auto"].made_of()
    one_channel = METHODS["dipy HMRF"]
    assert not one_channel.takes(next(images.cases(None, False, True)))


def test_each_part_is_another_setting():
    made_of = [part.made_of() for part in PARTS.values()]
    assert all(one != other for i, one in enumerate(made_of) for other in made_of[:i])
    assert PARTS["as it is"].made_of() == METHODS["deepsvg, robust"].made_of()

"""Evaluation [EV]; every matching has one best answer."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from deepmix.reference.evaluation import surfaces

from ..case import Case, generator


def cases(dtype: str) -> Iterator[Case]:
    """Overlap of two masks, Dice of all classes, matching, agreement of clusterings, distances of surfaces."""
    yield from _dice()
    yield from _matching()
    yield from _overlap()
    yield from _clusterings()
    yield from _surfaces()


def _dice() -> Iterator[Case]:
    rng = generator("dice")
    a, b = rng.random((2, 5, 6)) < 0.4
    nothing = np.zeros((5, 6), bool)
    pairs = {"overlap": (a, b), "equal": (a, a), "disjoint": (a, ~a), "one_empty": (a, nothing)}
    for name, (prediction, truth) in pairs.items():
        yield Case("evaluation.overlap.dice", name, {"prediction": prediction, "truth": truth})
    yield Case("evaluation.overlap.dice", "both_empty", {"prediction": nothing, "truth": nothing})
    yield Case(
        "evaluation.overlap.dice",
        "both_empty_with_a_value",
        {"prediction": nothing, "truth": nothing, "empty": 1.0},
    )
    volume = rng.random((2, 2, 3, 4)) < 0.5
    yield Case("evaluation.overlap.dice", "volume", {"prediction": volume[0], "truth": volume[1]})


def _matching() -> Iterator[Case]:
    truth = np.repeat([1, 2, 3, 0], [4, 5, 6, 3])
    labels = np.repeat([2, 3, 1, 4], [4, 5, 6, 3])
    # Dice: 0.6 of class 1 with truth 1, 0.57 with truth 2; 0.57 of class 2 with truth 1, 0 with truth 2
    greedy_truth = np.repeat([1, 1, 2, 0], [6, 4, 4, 1])
    greedy_labels = np.repeat([1, 2, 1, 0], [6, 4, 4, 1])
    maps = {
        "permuted": (labels[:15], truth[:15], 3, 3),
        "more_classes_than_true_ones": (labels, truth, 4, 3),
        "fewer_classes_than_true_ones": (np.repeat([1, 2, 1], [5, 5, 2]), np.repeat([3, 1, 2], [5, 5, 2]), 2, 3),
        "the_best_pair_is_no_part_of_the_best_matching": (greedy_labels, greedy_truth, 2, 2),
        "true_zeros_are_false_positives": (np.repeat([1, 2], [9, 9]), np.repeat([1, 0, 2], [6, 9, 3]), 2, 2),
        "a_class_that_neither_has": (np.repeat([1, 2], [4, 5]), np.repeat([2, 1], [4, 5]), 3, 3),
        "one_class": (np.ones(6, int), np.repeat([0, 1], 3), 1, 1),
        "two_dimensions": (labels[:15].reshape(3, 5), truth[:15].reshape(3, 5), 3, 3),
    }
    for name, (given, true, k, c) in maps.items():
        arguments = {"labels": given, "truth": true, "n_components": k, "n_classes": c}
        yield Case("evaluation.overlap.dice_matrix", name, arguments)
        yield Case("evaluation.overlap.match_classes", name, arguments)


def _overlap() -> Iterator[Case]:
    rng = generator("overlap")
    truth, prediction = rng.random(30) < 0.4, rng.random(30) < 0.6
    nothing = np.zeros(30, bool)
    pairs = {
        "overlap": (prediction, truth),
        "nothing_predicted": (nothing, truth),
        "nothing_true": (prediction, nothing),
        "both_empty": (nothing, nothing),
        "both_full": (~nothing, ~nothing),
    }
    undefined = {"specificity": "both_full"}
    for function in ("iou", "sensitivity", "specificity", "precision", "f_beta", "volumetric_similarity"):
        beta = {"beta": 2.0} if function == "f_beta" else {}
        for name, (one, other) in pairs.items():
            yield Case(f"evaluation.overlap.{function}", name, {"prediction": one, "truth": other} | beta)
        one, other = pairs[undefined.get(function, "both_empty")]
        arguments = {"prediction": one, "truth": other, "empty": 0.5}
        yield Case(f"evaluation.overlap.{function}", "undefined_with_a_value", arguments)


def _clusterings() -> Iterator[Case]:
    rng = generator("clusterings")
    truth = rng.integers(0, 4, (5, 8))
    labels = np.where(rng.random((5, 8)) < 0.7, truth % 3 + 1, 0)
    for name, (given, true) in {"some_without_a_class": (labels, truth), "no_truth": (labels, 0 * truth)}.items():
        arguments = {"labels": given, "truth": true, "n_components": 4, "n_classes": 3}
        yield Case("evaluation.clusterings.contingency_table", name, arguments)
    tables = {
        "some_without_a_class": np.array([[2, 1, 3], [9, 0, 1], [1, 8, 0]]),
        "the_same_parts": np.array([[0, 0, 0], [0, 7, 0], [5, 0, 0], [0, 0, 1]]),
        "one_class_against_two": np.array([[0, 0], [4, 5]]),
        "one_class": np.array([[0], [9]]),
        "single_pixels": np.array([[0, 0], [1, 0], [0, 1]]),
        "one_pixel": np.array([[0], [1]]),
        "less_than_by_chance": np.array([[3, 3, 4], [3, 4, 3]]),
        "millions": np.array([[0, 1], [4_000_000, 1_000_000], [10, 3_000_000]]),
        "nothing": np.zeros((2, 2), int),
    }
    for function in ("adjusted_rand_index", "normalized_mutual_information"):
        for name, table in tables.items():
            yield Case(f"evaluation.clusterings.{function}", name, {"table": table})
        yield Case(
            f"evaluation.clusterings.{function}",
            "nothing_with_a_value",
            {"table": tables["nothing"], "empty": 1.0},
        )


def _surfaces() -> Iterator[Case]:
    nothing, square, other, ring = np.zeros((4, 8, 7), bool)
    square[2:7, 1:6], other[3:6, 0:5], other[0, 6] = True, True, True
    ring[2:7, 1:6] = True
    ring[4, 3] = False
    full = np.ones((3, 4, 3), bool)
    volume = generator("surfaces").random((2, 3, 4, 3)) < 0.7
    for name, mask in {"hole": ring, "up_to_the_border": full, "empty": nothing, "volume": volume[0]}.items():
        yield Case("evaluation.surfaces.surface", name, {"mask": mask})
    wide, thick = {"spacing": np.array([0.7, 2.5])}, {"spacing": np.array([0.5, 0.75, 3.0])}
    pairs = {
        "far_pixel": (other, square, wide),
        "far_pixel_of_the_truth": (square, other, wide),
        "equal": (square, square, {}),
        "hole": (ring, square, {}),
        "volume": (*volume, thick),
        "nothing_predicted": (nothing, square, {}),
        "nothing_true": (square, nothing, {}),
        "both_empty": (nothing, nothing, {}),
    }
    for name, (prediction, truth, spacing) in pairs.items():
        yield Case(
            "evaluation.surfaces.surface_distances", name, {"prediction": prediction, "truth": truth} | spacing
        )
        found = surfaces.surface_distances(prediction, truth, **spacing)
        known = ~np.isnan(found).all(axis=0)
        if known.any():
            yield from _of_distances(name, {"there": found[0][known], "back": found[1][known]})
    nowhere = np.full(3, np.nan)
    yield from _of_distances("both_empty", {"there": nowhere, "back": nowhere})
    yield from _of_distances("both_empty_with_a_value", {"there": nowhere, "back": nowhere, "empty": 0.5})


def _of_distances(name: str, given: dict[str, Any]) -> Iterator[Case]:
    yield Case("evaluation.surfaces.hausdorff", name, given)
    yield Case("evaluation.surfaces.hausdorff", f"{name}_95", given | {"percentile": 95.0})
    yield Case("evaluation.surfaces.average_surface_distance", name, given)
    yield Case("evaluation.surfaces.average_symmetric_surface_distance", name, given)
    yield Case("evaluation.surfaces.surface_dice", name, given | {"tolerance": 1.1})

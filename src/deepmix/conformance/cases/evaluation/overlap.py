"""Evaluation by overlap [EV1]–[EV3]."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from deepmix.conformance.examples import Shapes
from deepmix.conformance.operation import Operation
from deepmix.conformance.tolerances import relative

from ..case import Case, generator


def _masks(shapes: Shapes) -> dict[str, Any]:
    return dict.fromkeys(("prediction", "truth"), shapes.inside)


def _maps(shapes: Shapes) -> dict[str, Any]:
    return dict.fromkeys(("labels", "truth"), shapes.labels)


OPERATIONS = (
    Operation(name="dice", equations=("EV1",), result=("dice",), rule=relative(4), example=_masks),
    Operation(
        name="dice_matrix",
        equations=("EV1",),
        result=("dice",),
        rule=relative(4),
        notes={"dice": "(K, C)"},
        example=_maps,
    ),
    Operation(
        name="match_classes",
        equations=("EV2",),
        result=("matched",),
        notes={"matched": "(K,) (the true class of each; 0 for none)"},
        example=_maps,
    ),
    Operation(name="iou", equations=("EV3",), result=("iou",), rule=relative(4), example=_masks),
    Operation(name="sensitivity", equations=("EV3",), result=("sensitivity",), rule=relative(4), example=_masks),
    Operation(name="specificity", equations=("EV3",), result=("specificity",), rule=relative(4), example=_masks),
    Operation(name="precision", equations=("EV3",), result=("precision",), rule=relative(4), example=_masks),
    Operation(name="f_beta", equations=("EV3",), result=("f_beta",), rule=relative(16), example=_masks),
    Operation(
        name="volumetric_similarity",
        equations=("EV3",),
        result=("volumetric_similarity",),
        rule=relative(16),
        example=_masks,
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """Overlap of two masks, Dice of all classes, matching."""
    yield from _dice()
    yield from _matching()
    yield from _overlap()


def _dice() -> Iterator[Case]:
    rng = generator("dice")
    a, b = rng.random((2, 5, 6)) < 0.4
    nothing = np.zeros((5, 6), bool)
    pairs = {"overlap": (a, b), "equal": (a, a), "disjoint": (a, ~a), "one_empty": (a, nothing)}
    for name, (prediction, truth) in pairs.items():
        yield Case(function="dice", name=name, arguments={"prediction": prediction, "truth": truth})
    yield Case(function="dice", name="both_empty", arguments={"prediction": nothing, "truth": nothing})
    yield Case(
        function="dice",
        name="both_empty_with_a_value",
        arguments={"prediction": nothing, "truth": nothing, "empty": 1.0},
    )
    volume = rng.random((2, 2, 3, 4)) < 0.5
    yield Case(function="dice", name="volume", arguments={"prediction": volume[0], "truth": volume[1]})


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
        "all_matchings_are_alike": (np.repeat([1, 2, 1, 2], 3), np.repeat([1, 2], 6), 2, 2),
        "nothing_overlaps": (np.repeat([1, 2, 3], 3), np.zeros(9, int), 3, 2),
        "two_of_three_are_alike": (np.repeat([3, 2, 1], [4, 4, 4]), np.repeat([0, 2, 0, 2], [2, 4, 4, 2]), 3, 2),
        "as_good_without_a_class": (np.repeat([1, 2, 3], 4), np.repeat([3, 0, 3], [4, 4, 4]), 3, 3),
        "two_dimensions": (labels[:15].reshape(3, 5), truth[:15].reshape(3, 5), 3, 3),
    }
    for name, (given, true, k, c) in maps.items():
        arguments = {"labels": given, "truth": true, "n_components": k, "n_classes": c}
        yield Case(function="dice_matrix", name=name, arguments=arguments)
        yield Case(function="match_classes", name=name, arguments=arguments)


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
            yield Case(function=function, name=name, arguments={"prediction": one, "truth": other} | beta)
        one, other = pairs[undefined.get(function, "both_empty")]
        arguments = {"prediction": one, "truth": other, "empty": 0.5}
        yield Case(function=function, name="undefined_with_a_value", arguments=arguments)

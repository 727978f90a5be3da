"""Segmentation losses [LO]: all, some or none of the truth known, classes without truth, every option."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from deepmix.conformance.drawing import draw_responsibilities, draw_truth, draw_weights
from deepmix.conformance.examples import Shapes
from deepmix.conformance.operation import Operation
from deepmix.conformance.tolerances import BACKWARD, Rule, relative

from ..case import Case, generator

K = 3
OF_PIXELS = ("cross_entropy", "top_k_cross_entropy", "focal")
OF_AREAS = ("tversky", "soft_dice", "soft_iou")
ALL = (*OF_PIXELS, *OF_AREAS, "generalised_dice", "hausdorff")
# What a function cannot do without.
NEEDED: dict[str, dict[str, Any]] = {
    "top_k_cross_entropy": {"threshold": 0.6},
    "tversky": {"alpha": 0.3, "beta": 0.7},
}


def _declared(name: str, *equations: str, rule: Rule = BACKWARD) -> Operation:
    """A loss, whose twin JAX differentiates at the proportions."""
    notes = {"truth": "(K, H, W)", "gradient": "(at the proportions)"}
    notes |= {"class_weights": "(K,)"} if name in OF_PIXELS else {}

    def example(shapes: Shapes) -> dict[str, Any]:
        weighted = {"class_weights": shapes.array(shapes.k)} if name in OF_PIXELS else {}
        return NEEDED.get(name, {}) | weighted

    result = ("value", "gradient")
    return Operation(
        name=name,
        equations=equations,
        result=result,
        rule=rule,
        form="value_and_gradient",
        notes=notes,
        example=example,
    )


# A sum over pixels of terms of one sign. "backward" would move proportions across a border on which they lie.
ONE_SIGN = relative(128)
OPERATIONS = (
    _declared("cross_entropy", "LO1", "TR4"),
    _declared("top_k_cross_entropy", "LO2", rule=ONE_SIGN),
    _declared("focal", "LO3"),
    _declared("tversky", "LO4"),
    _declared("soft_dice", "LO5", "TR4"),
    _declared("soft_iou", "LO5"),
    _declared("generalised_dice", "LO6"),
    _declared("hausdorff", "LO7", rule=ONE_SIGN),
)


def cases(dtype: str) -> Iterator[Case]:
    """Truth of every kind, options, edges."""
    yield from _known_truth()
    yield from _options()
    yield from _edges()


def _known_truth() -> Iterator[Case]:
    for name, weights, known, n_classes in (
        ("all_known", "ones", 1.0, K),
        ("half_known", "reals", 0.5, K),
        ("a_class_without_truth", "mask", 0.7, K - 1),
        ("nothing_known", "ones", 0.0, K),
    ):
        rng = generator(f"known truth {name}")
        proportions = np.array(draw_responsibilities(rng, K, 30)).reshape(K, 5, 6)
        truth, mask = draw_truth(rng, (5, 6), K, known, n_classes), draw_weights(rng, (5, 6), weights)
        for function in ALL:
            yield _case(function, name, proportions, truth, mask)


def _options() -> Iterator[Case]:
    rng = generator("options of losses")
    proportions = np.array(draw_responsibilities(rng, K, 25, 2.0)).reshape(K, 5, 5)
    given = proportions, draw_truth(rng, (5, 5), K, 0.8), draw_weights(rng, (5, 5), "reals")
    class_weights = np.array([0.3, 2.0, 1.1])
    for function in OF_PIXELS:
        yield _case(function, "class_weights", *given, class_weights=class_weights)
        yield _case(function, "sum", *given, class_weights=class_weights, reduction="sum")
    yield _case("top_k_cross_entropy", "all_are_hard", *given, threshold=1.5)
    yield _case("top_k_cross_entropy", "none_is_hard", *given, threshold=0.0)
    yield _case("focal", "gamma_of_0", *given, gamma=0.0)
    yield _case("focal", "gamma_below_1", *given, gamma=0.7)
    for function in OF_AREAS:
        smoothed: dict[str, Any] = {"smooth": 1.5, "include_background": False, "reduction": "sum"}
        yield _case(function, "smoothed_sum_without_background", *given, **smoothed)
    for function in ("generalised_dice", "hausdorff"):
        yield _case(function, "without_background", *given, include_background=False)
    for function in (*OF_PIXELS, *OF_AREAS):
        refused = _case(function, "unknown_reduction", *given, reduction="median")
        yield refused._replace(rejected=True)
    proportions, truth, mask = given
    for function in ALL:
        refused = _case(function, "labels_for_the_truth", proportions, truth.argmax(axis=0), mask)
        yield refused._replace(rejected=True)


def _edges() -> Iterator[Case]:
    rng = generator("edges of losses")
    truth, mask = draw_truth(rng, (4, 5), K, 0.9), np.ones((4, 5))
    unknown = truth.sum(axis=0) == 0
    sure = np.where(unknown, 1 / K, truth)
    for function in ("focal", "hausdorff"):
        yield _case(function, "the_truth_itself", sure, truth, mask)
    missed = np.stack([np.zeros((4, 5)), *np.full((2, 4, 5), 0.5 - 1e-3)])
    yield _case("tversky", "misses_do_not_count", missed, truth, mask, alpha=1.0, beta=0.0)
    half = np.stack([np.full((4, 5), 0.5), 0.25 * (1 + truth[1]), 0.25 * (1 - truth[1])])
    yield _case("top_k_cross_entropy", "as_sure_as_the_threshold", half, truth, mask, threshold=0.5)
    yield _case("hausdorff", "half_sure", half, truth, mask)
    one_class = np.stack([mask, 0 * mask, 0 * mask])
    yield _case("hausdorff", "no_border", one_class, one_class, mask)


def _case(
    function: str, name: str, proportions: np.ndarray, truth: np.ndarray, mask: np.ndarray, **options: Any
) -> Case:
    given = {"proportions": proportions, "truth": truth, "mask": mask}
    return Case(function=function, name=name, arguments=given | NEEDED.get(function, {}) | options)

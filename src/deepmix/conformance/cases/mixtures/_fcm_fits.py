"""Short fits of fuzzy C-means [FC], what they start from, and what they refuse."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from deepmix.conformance.drawing import draw_weights
from deepmix.reference.mixtures import fcm

from ..case import Case, generator
from ._pixels import draw_fuzzy


def cases() -> Iterator[Case]:
    """Fits, starts, rejections."""
    yield from _fits()
    yield from _starts()
    yield from _rejections()


def _fits() -> Iterator[Case]:
    three: dict[str, Any] = {"tol": -1.0, "max_iter": 3}
    for name, options in {
        "three_rounds": three,
        "other_fuzzifier": three | {"fuzzifier": 1.5},
        "published_tolerance": {},
        "until_it_settles": {"tol": 0.05},
        "one_round": {"max_iter": 1},
    }.items():
        given, u = draw_fuzzy(name)
        yield _fit(name, {"pixels": given.pixels, "start": u, "weights": given.weights} | options)
    given, u = draw_fuzzy("outside", weights="integers")
    outside = given.weights == 0
    pixels = np.where(outside, np.nan, given.pixels)
    start = np.where(outside, np.nan, u)
    yield _fit("weights_with_zeros", {"pixels": pixels, "start": start, "weights": given.weights} | three)
    given, u = draw_fuzzy("one class", k=1)
    yield _fit("one_class", {"pixels": given.pixels, "start": u})
    yield _fit("a_tolerance_of_0_never_stops", {"pixels": given.pixels, "start": u, "tol": 0.0, "max_iter": 3})


def _starts() -> Iterator[Case]:
    """What memberships to start from may be like, and which of them count."""
    one: dict[str, Any] = {"max_iter": 1}
    given, u = draw_fuzzy("lonely")
    lonely = {"pixels": given.pixels, "start": np.concatenate([u, np.zeros_like(u[:1])])}
    yield _fit("class_without_a_member", lonely | one)
    weighted = lonely | {"weights": draw_weights(generator("weights of the lonely"), (12,), "reals")}
    yield _fit("class_without_a_member_and_weights", weighted | one)
    given, u = draw_fuzzy("nearly 1")
    nearly = u * np.where(np.arange(12) % 2, 1 + 5e-4, 1 - 5e-4)  # taken as they are
    yield _fit("sums_that_are_nearly_1", {"pixels": given.pixels, "start": nearly} | one)
    given, u = draw_fuzzy("settled", weights="mask")
    settled = fcm.fit(given.pixels, u, given.weights, tol=0.0, max_iter=200).memberships
    alone = {"pixels": given.pixels, "start": settled, "weights": given.weights, "tol": 0.05}
    yield _fit("only_memberships_of_weight_0_change", alone)


def _fit(name: str, arguments: dict[str, Any], rejected: bool = False) -> Case:
    return Case(function="fit", name=name, arguments=arguments, rejected=rejected)


def _rejections() -> Iterator[Case]:
    given, u = draw_fuzzy("rejected")
    good: dict[str, Any] = {"pixels": given.pixels, "start": u, "weights": given.weights}
    bad = np.array(given.pixels)
    bad[0, 3] = np.nan
    changes: dict[str, dict[str, Any]] = {
        "fuzzifier_1": {"fuzzifier": 1.0},
        "no_round": {"max_iter": 0},
        "nan_inside": {"pixels": bad},
        "empty_mask": {"weights": np.zeros(12)},
        "sums_that_are_not_1": {"start": 0.5 * u},
        "sums_of_99_hundredths": {"start": 0.99 * u},
        "negative_memberships": {"start": u + np.array([[2.0], [-1.0], [-1.0]])},
        "nan_memberships_inside": {"start": np.where(np.arange(12) == 5, np.nan, u)},
        "fewer_pixels_than_classes": {"weights": (np.arange(12) < 2).astype(float)},
        "start_of_other_size": {"start": u[:, :-1]},
    }
    for name, changed in changes.items():
        yield _fit(f"rejects_{name}", good | changed, rejected=True)

"""The cases that both EM algorithms have: their steps and short fits [EM], [SV]."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from deepmix.conformance.drawing import draw_responsibilities
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.reference.mixtures.records import Mixture

from ..case import Case, generator, nearly_singular
from ._pixels import FAR, Pixels, draw, still

FIVE_STEPS: dict[str, Any] = {"tol": -1.0, "max_iter": 5}  # the NLL never rises by 1: the fit runs to its end
Start = Callable[[Pixels], Mixture]  # what an algorithm starts from, of the mixture that was drawn


def steps_and_fits(start: Start, dtype: str) -> Iterator[Case]:
    """E-steps, the NLL, M-steps, fits, and what a fit refuses."""
    yield from _e_steps_and_nll(start, dtype)
    yield from _m_steps(start)
    yield from _fits(start)
    yield from _rejections(start)


def paper_sizes(start: Start) -> Iterator[Case]:
    """Steps and a fit of 160×160 pixels, three channels, four classes."""
    given = draw("paper", m=3, k=4, n=160 * 160, weights="mask")
    r = draw_responsibilities(generator("paper"), 4, 160 * 160)
    mixture, inputs = start(given), {"pixels": given.pixels, "weights": given.weights}
    yield Case(function="e_step", name="paper", arguments={"pixels": given.pixels, "mixture": mixture})
    yield Case(
        function="m_step",
        name="paper",
        arguments=inputs | {"responsibilities": r, "floor": given.floor, "previous": mixture},
    )
    yield Case(function="nll", name="paper", arguments=inputs | {"mixture": mixture})
    yield Case(function="fit", name="paper", arguments=inputs | {"start": mixture, "tol": -1.0, "max_iter": 10})


def _e_steps_and_nll(start: Start, dtype: str) -> Iterator[Case]:
    cases = {kind: (kind, draw(kind, kind, m=3, k=4, weights="reals")) for kind in COVARIANCE_TYPES}
    cases |= {
        "one_class": ("diag", draw("one class", k=1)),
        "one_channel": ("diag", draw("one channel", m=1)),
        "far_away": ("diag", draw("far", far=FAR)),
        "far_away_full": ("full", draw("far", "full", far=FAR)),
        "nearly_singular": ("full", draw("singular", "full", m=3, condition=nearly_singular(dtype))),
        "weights_with_zeros": ("diag", draw("weights", weights="integers")),
        "twin_classes": ("diag", _twins(draw("twins"))),
        "class_with_proportion_0": ("diag", _without_last(draw("absent"))),
    }
    for case, (kind, given) in cases.items():
        mixture = start(given)
        arguments = {"pixels": given.pixels, "mixture": mixture, "covariance_type": kind}
        yield Case(function="e_step", name=case, arguments=arguments)
        yield Case(function="nll", name=case, arguments=arguments | {"weights": given.weights})


def _m_steps(start: Start) -> Iterator[Case]:
    for kind in COVARIANCE_TYPES:
        yield _m_step(start, kind, kind, draw(kind, kind, m=3, k=4))
        yield _m_step(start, f"empty_class_{kind}", kind, draw(kind, kind, weights="reals"), empty=True)
    yield _m_step(start, "one_class", "diag", draw("one class", k=1))
    yield _m_step(start, "one_channel", "full", draw("one channel", "full", m=1))
    yield _m_step(start, "weights_with_zeros", "diag", draw("weights", weights="integers"))


def _m_step(start: Start, case: str, kind: str, given: Pixels, empty: bool = False) -> Case:
    r = draw_responsibilities(generator(case), len(given.mixture.means), given.pixels.shape[1])
    if empty:
        r = np.concatenate([np.zeros_like(r[:1]), r[1:] / r[1:].sum(axis=0)])
    arguments = {
        "pixels": given.pixels,
        "responsibilities": r,
        "weights": given.weights,
        "floor": given.floor,
        "previous": start(given),
        "covariance_type": kind,
    }
    return Case(function="m_step", name=case, arguments=arguments)


def _fits(start: Start) -> Iterator[Case]:
    for kind in COVARIANCE_TYPES:
        yield fit(start, f"five_steps_{kind}", draw(f"fit {kind}", kind), covariance_type=kind, **FIVE_STEPS)
    yield fit(start, "until_it_settles", draw("settles"), tol=1e-2)
    yield fit(start, "published_tolerance", draw("settles by default"))
    yield fit(start, "published_limit", draw("runs on"), tol=-1.0)
    yield fit(start, "no_step", draw("no step"), max_iter=0)
    yield fit(start, "one_step", draw("one step"), max_iter=1)
    yield fit(start, "one_class", draw("one class", k=1), **FIVE_STEPS)
    yield fit(start, "one_channel", draw("one channel", m=1), **FIVE_STEPS)
    yield fit(start, "weights_with_zeros", _unknown_outside(draw("outside", weights="reals")), **FIVE_STEPS)
    yield fit(start, "without_floor", draw("floorless"), floor=np.zeros(2), **FIVE_STEPS)
    yield fit(start, "own_floor", draw("own floor"), floor=np.array([0.5, 2.0]), **FIVE_STEPS)
    yield fit(start, "floor_that_raises_the_nll", draw("high floor"), floor=np.array([50.0, 20.0]))
    yield fit(start, "class_that_collapses", _lonely(draw("lonely")), **FIVE_STEPS)
    yield fit(start, "twin_classes", _twins(draw("twins")), max_iter=0)
    yield fit(start, "far_away", draw("far", far=FAR), **FIVE_STEPS)
    # a fall of 0 is not less than 0: the limit ends it
    yield fit(start, "a_tolerance_of_0", still(), floor=np.zeros(1), tol=0.0, max_iter=1)
    broken = draw("broken", "full")
    indefinite = np.stack([[[1.0, 2.0], [2.0, 1.0]]] * 3)
    broken = broken._replace(mixture=broken.mixture._replace(covariances=indefinite))
    yield fit(start, "start_not_positive_definite", broken, covariance_type="full")
    given = draw("without weights")
    yield Case(
        function="fit",
        name="without_weights",
        arguments={"pixels": given.pixels, "start": start(given), "max_iter": 3},
    )


def fit(start: Start, case: str, given: Pixels, **options: Any) -> Case:
    """A fit of what was drawn."""
    arguments = {"pixels": given.pixels, "start": start(given), "weights": given.weights}
    return Case(function="fit", name=case, arguments=arguments | options)


def point(start: Start) -> Case:
    """Without a floor the first class shrinks on two equal pixels at once, and no NLL is finite any more."""
    pixels = np.array([[0.0, 0.0, 100.0, 101.0, 105.0, 106.0]])
    mixture = Mixture(
        proportions=np.array([1 / 3, 2 / 3]),
        means=np.array([[0.0], [103.0]]),
        covariances=np.array([[1e-4], [4.0]]),
    )
    given = Pixels(pixels=pixels, mixture=mixture, weights=np.ones(6), floor=np.zeros(1))
    return fit(start, "class_that_shrinks_to_a_point", given, floor=np.zeros(1), tol=-1.0)


def _twins(given: Pixels) -> Pixels:
    """Two classes that never differ: their pixels are ties, which go to the first."""
    _, means, covariances = given.mixture
    same = [0, 0, 2]
    return given._replace(
        mixture=Mixture(proportions=np.array([0.3, 0.3, 0.4]), means=means[same], covariances=covariances[same])
    )


def _without_last(given: Pixels) -> Pixels:
    """No pixel near the last class, which has the proportion 0."""
    means = np.array(given.mixture.means)
    means[-1] += 50
    mixture = given.mixture._replace(proportions=np.array([0.4, 0.6, 0.0]), means=means)
    return given._replace(mixture=mixture)


def _lonely(given: Pixels) -> Pixels:
    """A class so far away that every responsibility underflows to 0."""
    means = np.array(given.mixture.means)
    means[-1] += 1e3
    return given._replace(mixture=given.mixture._replace(means=means))


def _unknown_outside(given: Pixels) -> Pixels:
    """NaN and infinities where the weight is 0."""
    pixels = np.array(given.pixels)
    outside = np.flatnonzero(given.weights == 0)
    pixels[0, outside], pixels[1, outside] = np.nan, np.inf
    return given._replace(pixels=pixels)


def _rejections(start: Start) -> Iterator[Case]:
    given = draw("rejected")
    unknown = np.array(given.pixels)
    unknown[1, 3] = np.nan
    good: dict[str, Any] = {"pixels": given.pixels, "start": start(given), "weights": given.weights}
    bad: dict[str, dict[str, Any]] = {
        "nan_inside": {"pixels": unknown},
        "infinity_inside": {"pixels": np.where(np.isnan(unknown), np.inf, unknown)},
        "empty_mask": {"weights": np.zeros(24)},
        "fewer_pixels_than_classes": {"weights": (np.arange(24) < 2).astype(float)},
        "negative_weight": {"weights": np.where(np.arange(24) == 5, -1.0, 1.0)},
        "weights_of_another_length": {"weights": np.ones(23)},
        "unknown_covariance_type": {"covariance_type": "round"},
        "covariances_of_another_type": {"covariance_type": "full"},
        "means_of_another_number_of_channels": {"start": good["start"]._replace(means=np.zeros((3, 3)))},
    }
    for case, changed in bad.items():
        yield Case(function="fit", name=f"rejects_{case}", arguments=good | changed, rejected=True)

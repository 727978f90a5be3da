"""Both EM algorithms [EM], [SV]: their steps and short fits."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from deepmix.conformance.drawing import draw_responsibilities
from deepmix.reference.mixtures.records import COVARIANCE_TYPES, Mixture

from ..case import Case, Pixels, draw, generator, nearly_singular
from .gaussian import FAR

FIVE_STEPS: dict[str, Any] = {"tol": -1.0, "max_iter": 5}  # the NLL never rises by 1: the fit runs to its end


def cases(dtype: str) -> Iterator[Case]:
    """Steps, then fits, of Algorithm 1 and of Algorithm 2."""
    yield from _mean_nll()
    for name in ("gmm", "svgmm"):
        yield from _e_steps_and_nll(name, dtype)
        yield from _m_steps(name)
        yield from _fits(name)
        yield from _rejections(name)


def _mean_nll() -> Iterator[Case]:
    rng = generator("mean_nll")
    values = rng.normal(-4, 3, 24)
    weights = {"all_pixels": np.ones(24), "weights_with_zeros": rng.integers(0, 3, 24).astype(float)}
    for name, w in weights.items():
        yield Case("mixtures.em.mean_nll", name, {"log_likelihood": values, "weights": w})
    yield Case("mixtures.em.mean_nll", "one_pixel", {"log_likelihood": values[:1], "weights": np.full(1, 0.3)})


def _start(name: str, given: Pixels) -> Mixture:
    """The drawn mixture; for svgmm with proportions of each pixel, some of them 0 and 1 (not the last class's)."""
    if name == "gmm":
        return given.mixture
    k, n = len(given.mixture.means), given.pixels.shape[1]
    proportions = np.array(draw_responsibilities(generator("proportions"), k, n))
    proportions[:, ::5] = np.eye(k)[:, np.arange(len(range(0, n, 5))) % max(k - 1, 1)]
    if k > 1 and (given.mixture.means[0] == given.mixture.means[1]).all():  # twins
        proportions[:2] = proportions[:2].mean(axis=0)
    return given.mixture._replace(proportions=proportions)


def _e_steps_and_nll(name: str, dtype: str) -> Iterator[Case]:
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
        mixture = _start(name, given)
        if name == "gmm" and case == "class_with_proportion_0":
            mixture = mixture._replace(proportions=np.array([0.4, 0.6, 0.0]))
        arguments = {"pixels": given.pixels, "mixture": mixture, "covariance_type": kind}
        yield Case(f"mixtures.{name}.e_step", case, arguments)
        yield Case(f"mixtures.{name}.nll", case, arguments | {"weights": given.weights})
        if name == "svgmm" and case in COVARIANCE_TYPES:
            yield Case("mixtures.svgmm.begin", case, arguments | {"mixture": given.mixture})


def _m_steps(name: str) -> Iterator[Case]:
    for kind in COVARIANCE_TYPES:
        yield _m_step(name, kind, kind, draw(kind, kind, m=3, k=4))
        yield _m_step(name, f"empty_class_{kind}", kind, draw(kind, kind, weights="reals"), empty=True)
    yield _m_step(name, "one_class", "diag", draw("one class", k=1))
    yield _m_step(name, "one_channel", "full", draw("one channel", "full", m=1))
    yield _m_step(name, "weights_with_zeros", "diag", draw("weights", weights="integers"))


def _m_step(name: str, case: str, kind: str, given: Pixels, empty: bool = False) -> Case:
    r = draw_responsibilities(generator(case), len(given.mixture.means), given.pixels.shape[1])
    if empty:
        r = np.concatenate([np.zeros_like(r[:1]), r[1:] / r[1:].sum(axis=0)])
    arguments = {
        "pixels": given.pixels,
        "responsibilities": r,
        "weights": given.weights,
        "floor": given.floor,
        "previous": _start(name, given),
        "covariance_type": kind,
    }
    return Case(f"mixtures.{name}.m_step", case, arguments)


def _fits(name: str) -> Iterator[Case]:
    for kind in COVARIANCE_TYPES:
        yield _fit(name, f"five_steps_{kind}", draw(f"fit {kind}", kind), covariance_type=kind, **FIVE_STEPS)
    yield _fit(name, "until_it_settles", draw("settles"), tol=1e-2)
    yield _fit(name, "published_tolerance", draw("settles by default"))
    yield _fit(name, "published_limit", draw("runs on"), tol=-1.0)
    yield _fit(name, "no_step", draw("no step"), max_iter=0)
    yield _fit(name, "one_step", draw("one step"), max_iter=1)
    yield _fit(name, "one_class", draw("one class", k=1), **FIVE_STEPS)
    yield _fit(name, "one_channel", draw("one channel", m=1), **FIVE_STEPS)
    yield _fit(name, "weights_with_zeros", _unknown_outside(draw("outside", weights="reals")), **FIVE_STEPS)
    yield _fit(name, "without_floor", draw("floorless"), floor=np.zeros(2), **FIVE_STEPS)
    yield _fit(name, "own_floor", draw("own floor"), floor=np.array([0.5, 2.0]), **FIVE_STEPS)
    yield _fit(name, "floor_that_raises_the_nll", draw("high floor"), floor=np.array([50.0, 20.0]))
    yield _fit(name, "class_that_collapses", _lonely(draw("lonely")), **FIVE_STEPS)
    yield _fit(name, "twin_classes", _twins(draw("twins")), max_iter=0)
    yield _fit(name, "far_away", draw("far", far=FAR), **FIVE_STEPS)
    broken = draw("broken", "full")
    indefinite = np.stack([[[1.0, 2.0], [2.0, 1.0]]] * 3)
    broken = broken._replace(mixture=broken.mixture._replace(covariances=indefinite))
    yield _fit(name, "start_not_positive_definite", broken, covariance_type="full")
    yield _fit(name, "class_that_shrinks_to_a_point", *_point(name), floor=np.zeros(1), tol=-1.0)
    given = draw("without weights")
    yield Case(
        f"mixtures.{name}.fit",
        "without_weights",
        {"pixels": given.pixels, "start": _start(name, given), "max_iter": 3},
    )
    if name == "svgmm":
        yield from _unknown_proportions()


def _fit(name: str, case: str, given: Pixels, start: Mixture | None = None, **options: Any) -> Case:
    start = _start(name, given) if start is None else start
    arguments = {"pixels": given.pixels, "start": start, "weights": given.weights}
    return Case(f"mixtures.{name}.fit", case, arguments | options)


def _point(name: str) -> tuple[Pixels, Mixture]:
    """Without a floor the first class shrinks on two equal pixels at once, and no NLL is finite any more."""
    pixels = np.array([[0.0, 0.0, 100.0, 101.0, 105.0, 106.0]])
    shares = np.array([[1 / 3], [2 / 3]]) * np.ones(6)
    proportions = shares[:, 0] if name == "gmm" else shares
    start = Mixture(proportions, np.array([[0.0], [103.0]]), np.array([[1e-4], [4.0]]))
    return Pixels(pixels, start, np.ones(6), np.zeros(1)), start


def _unknown_proportions() -> Iterator[Case]:
    """Π is NaN outside Ω, where it never matters, or inside, where no NLL can be finite."""
    given = draw("unknown proportions", weights="reals")
    start = _start("svgmm", given)
    outside = start._replace(proportions=np.where(given.weights > 0, start.proportions, np.nan))
    yield _fit("svgmm", "nan_proportions_outside", given, outside, max_iter=0)
    light = given._replace(weights=np.where(np.arange(24) == 7, 0.5, given.weights + 1))
    inside = start._replace(proportions=np.where(np.arange(24) == 7, np.nan, start.proportions))
    yield _fit("svgmm", "nan_proportions_inside", light, inside)


def _twins(given: Pixels) -> Pixels:
    """Two classes that never differ: their pixels are ties, which go to the first."""
    _, means, covariances = given.mixture
    same = [0, 0, 2]
    return given._replace(mixture=Mixture(np.array([0.3, 0.3, 0.4]), means[same], covariances[same]))


def _without_last(given: Pixels) -> Pixels:
    """No pixel near the last class."""
    means = np.array(given.mixture.means)
    means[-1] += 50
    return given._replace(mixture=given.mixture._replace(means=means))


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


def _rejections(name: str) -> Iterator[Case]:
    given = draw("rejected")
    start = _start(name, given)
    unknown = np.array(given.pixels)
    unknown[1, 3] = np.nan
    good = {"pixels": given.pixels, "start": start, "weights": given.weights}
    bad: dict[str, dict[str, Any]] = {
        "nan_inside": {"pixels": unknown},
        "infinity_inside": {"pixels": np.where(np.isnan(unknown), np.inf, unknown)},
        "empty_mask": {"weights": np.zeros(24)},
        "fewer_pixels_than_classes": {"weights": (np.arange(24) < 2).astype(float)},
        "negative_weight": {"weights": np.where(np.arange(24) == 5, -1.0, 1.0)},
        "weights_of_another_length": {"weights": np.ones(23)},
        "unknown_covariance_type": {"covariance_type": "round"},
        "covariances_of_another_type": {"covariance_type": "full"},
        "means_of_another_number_of_channels": {"start": start._replace(means=np.zeros((3, 3)))},
    }
    for case, changed in bad.items():
        yield Case(f"mixtures.{name}.fit", f"rejects_{case}", good | changed, rejected=True)

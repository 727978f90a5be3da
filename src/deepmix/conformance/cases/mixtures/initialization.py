"""Starts of the mixtures, from given uniform numbers: a port needs no generator of its own."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from deepmix.conformance.drawing import draw_responsibilities
from deepmix.conformance.operation import Operation
from deepmix.conformance.tolerances import relative
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES

from ..case import Case, generator
from ._pixels import Pixels, draw

ON_HOST: dict[str, Any] = {
    "form": "as_it_is",
    "not_exported": "checks and draws on the host before its program runs",
}
OPERATIONS = (
    Operation(name="random_responsibilities", equations=("EM3",), result=("mixture",), **ON_HOST),
    Operation(name="random_memberships", equations=("FC2",), result=("memberships",), rule=relative(8), **ON_HOST),
    Operation(name="kmeans", equations=("EM3",), result=("mixture",), **ON_HOST),
    Operation(name="from_labels", equations=("EM3",), result=("mixture",), notes={"labels": "0 … K−1"}, **ON_HOST),
    Operation(name="from_means", equations=("EM3",), result=("mixture",), **ON_HOST),
    Operation(name="from_responsibilities", equations=("EM3",), result=("mixture",), **ON_HOST),
)


def cases(dtype: str) -> Iterator[Case]:
    """Typical starts, edges, memberships."""
    yield from _typical()
    yield from _edges()
    yield from _memberships()
    yield from _rejections()


def _typical() -> Iterator[Case]:
    for kind in COVARIANCE_TYPES:
        given = draw(f"start {kind}", kind, weights="reals")
        rng = generator(f"uniforms {kind}")
        options: dict[str, Any] = {"covariance_type": kind, "weights": given.weights}
        yield _random(kind, given, rng.random((3, 24)), **options)
        yield _kmeans(kind, given, rng.random((3, 3)), **options)
        yield _case("from_labels", kind, given, labels=np.arange(24) % 3, n_components=3, **options)
        yield _case("from_means", kind, given, means=given.mixture.means, **options)
        responsibilities = draw_responsibilities(rng, 3, 24)
        yield _case("from_responsibilities", kind, given, responsibilities=responsibilities, **options)


def _edges() -> Iterator[Case]:
    given, rng = draw("start edges", weights="mask"), generator("start edges")
    one = draw("one class", m=1, k=1)
    yield _random("one_class_one_channel", one, rng.random((1, 24)), weights=one.weights)
    yield _random("without_weights", given, rng.random((3, 24)))
    zeros = rng.random((3, 24)) * (np.arange(24) % 4 > 0)  # pixels that belong to nobody belong to all
    yield _random("uniforms_of_0", given, zeros, weights=given.weights)
    yield _kmeans("one_class_one_channel", one, rng.random((1, 2)))
    yield _kmeans("one_round", given, rng.random((3, 3)), max_iter=1)
    few = given._replace(pixels=np.array(given.pixels)[:, [0, 1] * 12])
    # the candidates of a row are equal pixels: no rounding chooses between them
    same = np.array([[0.02] * 3, [0.3] * 3, [0.7] * 3])
    yield _kmeans("fewer_distinct_pixels_than_classes", few, same)
    late = (np.arange(24) > 2).astype(float)  # a chance of 0 is never drawn
    yield _kmeans("uniforms_of_0_where_the_weight_is_0", given, np.zeros((3, 3)), weights=late, max_iter=1)
    yield from _ties(given)
    flat = given._replace(pixels=np.stack([given.pixels[0], np.full(24, 0.1)]))
    yield _kmeans("constant_channel", flat, rng.random((3, 3)))
    rescaled = given._replace(pixels=given.pixels * np.array([[1.0], [1e3]]))
    yield _kmeans("channels_of_different_units", rescaled, rng.random((3, 3)))
    yield _case("from_means", "channels_of_different_units", rescaled, means=rescaled.pixels[:, :3].T)
    yield _case("from_labels", "empty_class", given, labels=np.arange(24) % 2, n_components=3)
    outside = np.where(given.weights > 0, np.arange(24) % 3, -7)
    labels: dict[str, Any] = {"labels": outside, "n_components": 3, "weights": given.weights}
    yield _case("from_labels", "unknown_labels_outside", given, **labels)
    far = np.array(given.mixture.means)
    far[2] = 1e3
    yield _case("from_means", "mean_without_pixels", given, means=far)
    r = np.concatenate([draw_responsibilities(rng, 2, 24), np.zeros((1, 24))])
    yield _case("from_responsibilities", "empty_class", given, responsibilities=r, weights=given.weights)
    yield _case(
        "from_responsibilities",
        "unweighted",
        given,
        responsibilities=draw_responsibilities(rng, 3, 24),
        weights=np.ones(24),
    )


def _ties(given: Pixels) -> Iterator[Case]:
    """Of the corners of a square two are as far from two others, whatever rounds; the first is taken."""
    square = given._replace(pixels=np.array([[0.0, 1.0, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0]]))
    opposite = np.array([[0.0, 0.0], [0.9, 0.9]])
    yield _kmeans("pixels_half_way_between_centres", square, opposite, max_iter=1)
    yield _kmeans("candidates_that_leave_the_same", square, np.array([[0.0, 0.0], [0.4, 0.1]]), max_iter=1)
    yield _case("from_means", "pixels_half_way_between_means", square, means=square.pixels[:, [1, 2]].T)


def _memberships() -> Iterator[Case]:
    uniforms = generator("memberships").random((3, 8))
    some = uniforms * (np.arange(8) % 4 > 0)  # pixels that belong to nobody belong to all
    for name, drawn in {"three_classes": uniforms, "one_class": uniforms[:1], "uniforms_of_0": some}.items():
        k, n = drawn.shape
        arguments = {"n_components": k, "n_pixels": n, "uniforms": drawn}
        yield Case(function="random_memberships", name=name, arguments=arguments)
    other = {"n_components": 2, "n_pixels": 8, "uniforms": uniforms}
    yield Case(
        function="random_memberships", name="rejects_uniforms_of_another_shape", arguments=other, rejected=True
    )


def _random(name: str, given: Pixels, uniforms: np.ndarray, **options: Any) -> Case:
    return _case("random_responsibilities", name, given, n_components=len(uniforms), uniforms=uniforms, **options)


def _kmeans(name: str, given: Pixels, uniforms: np.ndarray, **options: Any) -> Case:
    return _case("kmeans", name, given, n_components=len(uniforms), uniforms=uniforms, **options)


def _case(function: str, name: str, given: Pixels, *, rejected: bool = False, **arguments: Any) -> Case:
    return Case(function=function, name=name, arguments={"pixels": given.pixels} | arguments, rejected=rejected)


def _rejections() -> Iterator[Case]:
    given = draw("rejected")
    unknown = np.array(given.pixels)
    unknown[1, 3] = np.nan
    good: dict[str, dict[str, Any]] = {
        "random_responsibilities": {"n_components": 3, "uniforms": np.full((3, 24), 0.5)},
        "kmeans": {"n_components": 3, "uniforms": np.full((3, 3), 0.5)},
        "from_labels": {"n_components": 3, "labels": np.arange(24) % 3},
        "from_means": {"means": given.mixture.means},
    }
    for function, arguments in good.items():
        broken = given._replace(pixels=unknown)
        yield _case(function, "rejects_nan_inside", broken, rejected=True, **arguments)
        nothing = arguments | {"weights": np.zeros(24)}
        yield _case(function, "rejects_empty_mask", given, rejected=True, **nothing)
        few = arguments | {"weights": (np.arange(24) < 2).astype(float)}
        yield _case(function, "rejects_fewer_pixels_than_classes", given, rejected=True, **few)
        other = arguments | {"covariance_type": "round"}
        yield _case(function, "rejects_unknown_covariance_type", given, rejected=True, **other)
    shares = {"responsibilities": np.full((3, 24), 1 / 3), "weights": np.ones(24), "covariance_type": "round"}
    yield _case("from_responsibilities", "rejects_unknown_covariance_type", given, rejected=True, **shares)
    for function in ("random_responsibilities", "kmeans"):
        arguments = good[function] | {"uniforms": np.full((2, 2), 0.5)}
        yield _case(function, "rejects_uniforms_of_another_shape", given, rejected=True, **arguments)
    idle = good["kmeans"] | {"max_iter": 0}
    yield _case("kmeans", "rejects_no_round", given, rejected=True, **idle)
    labels = good["from_labels"] | {"labels": np.arange(24) % 4}
    yield _case("from_labels", "rejects_a_label_too_large", given, rejected=True, **labels)
    short = good["from_labels"] | {"labels": np.arange(23) % 3}
    yield _case("from_labels", "rejects_labels_of_another_length", given, rejected=True, **short)
    yield _case("from_means", "rejects_means_of_other_channels", given, rejected=True, means=np.zeros((3, 3)))
    yield _case("from_means", "rejects_nan_means", given, rejected=True, means=np.full((3, 2), np.nan))

"""Densities, moments and their gradients [G], [DG5]."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from deepmix.conformance.drawing import draw_responsibilities
from deepmix.conformance.operation import Operation
from deepmix.conformance.tolerances import EXACT, relative
from deepmix.reference.mixtures import gaussian
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES

from ..case import Case, generator, nearly_singular
from ._pixels import E_STEP, FAR, POSTERIOR, Pixels, draw

OPERATIONS = (
    Operation(name="log_density", equations=("G1",), result=("log_densities",)),
    Operation(
        name="posterior",
        equations=("EM1", "SV2"),
        result=E_STEP,
        rules=POSTERIOR,
        notes={"log_proportions": "(K, 1) or (K, N)"},
        example=lambda shapes: dict.fromkeys(
            ("log_proportions", "log_densities"), shapes.named("responsibilities")
        ),
    ),
    Operation(name="safe_log", equations=("EM1",), result=("logarithms",), rule=relative(4), optional=True),
    Operation(name="moments", equations=("G2", "G3"), result=("moments",)),
    Operation(
        name="blend",
        equations=("VE3",),
        result=("mixture",),
        notes={"found": "(mixtures)"},
        example=lambda shapes: {"found": shapes.mixture(), "rate": shapes.array()},
    ),
    Operation(name="global_mixture", equations=("G2", "G3"), result=("mixture",)),
    Operation(name="variance_floor", equations=("G3",), result=("floor",)),
    Operation(
        name="covariance_matrices",
        equations=("G2",),
        result=("matrices",),
        rule=EXACT,
        optional=True,
        notes={"matrices": "(K, M, M)"},
    ),
    Operation(
        name="log_density_pullback",
        equations=("DG5",),
        result=("means", "covariances"),
        optional=True,
        notes={"cotangent": "(K, N)", "covariances": "(gradients at them)"},
    ),
    Operation(
        name="moments_pullback",
        equations=("DG5", "G2"),
        result=("responsibilities",),
        optional=True,
        notes={"responsibilities": "(the gradient at r)"},
    ),
)
OFFSET = {"float64": 1e6, "float32": 1e3}  # E[x²] − E[x²] loses so many digits that it shows


def cases(dtype: str) -> Iterator[Case]:
    """From densities to the gradients of the moments."""
    yield from _log_density(dtype)
    yield from _posterior()
    yield from _moments(dtype)
    yield from _blends()
    yield from _global_mixture_and_floor(dtype)
    yield from _helpers()
    yield from _pullbacks(dtype)


def _log_density(dtype: str) -> Iterator[Case]:
    edges = {
        "one_channel": draw("one channel", m=1),
        "one_class": draw("one class", k=1),
        "one_pixel": draw("one pixel", n=1),
        "far_away": draw("far", far=FAR),
        "far_from_zero": _moved(draw("offset"), OFFSET[dtype]),
    }
    for kind in COVARIANCE_TYPES:
        yield _density(kind, kind, draw(kind, kind, m=3, k=4))
    for name, given in edges.items():
        yield _density(name, "diag", given)
    for kind in ("full", "tied"):
        yield _density(f"far_away_{kind}", kind, draw("far", kind, far=FAR))
        given = draw("singular", kind, m=3, condition=nearly_singular(dtype))
        yield _density(f"nearly_singular_{kind}", kind, given)
    given = draw("indefinite", "full", k=2)
    indefinite = np.stack([given.mixture.covariances[0], [[1.0, 2.0], [2.0, 1.0]]])
    given = given._replace(mixture=given.mixture._replace(covariances=indefinite))
    yield _density("not_positive_definite", "full", given)


def _density(name: str, kind: str, given: Pixels) -> Case:
    mixture = given.mixture
    arguments = {"means": mixture.means, "covariances": mixture.covariances, "covariance_type": kind}
    return Case(function="log_density", name=name, arguments={"pixels": given.pixels} | arguments)


def _moved(given: Pixels, offset: float) -> Pixels:
    """The same pixels and mixture, elsewhere."""
    mixture = given.mixture._replace(means=given.mixture.means + offset)
    return given._replace(pixels=given.pixels + offset, mixture=mixture)


def _posterior() -> Iterator[Case]:
    rng = generator("posterior")
    densities = rng.normal(-5, 4, (3, 12))
    shared = np.log([[0.2], [0.3], [0.5]])
    of_pixels = np.log(draw_responsibilities(rng, 3, 12))
    cases = {
        "shared_proportions": (shared, densities),
        "proportions_of_pixels": (of_pixels, densities),
        "far_away": (shared, densities - 1e4),
        "one_class": (np.zeros((1, 1)), densities[:1]),
        "class_with_proportion_0": (np.array([[0.0], [-np.inf]]), densities[:2]),
        "ties": (np.log([[0.5], [0.5]]), np.stack([densities[0], densities[0]])),
    }
    for name, (proportions, given) in cases.items():
        yield Case(
            function="posterior", name=name, arguments={"log_proportions": proportions, "log_densities": given}
        )


def _moments(dtype: str) -> Iterator[Case]:
    for kind in COVARIANCE_TYPES:
        yield _moment(kind, kind, draw(kind, kind, m=3, k=4))
        yield _moment(f"empty_class_{kind}", kind, draw(kind, kind), empty=True)
        yield _moment(f"weights_with_zeros_{kind}", kind, draw(kind, kind, weights="reals"))
    yield _moment("one_channel", "diag", draw("one channel", m=1))
    yield _moment("one_class", "full", draw("one class", "full", k=1))
    yield _moment("far_from_zero", "diag", _moved(draw("offset"), OFFSET[dtype]))
    yield _moment("far_from_zero_full", "full", _moved(draw("offset", "full"), OFFSET[dtype]))
    given, classes = draw("far apart", "full"), np.arange(24) % 3
    given = given._replace(pixels=given.pixels + (classes - 1) * OFFSET[dtype])  # narrow, far from their mean
    yield Case(
        function="moments", name="classes_far_apart", arguments=_inputs(given) | _full(np.eye(3)[:, classes])
    )
    given = draw("small class", "full")
    small = np.array(draw_responsibilities(generator("small class"), 3, 24))
    small[0] *= 1e-3
    yield Case(function="moments", name="class_of_a_hundredth_of_a_pixel", arguments=_inputs(given) | _full(small))
    if dtype == "float64":  # the threshold is that of the dtype, and the expected values come from float64
        for name, count in {"barely_empty_class": 9.5, "barely_occupied_class": 10.5}.items():
            r = np.array(small)
            r[0] = 0
            r[0, 0] = count * np.finfo(float).tiny
            yield Case(function="moments", name=name, arguments=_inputs(given) | _full(r))
    given = draw("one pixel a class", "full", n=3)
    yield Case(function="moments", name="one_pixel_a_class", arguments=_inputs(given) | _full(np.eye(3)))


def _full(responsibilities: np.ndarray) -> dict[str, Any]:
    return {"responsibilities": responsibilities, "covariance_type": "full"}


def _moment(name: str, kind: str, given: Pixels, empty: bool = False) -> Case:
    r = draw_responsibilities(generator(name), len(given.mixture.means), given.pixels.shape[1])
    if empty:
        r = np.concatenate([r[1:], np.zeros_like(r[:1])])
    arguments = {"responsibilities": r, "covariance_type": kind}
    return Case(function="moments", name=name, arguments=_inputs(given) | arguments)


def _inputs(given: Pixels) -> dict[str, Any]:
    return {
        "pixels": given.pixels,
        "weights": given.weights,
        "floor": given.floor,
        "previous": given.mixture,
    }


def _blends() -> Iterator[Case]:
    for kind in COVARIANCE_TYPES:
        pair = {"previous": draw("previous", kind).mixture, "found": draw("found", kind).mixture}
        yield Case(function="blend", name=kind, arguments=pair | {"rate": 0.3, "covariance_type": kind})
    pair = {"previous": draw("previous").mixture, "found": draw("found").mixture}
    yield Case(function="blend", name="nothing_of_the_new", arguments=pair | {"rate": 0.0})
    nobody = {name: each._replace(proportions=np.array([0.4, 0.6, 0.0])) for name, each in pair.items()}
    yield Case(function="blend", name="empty_class", arguments=nobody | {"rate": 1.0})


def _global_mixture_and_floor(dtype: str) -> Iterator[Case]:
    for kind in COVARIANCE_TYPES:
        given = draw("global", kind, weights="reals")
        inputs = {"pixels": given.pixels, "weights": given.weights, "floor": given.floor}
        options = {"n_components": 3, "covariance_type": kind}
        yield Case(function="global_mixture", name=kind, arguments=inputs | options)
    given = draw("global")
    inputs = {"pixels": given.pixels, "weights": given.weights, "floor": given.floor}
    yield Case(function="global_mixture", name="unweighted", arguments=inputs | {"n_components": 3})
    given = draw("floor", weights="mask")
    constant = np.stack([given.pixels[0], np.full(24, 0.1)])
    outside = np.where(given.weights > 0, constant, given.pixels)  # varies only where the weight is 0
    cases = {
        "all_pixels": (given.pixels, np.ones(24)),
        "weights_with_zeros": (given.pixels, given.weights),
        "constant_channel": (constant, np.ones(24)),
        "constant_where_it_counts": (outside, given.weights),
        "far_from_zero": (given.pixels + OFFSET[dtype], given.weights),
    }
    for name, (pixels, weights) in cases.items():
        yield Case(function="variance_floor", name=name, arguments={"pixels": pixels, "weights": weights})


def _helpers() -> Iterator[Case]:
    yield Case(
        function="safe_log", name="with_a_zero", arguments={"proportions": np.array([0.0, 1e-30, 0.25, 1.0])}
    )
    for kind in COVARIANCE_TYPES:
        covariances = draw(kind, kind, m=2, k=3).mixture.covariances
        options = {"covariance_type": kind, "n_components": 3, "n_channels": 2}
        yield Case(function="covariance_matrices", name=kind, arguments={"covariances": covariances} | options)


def _pullbacks(dtype: str) -> Iterator[Case]:
    for kind in COVARIANCE_TYPES:
        yield _density_pullback(kind, kind, draw(kind, kind, m=3, k=4))
        yield _moments_pullback(kind, kind, draw(kind, kind, m=3, k=4))
        yield _moments_pullback(f"empty_class_{kind}", kind, draw(kind, kind, weights="reals"), empty=True)
    yield _density_pullback("one_channel", "diag", draw("one channel", m=1))
    yield _density_pullback("one_class", "full", draw("one class", "full", k=1))
    singular = draw("singular", "full", m=3, condition=nearly_singular(dtype))
    yield _density_pullback("nearly_singular", "full", singular)


def _density_pullback(name: str, kind: str, given: Pixels) -> Case:
    shape = len(given.mixture.means), given.pixels.shape[1]
    cotangent = generator(f"cotangent {name}").normal(size=shape)
    inputs = {"pixels": given.pixels, "mixture": given.mixture, "cotangent": cotangent}
    return Case(function="log_density_pullback", name=name, arguments=inputs | {"covariance_type": kind})


def _moments_pullback(name: str, kind: str, given: Pixels, empty: bool = False) -> Case:
    moment = _moment(name, kind, given, empty).arguments
    found = gaussian.moments(**moment)
    rng = generator(f"cotangent {name}")
    d_means, d_covariances = rng.normal(size=found.means.shape), rng.normal(size=found.covariances.shape)
    if kind in ("full", "tied"):
        d_covariances = d_covariances + d_covariances.swapaxes(-1, -2)
    inputs = {name: moment[name] for name in ("pixels", "weights", "floor", "covariance_type")}
    gradients = {"found": found, "d_means": d_means, "d_covariances": d_covariances}
    return Case(function="moments_pullback", name=name, arguments=inputs | gradients)

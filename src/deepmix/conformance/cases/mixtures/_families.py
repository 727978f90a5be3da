"""The cases that all families of distributions have: densities, sums, estimates and gradients [NG]."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from deepmix.conformance.drawing import draw_responsibilities, draw_weights
from deepmix.conformance.drawing_families import draw_of_family, draw_values
from deepmix.conformance.examples import Shapes
from deepmix.conformance.operation import Operation
from deepmix.reference.mixtures import gamma, lognormal, poisson, rician, student
from deepmix.reference.mixtures.families import floor
from deepmix.reference.mixtures.forms import FORMS
from deepmix.reference.mixtures.records import AnyMixture

from ..case import Case, generator
from ._pixels import Pixels

N = 24
MODULES = {"student": student, "rician": rician, "gamma": gamma, "lognormal": lognormal, "poisson": poisson}


def draw_family(
    name: str, family: str, kind: str = "diag", *, m: int = 2, k: int = 3, weights: str = "reals"
) -> Pixels:
    """What the name says of random numbers. kind: covariance type. weights: kind of weights."""
    rng = generator(f"{family} {name}")
    truth, mixture = (draw_of_family(rng, family, m, k, kind) for _ in range(2))
    pixels, w = draw_values(rng, family, truth, N, kind), draw_weights(rng, (N,), weights)
    return Pixels(pixels=pixels, mixture=mixture, weights=w, floor=floor(pixels, w, family))


def example(shapes: Shapes, family: str) -> AnyMixture:
    """A mixture to export with."""
    of_classes = (shapes.array(*shape) for shape in FORMS[family].shapes(shapes.k, shapes.m, "diag"))
    return FORMS[family].record._make((shapes.array(shapes.k), *of_classes))


def responsibilities(name: str, given: Pixels) -> np.ndarray:
    """Those of what was drawn (K, N)."""
    return draw_responsibilities(generator(f"responsibilities {name}"), len(given.mixture[1]), N)


def operations(
    family: str,
    equations: dict[str, tuple[str, ...]],
    gradients: tuple[str, ...],
    by_sums: bool = True,
    slope: tuple[str, ...] = (),
) -> tuple[Operation, ...]:
    """What is declared of the functions that all families have.

    equations: by function. gradients: the parameters at which there is one. by_sums: whether the M-step is made of
    `statistics`. slope: what its gradient takes besides.
    """
    mixture = {name: lambda shapes, name=name: {name: example(shapes, family)} for name in ("mixture", "previous")}
    sums = Operation(
        name="statistics", equations=equations["estimate"], result=("statistics",), example=mixture["previous"]
    )
    estimate = Operation(name="estimate", equations=equations["estimate"], result=("found",))
    return (
        Operation(
            name="log_density",
            equations=equations["log_density"],
            result=("log_densities",),
            example=mixture["mixture"],
        ),
        *([sums] if by_sums else []),
        estimate._replace(not_exported="a few operations on its sums")
        if by_sums
        else estimate._replace(example=mixture["previous"]),
        Operation(
            name="of_gaussians",
            equations=equations["estimate"][:1],
            result=("mixture",),
            not_exported="a start, made once",
        ),
        Operation(
            name="log_density_pullback",
            equations=("NG10",),
            result=gradients,
            optional=True,
            notes={"cotangent": "(K, N)"} | {gradients[0]: "(gradients at them)"},
        ),
        Operation(
            name="estimate_pullback",
            equations=("NG10", *slope),
            result=("responsibilities",),
            optional=True,
            notes={"responsibilities": "(the gradient at r)", "cotangents": "(at the parameters, in their order)"},
        ),
    )


def functions(
    family: str, kinds: tuple[str, ...] = ("diag",), words: dict[str, tuple[str, ...]] | None = None
) -> Iterator[Case]:
    """Cases of the functions that all families have. words: what an option of the estimate may be, by its name."""
    for kind in kinds:
        yield from _of_mixture(kind, family, kind, draw_family(kind, family, kind, m=3))
        yield from _estimates(kind, family, kind, draw_family(f"estimate {kind}", family, kind), words)
    one: dict[str, dict[str, Any]] = {"one_channel": {"m": 1, "weights": "ones"}, "one_class": {"k": 1}}
    for name, sizes in one.items():
        given = draw_family(name, family, kinds[-1], **sizes)
        yield from _of_mixture(name, family, kinds[-1], given)
        yield from _estimates(name, family, kinds[-1], given, None)


def _of_mixture(name: str, family: str, kind: str, given: Pixels) -> Iterator[Case]:
    """The density and its gradient."""
    arguments = {"pixels": given.pixels, "mixture": given.mixture, "covariance_type": kind}
    yield Case(function="log_density", name=name, arguments=arguments)
    cotangent = generator(f"cotangent {name}").normal(size=(len(given.mixture[1]), N))
    yield Case(function="log_density_pullback", name=name, arguments=arguments | {"cotangent": cotangent})


def _estimates(
    name: str, family: str, kind: str, given: Pixels, words: dict[str, tuple[str, ...]] | None
) -> Iterator[Case]:
    """The estimate and its gradient, with each word; and with an empty class."""
    r = responsibilities(name, given)
    if hasattr(MODULES[family], "statistics"):
        arguments = {"pixels": given.pixels, "responsibilities": r, "weights": given.weights}
        about = {"previous": given.mixture, "covariance_type": kind}
        yield Case(function="statistics", name=name, arguments=arguments | about)
    for option, values in (words or {"": ("",)}).items():
        for value in values:
            said = {option: value} if option else {}
            yield from _estimate("_".join(filter(None, (name, value))), family, kind, given, r, said)
    if len(r) > 1:
        empty = np.concatenate([np.zeros_like(r[:1]), r[1:] / r[1:].sum(axis=0)])
        yield from _estimate(f"empty_class_{name}", family, kind, given, empty, {})


def _estimate(
    name: str, family: str, kind: str, given: Pixels, r: np.ndarray, said: dict[str, str]
) -> Iterator[Case]:
    module = MODULES[family]
    around: dict[str, Any] = {"floor": given.floor, "previous": given.mixture, "covariance_type": kind}
    of_pixels = {"pixels": given.pixels, "responsibilities": r, "weights": given.weights}
    if hasattr(module, "statistics"):
        sums = module.statistics(**of_pixels, previous=given.mixture, covariance_type=kind)
        found = module.estimate(sums, **around, **said)
        yield Case(function="estimate", name=name, arguments={"statistics": sums} | around | said)
    else:
        found = module.estimate(**of_pixels, **around)
        yield Case(function="estimate", name=name, arguments=of_pixels | around)
    rng, parameters = (
        generator(f"gradients {name}"),
        found.mixture[1:3] if len(found.mixture) > 2 else found.mixture[1:],
    )
    cotangents = tuple(_symmetric(rng.normal(size=np.shape(array)), kind) for array in parameters)
    known = said if "noise" in said or "shapes" in said else {}
    arguments = of_pixels | around | known | {"found": found, "cotangents": cotangents}
    yield Case(function="estimate_pullback", name=name, arguments=arguments)


def _symmetric(array: np.ndarray, kind: str) -> np.ndarray:
    matrices = array.ndim > 1 and kind in ("full", "tied") and array.shape[-1] == array.shape[-2]
    return array + array.swapaxes(-1, -2) if matrices else array


def starts(family: str, kinds: tuple[str, ...] = ("diag",)) -> Iterator[Case]:
    """Cases of the start from Gaussians, whose means are positive."""
    for kind in kinds:
        drawn = draw_of_family(generator(f"gaussians {kind}"), "gaussian", 2, 3, kind)
        gaussians = drawn._replace(means=2 + np.abs(drawn.means))
        yield Case(function="of_gaussians", name=kind, arguments={"mixture": gaussians, "covariance_type": kind})

"""The cases of the mixtures with classes of every family of distributions: steps, short fits, what they refuse."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from deepmix.reference.mixtures.families import FAMILIES
from deepmix.reference.mixtures.records import AnyMixture

from ..case import Case
from ._families import N, draw_family, responsibilities
from ._pixels import Pixels

KINDS = {"student": "full", "student_shared": "tied", "student_fixed": "spherical", "lognormal": "full"}
THREE_STEPS: dict[str, Any] = {"tol": -1.0, "max_iter": 3}
OTHERS = [family for family in FAMILIES if family != "gaussian"]


def steps(start: Callable[[Pixels], AnyMixture]) -> Iterator[Case]:
    """E-steps, NLLs, M-steps and fits of both EM algorithms, whose start is that of what was drawn."""
    for family in OTHERS:
        given, words = draw(f"steps of {family}", family)
        mixture, inputs = start(given), {"pixels": given.pixels, "weights": given.weights}
        yield Case(function="e_step", name=family, arguments={"pixels": given.pixels, "mixture": mixture} | words)
        yield Case(function="nll", name=family, arguments=inputs | {"mixture": mixture} | words)
        found = {"responsibilities": responsibilities(family, given), "floor": given.floor, "previous": mixture}
        yield Case(function="m_step", name=family, arguments=inputs | found | words)
        yield Case(function="fit", name=family, arguments=inputs | {"start": mixture} | words | THREE_STEPS)
    for case, (family, changed) in _bad().items():
        given, words = draw(f"rejected {family}", family)
        good = {"pixels": given.pixels, "start": start(given), "weights": np.ones(N)} | words
        rejected = {name: change(good.get(name)) for name, change in changed.items()}
        yield Case(function="fit", name=f"rejects_{case}", arguments=good | rejected, rejected=True)


def draw(name: str, family: str) -> tuple[Pixels, dict[str, str]]:
    """What the name says of random numbers, and the words that say what it is."""
    kind = KINDS.get(family, "diag")
    return draw_family(name, family, kind), {"family": family, "covariance_type": kind}


def _bad() -> dict[str, tuple[str, dict[str, Callable[[Any], Any]]]]:
    """Of a family, what is changed of good input."""

    def third(value: float) -> Callable[[np.ndarray], np.ndarray]:
        return lambda pixels: np.where(np.arange(N) == 3, value, pixels)

    return {
        "an_unknown_family": ("gamma", {"family": lambda _: "laplace"}),
        "a_start_of_another_family": ("gamma", {"family": lambda _: "rician"}),
        "full_covariances_of_independent_channels": ("rician", {"covariance_type": lambda _: "full"}),
        "zeros_of_a_positive_family": ("gamma", {"pixels": third(0.0)}),
        "negative_counts": ("poisson", {"pixels": third(-1.0)}),
        "degrees_below_1": ("student", {"start": lambda start: start._replace(degrees=start.degrees / 100)}),
    }

"""Algorithm 2, EM for the spatially variant mixture [SV]: its steps and short fits."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.drawing import draw_responsibilities
from deepmix.conformance.examples import Shapes
from deepmix.conformance.operation import Operation
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.reference.mixtures.records import AnyMixture, Mixture

from ..case import Case, generator
from . import _em, _family_fits
from ._pixels import E_STEP, POSTERIOR, Pixels, draw


def _of_pixels(shapes: Shapes) -> Mixture:
    return shapes.mixture()._replace(proportions=shapes.named("responsibilities"))


OPERATIONS = (
    Operation(
        name="e_step",
        equations=("SV2",),
        result=E_STEP,
        rules=POSTERIOR,
        example=lambda shapes: {"mixture": _of_pixels(shapes)},
    ),
    Operation(
        name="m_step",
        equations=("SV3", "G2"),
        result=("mixture", "moments"),
        example=lambda shapes: {"previous": _of_pixels(shapes)},
    ),
    Operation(
        name="nll", equations=("SV1",), result=("nll",), example=lambda shapes: {"mixture": _of_pixels(shapes)}
    ),
    Operation(
        name="begin",
        equations=("SV3",),
        result=("mixture",),
        form="as_it_is",
        not_exported="the responsibilities of mixtures.gmm.e_step, which is exported",
    ),
    Operation(
        name="fit",
        equations=("SV1", "SV2", "SV3"),
        result=("fit",),
        form="as_it_is",
        example=lambda shapes: {"start": _of_pixels(shapes)},
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """Steps, then fits."""
    yield from _em.steps_and_fits(_start, dtype)
    yield _em.point(_same_for_all)
    yield from _family_fits.steps(_start_of_family)
    yield from _begin()
    yield from _unknown_proportions()


def paper() -> Iterator[Case]:
    """The sizes of the paper."""
    responsibilities = draw_responsibilities(generator("paper"), 4, 160 * 160)
    yield from _em.paper_sizes(lambda given: given.mixture._replace(proportions=responsibilities))


def _start(given: Pixels) -> Mixture:
    """With proportions of each pixel, some of them 0 and 1 (not the last class's)."""
    k, n = len(given.mixture.means), given.pixels.shape[1]
    proportions = np.array(draw_responsibilities(generator("proportions"), k, n))
    proportions[:, ::5] = np.eye(k)[:, np.arange(len(range(0, n, 5))) % max(k - 1, 1)]
    if k > 1 and (given.mixture.means[0] == given.mixture.means[1]).all():  # twins
        proportions[:2] = proportions[:2].mean(axis=0)
    return given.mixture._replace(proportions=proportions)


def _start_of_family(given: Pixels) -> AnyMixture:
    k, n = len(given.mixture.proportions), given.pixels.shape[1]
    return given.mixture._replace(proportions=draw_responsibilities(generator("proportions"), k, n))


def _same_for_all(given: Pixels) -> Mixture:
    proportions = given.mixture.proportions[:, None] * np.ones(given.pixels.shape[1])
    return given.mixture._replace(proportions=proportions)


def _begin() -> Iterator[Case]:
    for kind in COVARIANCE_TYPES:
        given = draw(kind, kind, m=3, k=4, weights="reals")
        arguments = {"pixels": given.pixels, "mixture": given.mixture, "covariance_type": kind}
        yield Case(function="begin", name=kind, arguments=arguments)
    given, words = _family_fits.draw("begin", "student")
    yield Case(
        function="begin", name="student", arguments={"pixels": given.pixels, "mixture": given.mixture} | words
    )


def _unknown_proportions() -> Iterator[Case]:
    """Π is NaN outside Ω, where it never matters, or inside, where no NLL can be finite."""
    given = draw("unknown proportions", weights="reals")
    start = _start(given)
    outside = start._replace(proportions=np.where(given.weights > 0, start.proportions, np.nan))
    yield _em.fit(lambda given: outside, "nan_proportions_outside", given, max_iter=0)
    light = given._replace(weights=np.where(np.arange(24) == 7, 0.5, given.weights + 1))
    inside = start._replace(proportions=np.where(np.arange(24) == 7, np.nan, start.proportions))
    yield _em.fit(lambda given: inside, "nan_proportions_inside", light)

"""Fuzzy C-means [FC]: its steps and short fits."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.operation import Operation

from ..case import Case
from . import _fcm_fits
from ._pixels import draw_fuzzy

OPERATIONS = (
    Operation(
        name="centres",
        equations=("FC1",),
        result=("centres", "degenerate"),
        notes={"previous": "(K, M)"},
        example=lambda shapes: {"previous": shapes.named("centres")},
    ),
    Operation(name="memberships", equations=("FC2",), result=("memberships",)),
    Operation(name="squared_distances", equations=("FC1",), result=("squared",), notes={"squared": "(K, N)"}),
    Operation(name="objective", equations=("FC1",), result=("objective",)),
    Operation(name="partition_coefficient", equations=("FC4",), result=("coefficient",)),
    Operation(
        name="fit",
        equations=("FC1", "FC2", "FC3", "FC4"),
        result=("fit",),
        form="as_it_is",
        notes={"start": "(memberships)"},
        example=lambda shapes: {"start": shapes.named("memberships")},
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """Halves of a round, what is computed from both, then fits."""
    yield from _memberships()
    yield from _centres()
    yield from _fcm_fits.cases()


def _memberships() -> Iterator[Case]:
    given, _ = draw_fuzzy("memberships")
    pixels, centres = given.pixels, given.mixture.means
    on_one, on_two = np.array(centres), np.array(centres)
    on_one[1] = pixels[:, 4]
    on_two[[0, 2]] = pixels[:, 4]
    half_way = np.array([[0.0, 1.0, 2.0], [1.0, 1.0, 1.0]])
    maps: dict[str, tuple[np.ndarray, np.ndarray, float]] = {
        "published_fuzzifier": (pixels, centres, 2.0),
        "other_fuzzifier": (pixels, centres, 1.6),
        "fuzzifier_near_1": (pixels, centres, 1.01),
        "large_fuzzifier": (pixels, centres, 30.0),
        "pixel_on_a_centre": (pixels, on_one, 2.0),
        "pixel_on_two_centres": (pixels, on_two, 2.0),
        "half_way": (half_way, half_way[:, ::2].T, 3.0),
        "one_class": (pixels, centres[:1], 2.0),
        "far_away": (pixels + 1e6, centres, 1.2),
    }
    for name, (x, c, m) in maps.items():
        yield Case(function="memberships", name=name, arguments={"pixels": x, "centres": c, "fuzzifier": m})
    yield Case(function="squared_distances", name="typical", arguments={"pixels": pixels, "centres": centres})


def _centres() -> Iterator[Case]:
    given, u = draw_fuzzy("centres", weights="reals")
    empty = np.concatenate([np.zeros_like(u[:1]), u[1:] / u[1:].sum(axis=0)])
    outside = np.where(given.weights > 0, empty, np.eye(3)[:, :1])  # a member, but of weight 0
    maps: dict[str, tuple[np.ndarray, float]] = {
        "published_fuzzifier": (u, 2.0),
        "other_fuzzifier": (u, 1.6),
        "powers_that_underflow": (0.1 * u, 500.0),
        "class_without_a_member": (empty, 2.0),
        "class_without_a_member_inside": (outside, 2.0),
    }
    about = {"pixels": given.pixels, "weights": given.weights}
    for name, (memberships, m) in maps.items():
        arguments = about | {"memberships": memberships, "fuzzifier": m}
        yield Case(function="centres", name=name, arguments=arguments | {"previous": given.mixture.means})
        if name.endswith("fuzzifier"):
            yield Case(function="objective", name=name, arguments=arguments | {"centres": given.mixture.means})
    alike = {"pixels": given.pixels, "memberships": u, "weights": np.ones(12)}
    means = given.mixture.means
    yield Case(function="centres", name="unweighted", arguments=alike | {"previous": means})
    yield Case(function="objective", name="unweighted", arguments=alike | {"centres": means})
    del alike["pixels"]
    yield Case(function="partition_coefficient", name="unweighted", arguments=alike)
    yield Case(
        function="partition_coefficient", name="typical", arguments={"memberships": u, "weights": given.weights}
    )
    hard = np.eye(3)[:, np.arange(12) % 3]
    yield Case(
        function="partition_coefficient", name="hard", arguments={"memberships": hard, "weights": given.weights}
    )

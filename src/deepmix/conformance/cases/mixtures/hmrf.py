"""The hidden Markov field [SV4]: neighbours, a sweep, its free energy and short fits."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from deepmix.conformance.drawing import draw_image, draw_mixture, draw_responsibilities, draw_weights
from deepmix.conformance.examples import Shapes
from deepmix.conformance.operation import Operation
from deepmix.conformance.tolerances import relative
from deepmix.reference.mixtures import gaussian
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.reference.mixtures.records import AnyMixture

from ..case import Case, generator
from . import _family_fits
from ._pixels import POSTERIOR, still


def _of_a_field(shapes: Shapes) -> dict[str, Any]:
    maps = shapes.image(shapes.k)
    return {"responsibilities": maps, "log_densities": maps, "weights": shapes.mask}


SPATIAL = {"log_densities": "(K, *spatial)"}
OPERATIONS = (
    Operation(
        name="neighbour_sum",
        equations=("SV4",),
        result=("sums",),
        notes={"maps": "(K, *spatial)"},
        example=lambda shapes: {"maps": shapes.image(shapes.k)},
    ),
    Operation(
        name="colours",
        equations=("SV4",),
        result=("colours",),
        notes={"weights": "(only their shape counts)"},
        example=lambda shapes: {"weights": shapes.mask},
    ),
    Operation(
        name="sweep",
        equations=("SV4",),
        result=("responsibilities",),
        rules=POSTERIOR,
        notes=SPATIAL,
        example=_of_a_field,
    ),
    Operation(
        name="free_energy",
        equations=("SV4",),
        result=("energy",),
        notes=SPATIAL | {"energy": "(*spatial)"},
        example=_of_a_field,
    ),
    Operation(name="pseudo_nll", equations=("SV5",), result=("nll",), notes=SPATIAL, example=_of_a_field),
    Operation(
        name="information",
        equations=("SV6", "EM2", "SV5"),
        result=("share", "normalized"),
        rule=relative(32),  # where one class has all, "backward" would give it an entropy
        notes={"proportions": "(K,)"},
        example=lambda shapes: {
            "proportions": shapes.array(shapes.k),
            "nll": shapes.array(),
            "pseudo_nll": shapes.array(),
        },
    ),
    Operation(
        name="external_field",
        equations=("SV7", "G3"),
        result=("external",),
        notes={"external": "(K,)"},
        example=lambda shapes: {
            "responsibilities": shapes.image(shapes.k),
            "weights": shapes.mask,
            "external": shapes.array(shapes.k),
        },
    ),
    Operation(name="fit", equations=("SV4", "SV5", "SV7"), result=("fit",), form="as_it_is"),
)
PLANE, SOLID = (5, 6), (3, 4, 3)


class Field(NamedTuple):
    """An image (M, *spatial), a mixture not far from it, weights (*spatial)."""

    image: np.ndarray
    mixture: AnyMixture
    weights: np.ndarray


def cases(dtype: str) -> Iterator[Case]:
    """What a sweep is made of, then fits."""
    yield from _neighbours()
    yield from _sweeps()
    yield from _information()
    yield from _fits()
    yield from _families()
    yield from _rejections()


def _field(
    name: str, shape: tuple[int, ...] = PLANE, kind: str = "diag", *, m: int = 2, k: int = 3, weights: str = "ones"
) -> Field:
    rng = generator(f"field {name}")
    image = draw_image(rng, m, k, shape[0], int(np.prod(shape[1:]))).reshape(m, *shape)
    mixture = draw_mixture(rng, m, k, 4.0, 2.0, kind)
    return Field(image=image, mixture=mixture, weights=draw_weights(rng, shape, weights))


def _maps(name: str, k: int, shape: tuple[int, ...]) -> np.ndarray:
    return draw_responsibilities(generator(f"maps {name}"), k, int(np.prod(shape))).reshape(k, *shape)


def _neighbours() -> Iterator[Case]:
    for name, shape in {"plane": PLANE, "volume": SOLID, "row": (1, 4)}.items():
        for diagonals in (False, True):
            case, maps = f"{name}_with_diagonals" if diagonals else name, _maps(name, 2, shape)
            yield Case(function="neighbour_sum", name=case, arguments={"maps": maps, "diagonals": diagonals})
            yield Case(
                function="colours", name=case, arguments={"weights": np.ones(shape), "diagonals": diagonals}
            )


def _sweeps() -> Iterator[Case]:
    options: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {
        "published_beta": (PLANE, {"beta": 1.0}),
        "diagonals": (PLANE, {"beta": 0.4, "diagonals": True}),
        "volume": (SOLID, {"beta": 0.7}),
        "beta_0": (PLANE, {"beta": 0.0}),
        "strong": (PLANE, {"beta": 30.0}),
        "external_field": (PLANE, {"beta": 0.7, "external": np.array([0.5, -2.0, 0.0])}),
        "unweighted": (PLANE, {"beta": 0.7}),
    }
    for name, (shape, given) in options.items():
        field = _field(name, shape, weights="ones" if name == "unweighted" else "reals")
        pixels = field.image.reshape(len(field.image), -1)
        densities = gaussian.log_density(pixels, field.mixture.means, field.mixture.covariances).reshape(3, *shape)
        arguments = {
            "responsibilities": _maps(name, 3, shape),
            "log_densities": densities,
            "weights": field.weights,
        }
        yield Case(function="sweep", name=name, arguments=arguments | given)
        yield Case(function="free_energy", name=name, arguments=arguments | given)
        yield Case(function="pseudo_nll", name=name, arguments=arguments | given)
        del arguments["log_densities"]
        yield Case(function="external_field", name=name, arguments=arguments | {"external": np.zeros(3)} | given)
    sure = np.eye(3)[:, np.arange(30) % 3].reshape(3, *PLANE)
    densities = _maps("sure", 3, PLANE)
    given = {"responsibilities": sure, "log_densities": densities, "weights": np.ones(PLANE)}
    yield Case(function="free_energy", name="sure", arguments=given)
    alone = np.zeros((3, *PLANE))
    alone[1] = 1
    yield Case(
        function="external_field",
        name="classes_without_a_pixel",
        arguments={"responsibilities": alone, "weights": np.ones(PLANE), "external": np.array([1.0, 2.0, -3.0])},
    )


def _information() -> Iterator[Case]:
    of: dict[str, list[float]] = {
        "three_classes": [0.5, 0.3, 0.2],
        "a_small_class": [0.999, 0.001],
        "a_class_without_a_pixel": [0.25, 0.75, 0.0],
        "one_class_has_all": [1.0, 0.0],
    }
    for name, proportions in of.items():
        given = {"proportions": np.array(proportions), "nll": np.array(1.5), "pseudo_nll": np.array(1.25)}
        yield Case(function="information", name=name, arguments=given)


def _fits() -> Iterator[Case]:
    three: dict[str, Any] = {"tol": -1.0, "max_iter": 3}
    for kind in COVARIANCE_TYPES:
        yield _fit(f"three_turns_{kind}", _field(kind, kind=kind), three | {"covariance_type": kind, "beta": 0.5})
        free = {"class_sizes": "free", "covariance_type": kind, "beta": 0.5}
        yield _fit(f"free_class_sizes_{kind}", _field(f"free {kind}", kind=kind), three | free)
    yield _fit("volume_with_diagonals", _field("fit 3", SOLID), three | {"beta": 0.2, "diagonals": True})
    small = _field("nobody")
    proportions = np.array([0.75, 0.25, 0.0])
    start = small.mixture._replace(proportions=proportions)
    yield _fit("a_class_of_proportion_0", small._replace(mixture=start), three | {"class_sizes": "free"})
    yield _fit("free_class_sizes_of_beta_0", _field("free 0"), three | {"class_sizes": "free", "beta": 0.0})
    yield _fit("published_beta_and_tolerance", _field("published"), {})
    yield _fit("no_m_step", _field("no step"), {"max_iter": 0})
    yield _fit("weights", _field("weights", weights="reals"), three | {"beta": 0.5})
    whole = _field("without a mask")
    yield Case(
        function="fit", name="without_mask", arguments={"image": whole.image, "start": whole.mixture} | three
    )
    outside = _field("outside", weights="mask")
    unknown = np.where(outside.weights == 0, np.nan, outside.image)
    yield _fit("nan_outside", outside._replace(image=unknown), three)
    yield _fit("one_class", _field("one", m=1, k=1), {})
    yield _fit("floor_that_raises_f", _field("high floor"), {"floor": np.array([50.0, 20.0])})
    kept = still()
    pair = Field(image=kept.pixels.reshape(1, 2, 4), mixture=kept.mixture, weights=np.ones((2, 4)))
    yield _fit("a_tolerance_of_0", pair, {"floor": np.zeros(1), "tol": 0.0, "max_iter": 1})
    far = _field("far")
    nobody = far.mixture._replace(means=far.mixture.means + np.array([[0.0], [0.0], [1e4]]))
    yield _fit("class_without_a_pixel", far._replace(mixture=nobody), three)


def _families() -> Iterator[Case]:
    for family in _family_fits.OTHERS:
        given, words = _family_fits.draw(f"a field {family}", family)
        grid = (4, given.weights.size // 4)
        field = Field(
            image=given.pixels.reshape(-1, *grid), mixture=given.mixture, weights=given.weights.reshape(grid)
        )
        yield _fit(family, field, words | {"tol": -1.0, "max_iter": 3, "beta": 0.5})


def _fit(name: str, field: Field, options: dict[str, Any], **other: Any) -> Case:
    given = {"image": field.image, "start": field.mixture, "mask": field.weights}
    return Case(function="fit", name=name, arguments=given | options, **other)


def _rejections() -> Iterator[Case]:
    field = _field("rejected")
    unknown = np.array(field.image)
    unknown[1, 2, 3] = np.nan
    yield _fit("rejects_nan_inside", field._replace(image=unknown), {}, rejected=True)
    yield _fit("rejects_a_negative_beta", field, {"beta": -0.1}, rejected=True)
    yield _fit("rejects_other_class_sizes", field, {"class_sizes": "known"}, rejected=True)
    yield _fit("rejects_pixels_in_a_row", field._replace(image=field.image[:, 0]), {}, rejected=True)
    yield _fit("rejects_a_mask_of_another_shape", field._replace(weights=np.ones((5, 5))), {}, rejected=True)
    yield _fit("rejects_an_empty_mask", field._replace(weights=np.zeros(PLANE)), {}, rejected=True)
    few = (np.arange(30) < 2).astype(float).reshape(PLANE)
    yield _fit("rejects_fewer_pixels_than_classes", field._replace(weights=few), {}, rejected=True)

"""Regularisers [R]: value and gradient."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from deepmix.conformance.drawing import draw_image, draw_mixture, draw_responsibilities, draw_weights
from deepmix.conformance.examples import Shapes
from deepmix.conformance.flat import Arrays
from deepmix.conformance.operation import Operation
from deepmix.conformance.tolerances import counted
from deepmix.reference.deep_mixtures import many_images
from deepmix.reference.deep_mixtures.records import DeepModel, TrainingModel
from deepmix.reference.mixtures import gaussian
from deepmix.reference.mixtures.records import Mixture

from ..case import Case, generator
from ._problem import CONFIG, SIZE, VOLUME, K, draw_batch, example_batch, problem


def size_of_variation(inputs: Arrays, expected: Arrays) -> tuple[np.ndarray, int]:
    """A sum over pairs, none of them negative."""
    return np.abs(expected["value"]), 4 * inputs["proportions"].size


def size_of_gradient(inputs: Arrays, expected: Arrays) -> tuple[np.ndarray, int]:
    """Two signs for each axis over N, the sum of the weights."""
    mask = inputs["mask"]
    n_signs = 2 * mask.ndim
    return np.full(expected["gradient"].shape, n_signs / mask.sum()), mask.size + n_signs


def _batch(shapes: Shapes) -> dict[str, Any]:
    batch = example_batch(shapes)
    return {"proportions": batch.truth, "mixtures": shapes.mixture(len(batch.images)), "batch": batch}


WITH_GRADIENT = ("value", "gradient")
AT_PROPORTIONS = {"gradient": "(at the proportions)"}
OPERATIONS = (
    Operation(
        name="total",
        equations=("R1", "R2", "G2"),
        result=WITH_GRADIENT,
        form="value_and_gradient",
        static=("model",),
        notes=AT_PROPORTIONS | {"proportions": "(K, H, W)"},
        example=lambda shapes: {"model": DeepModel(unet=shapes.config), "weights": shapes.mask},
    ),
    Operation(
        name="total_variation",
        equations=("R2", "NN3"),
        result=WITH_GRADIENT,
        rules={"value": counted(size_of_variation), "gradient": counted(size_of_gradient)},
        form="regularizer",
        notes=AT_PROPORTIONS | {"spacing": "(an entry an axis)"},
    ),
    Operation(
        name="entropy",
        equations=("R3",),
        result=WITH_GRADIENT,
        form="regularizer",
        notes=AT_PROPORTIONS,
    ),
    Operation(
        name="volumes",
        equations=("R4",),
        result=WITH_GRADIENT,
        form="regularizer",
        notes=AT_PROPORTIONS | {"volumes": "(K,), of sum 1"},
        example=lambda shapes: {"volumes": shapes.array(shapes.k)},
    ),
    Operation(
        name="hidden_markov",
        equations=("R5", "SV4"),
        result=WITH_GRADIENT,
        form="regularizer",
        notes=AT_PROPORTIONS,
    ),
    Operation(
        name="mean_prior", equations=("R1", "DG5"), result=WITH_GRADIENT, form="regularizer", notes=AT_PROPORTIONS
    ),
    Operation(
        name="mean_prior_of_batch",
        equations=("R1", "DG5"),
        result=WITH_GRADIENT,
        form="regularizer_of_batch",
        notes=AT_PROPORTIONS | {"proportions": "(B, K, H, W)", "mixtures": "(arrays with a leading axis B)"},
        example=_batch,
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """Of one image, then of a batch."""
    for name, kind in {"typical": "ones", "weights_with_zeros": "reals"}.items():
        yield from _of_proportions(name, 3, 2, draw_weights(generator(name), (6, 8), kind))
    yield from _of_proportions("one_class_one_channel", 1, 1, np.ones((6, 8)))
    yield from _of_proportions("steps", 3, 2, np.ones((6, 8)), stepped=True)
    yield from _of_proportions("empty_class", 3, 2, np.ones((6, 8)), empty=True)
    yield from _of_proportions("volume", 2, 1, draw_weights(generator("volume"), VOLUME, "reals"))
    yield from _of_batches()
    yield from _totals()


def _totals() -> Iterator[Case]:
    """The regularisers of a model, as many as it has."""
    given = problem("total", weights="reals")._asdict()
    given.pop("parameters")
    proportions = draw_responsibilities(generator("total"), K, 64).reshape(K, *SIZE)
    variation: Any = {"name": "total_variation", "strength": 0.3}
    prior: Any = {"name": "mean_prior", "strength": 0.2, "means": generator("prior").normal(0, 2, (K, 2))}
    for name, chosen in {"none": (), "one": (variation,), "two": (variation, prior)}.items():
        model = DeepModel(unet=CONFIG, regularizers=chosen)
        arguments = {"proportions": proportions} | given | {"model": model}
        yield Case(function="total", name=name, arguments=arguments)
    yield Case(function="total", name="unweighted", arguments=arguments | {"weights": np.ones(SIZE)})


def _of_proportions(
    name: str, k: int, m: int, weights: np.ndarray, *, stepped: bool = False, empty: bool = False
) -> Iterator[Case]:
    """stepped: neighbours with equal proportions, where |·|′(0) = 0 matters. empty: a class with none."""
    rng = generator(f"regularizers {name}")
    image = np.array(draw_image(rng, m, k, *weights.shape))
    proportions = np.array(draw_responsibilities(rng, k, weights.size)).reshape(k, *weights.shape)
    if stepped:
        proportions[:, :, 1::2] = proportions[:, :, ::2]
    if empty:
        proportions = np.concatenate([proportions[:-1] / proportions[:-1].sum(axis=0), 0 * proportions[-1:]])
    pixels, w, flat = image.reshape(m, -1), weights.ravel(), proportions.reshape(k, -1)
    floor = gaussian.variance_floor(pixels, w)
    previous = draw_mixture(rng, m, k, 2.0, 1.0, "diag")
    found = gaussian.moments(pixels, flat, w, floor, previous)
    mixture = Mixture(proportions=flat @ w / w.sum(), means=found.means, covariances=found.covariances)
    arguments = {"proportions": proportions, "mixture": mixture, "image": image, "mask": weights}
    for function in ("total_variation", "entropy", "hidden_markov"):
        yield Case(function=function, name=name, arguments=arguments)
    if weights.ndim == 3:
        spaced = arguments | {"spacing": np.array([1.0, 0.5, 2.0])}
        yield Case(function="total_variation", name="volume_of_other_spacings", arguments=spaced)
    if not empty:  # a share of 0 is infinitely far from any other
        yield Case(function="volumes", name=name, arguments=arguments | {"volumes": rng.dirichlet(np.ones(k))})
    elif k > 1:
        without = np.append(rng.dirichlet(np.ones(k - 1)), 0)
        yield Case(function="volumes", name="none_wanted_of_a_class", arguments=arguments | {"volumes": without})
    yield Case(
        function="mean_prior", name=name, arguments=arguments | {"means": found.means + rng.normal(size=(k, m))}
    )


def _of_batches() -> Iterator[Case]:
    for name, shares, weights in (
        ("two_images", (1.0, 1.0), "reals"),
        ("one_fills_up", (1.0, 1.0, 0.0), "reals"),
        ("unweighted", (1.0, 1.0), "ones"),
    ):
        parameters, batch = draw_batch(name, shares=shares, weights=weights)
        _, found = many_images.loss(parameters, batch, TrainingModel(deep=DeepModel(unet=CONFIG)))
        means = generator(name).normal(size=(3, 2))
        arguments = {"proportions": found.proportions, "mixtures": found.mixture, "batch": batch}
        yield Case(function="mean_prior_of_batch", name=name, arguments=arguments | {"means": means})

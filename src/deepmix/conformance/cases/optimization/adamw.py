"""AdamW, clipping, schedule [U5]–[U7] and the regularisers [R]."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.drawing import draw_image, draw_mixture, draw_responsibilities, draw_weights
from deepmix.reference.mixtures import gaussian
from deepmix.reference.mixtures.records import Mixture
from deepmix.reference.optimization.records import AdamWState
from deepmix.reference.types import Tree

from ..case import Case, generator


def cases(dtype: str) -> Iterator[Case]:
    """The optimiser, then the regularisers."""
    yield from _adamw()
    yield from _schedule()
    yield from _regularizers()


def _tree(name: str, scale: float = 1.0) -> Tree:
    rng = generator(name)
    return {"a": scale * rng.normal(size=(2, 3)), "b": {"c": scale * rng.normal(size=4)}}


def _adamw() -> Iterator[Case]:
    parameters, gradient = _tree("parameters"), _tree("gradient")
    zeros = {"a": np.zeros((2, 3)), "b": {"c": np.zeros(4)}}
    yield Case("optimization.adamw.init", "two_leaves", {"parameters": parameters})
    gradients = {"short": (gradient, 12.0), "long": (gradient, 0.5), "zero": (zeros, 12.0)}
    for name, (given, max_norm) in gradients.items():
        yield Case("optimization.adamw.clip", name, {"gradient": given, "max_norm": max_norm})
    yield Case("optimization.adamw.clip", "published_norm", {"gradient": _tree("gradient", 20.0)})
    first = AdamWState(0, zeros, zeros)
    squares = {"a": _tree("v")["a"] ** 2, "b": {"c": _tree("v")["b"]["c"] ** 2}}
    later = AdamWState(9, _tree("m"), squares)
    tiny = _tree("gradient", 1e-8)  # as large as ε
    strong = {"learning_rate": 0.1, "weight_decay": 0.3}
    options = {
        "first_step": (gradient, first, strong),
        "later_step": (gradient, later, strong),
        "published_settings": (gradient, later, {}),
        "without_decay": (gradient, later, {"learning_rate": 0.1, "weight_decay": 0.0}),
        "other_moments": (gradient, later, strong | {"b1": 0.5, "b2": 0.8, "eps": 0.1}),
        "tiny_gradient": (tiny, first, strong),
        "zero_gradient": (zeros, first, strong),
    }
    for name, (given, state, settings) in options.items():
        arguments = {"parameters": parameters, "gradient": given, "state": state}
        yield Case("optimization.adamw.update", name, arguments | settings)


def _schedule() -> Iterator[Case]:
    for name, epoch in {"first_epoch": 0, "middle": 37, "last_epoch": 99}.items():
        options = {"learning_rate": 1e-3, "epoch": epoch, "n_epochs": 100}
        yield Case("optimization.schedules.polynomial_decay", name, options)


def _regularizers() -> Iterator[Case]:
    for name, kind in {"typical": "ones", "weights_with_zeros": "reals"}.items():
        yield from _of_proportions(name, 3, 2, draw_weights(generator(name), (6, 8), kind))
    yield from _of_proportions("one_class_one_channel", 1, 1, np.ones((6, 8)))
    yield from _of_proportions("steps", 3, 2, np.ones((6, 8)), stepped=True)
    yield from _of_proportions("empty_class", 3, 2, np.ones((6, 8)), empty=True)


def _of_proportions(
    name: str, k: int, m: int, weights: np.ndarray, *, stepped: bool = False, empty: bool = False
) -> Iterator[Case]:
    """stepped: neighbours with equal proportions, where |·|′(0) = 0 matters. empty: a class with none."""
    rng = generator(f"regularizers {name}")
    image = np.array(draw_image(rng, m, k, 6, 8))
    proportions = np.array(draw_responsibilities(rng, k, 48)).reshape(k, 6, 8)
    if stepped:
        proportions[:, :, 1::2] = proportions[:, :, ::2]
    if empty:
        proportions = np.concatenate([proportions[:-1] / proportions[:-1].sum(axis=0), np.zeros((1, 6, 8))])
    pixels, w, flat = image.reshape(m, -1), weights.ravel(), proportions.reshape(k, -1)
    floor = gaussian.variance_floor(pixels, w)
    previous = draw_mixture(rng, m, k, 2.0, 1.0, "diag")
    found = gaussian.moments(pixels, flat, w, floor, previous)
    mixture = Mixture(flat @ w / w.sum(), found.means, found.covariances)
    arguments = {"proportions": proportions, "mixture": mixture, "image": image, "mask": weights}
    yield Case("deep_mixtures.regularizers.total_variation", name, arguments)
    yield Case(
        "deep_mixtures.regularizers.mean_prior", name, arguments | {"means": found.means + rng.normal(size=(k, m))}
    )

"""Algorithm 4 [TR]: the loss of a batch, a step, the end, predictions."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from deepmix.reference.deep_mixtures import many_images
from deepmix.reference.deep_mixtures.records import Batch, DeepModel, Training, TrainingModel, TrainingState
from deepmix.reference.mixtures.records import Mixture
from deepmix.reference.optimization import adamw

from ..case import Case, generator
from ..losses.segmentation import K, draw_truth
from .one_image import CONFIG, SIZE, problem


def cases(dtype: str) -> Iterator[Case]:
    """From the loss of a batch to the predictions."""
    yield from _priors_of_batches()
    yield from _losses()
    yield from _steps()
    yield from _ends()
    yield from _predictions()


def draw_batch(name: str, known: float = 0.0, shares: tuple[float, ...] = (1.0, 1.0)) -> tuple[Any, Batch]:
    """Parameters and a batch. known: part of the pixels whose truth is known; none of the first image."""
    drawn = [problem(f"{name} {number}", weights="reals") for number in range(len(shares))]
    images, weights = np.stack([each.image for each in drawn]), np.stack([each.weights for each in drawn])
    truth = draw_truth(generator(name), weights.shape, known)
    truth[0] = 0
    return drawn[0].parameters, Batch(images, weights, np.array(shares), truth if known else None)


def _priors_of_batches() -> Iterator[Case]:
    for name, shares in {"two_images": (1.0, 1.0), "one_fills_up": (1.0, 1.0, 0.0)}.items():
        parameters, batch = draw_batch(name, shares=shares)
        _, found = many_images.loss(parameters, batch, TrainingModel(DeepModel(CONFIG)))
        means = generator(name).normal(size=(K, 2))
        arguments = {"proportions": found.proportions, "mixtures": Mixture(*found.mixture), "batch": batch}
        yield Case("deep_mixtures.regularizers.mean_prior_of_batch", name, arguments | {"means": means})


def _losses() -> Iterator[Case]:
    means = generator("means of training").normal(size=(K, 2))
    prior: Any = {"name": "mean_prior", "strength": 0.3, "means": means}
    of_batch: Any = {"name": "mean_prior_of_batch", "strength": 0.2, "means": means}
    for method in ("deepsvg", "deepg"):
        model = TrainingModel(DeepModel(CONFIG, method))
        yield from _loss(f"{method}_one_fills_up", model, shares=(1.0, 0.0, 1.0))
    plain = TrainingModel(DeepModel(CONFIG))
    yield from _gradient("truth_of_little_weight", plain._replace(supervision=0.1), known=0.5)
    yield from _gradient("truth_of_no_weight", plain._replace(supervision=0.0), known=0.5)
    regularized = TrainingModel(DeepModel(CONFIG, regularizers=(prior,)), (of_batch,))
    yield from _gradient("mean_priors", regularized, shares=(1.0, 1.0, 0.0))
    held = DeepModel(CONFIG, m_step_gradient="held", regularizers=(prior,))
    yield from _loss("held_with_everything", TrainingModel(held, (of_batch,)), known=0.5)


def _loss(name: str, model: TrainingModel, **drawn: Any) -> Iterator[Case]:
    parameters, batch = draw_batch(f"training {name}", **drawn)
    yield Case("deep_mixtures.many_images.loss", name, {"parameters": parameters, "batch": batch, "model": model})
    yield from _gradient(name, model, **drawn)


def _gradient(name: str, model: TrainingModel, **drawn: Any) -> Iterator[Case]:
    parameters, batch = draw_batch(f"training {name}", **drawn)
    yield Case(
        "deep_mixtures.many_images.loss_and_gradient",
        name,
        {"parameters": parameters, "batch": batch, "model": model},
    )


def _steps() -> Iterator[Case]:
    parameters, batch = draw_batch("training step", known=0.5)
    state = TrainingState(parameters, adamw.init(parameters))
    given = {"state": state, "batch": batch, "learning_rate": 1e-2, "model": TrainingModel(DeepModel(CONFIG))}
    yield Case(
        "deep_mixtures.many_images.step",
        "clipped",
        given | {"training": Training(weight_decay=0.1, max_norm=0.01)},
    )


def _ends() -> Iterator[Case]:
    settings = Training(tol=0.1, min_epochs=2, max_epochs=5)
    for name, history in {
        "first_epoch": [3.0],
        "too_early_to_settle": [3.0, 2.0, 2.0],
        "settled": [3.0, 2.5, 2.0, 1.95],
        "risen_a_little": [3.0, 2.5, 2.0, 2.05],
        "still_falling": [3.0, 2.5, 2.0, 1.5],
        "last_epoch": [3.0, 2.5, 2.0, 1.5, 1.0],
        "not_finite": [3.0, np.nan],
    }.items():
        yield Case("deep_mixtures.many_images.ended", name, {"history": np.array(history), "training": settings})
    yield Case("deep_mixtures.many_images.ended", "published_settings", {"history": np.linspace(3, 2.04, 12)})


def _predictions() -> Iterator[Case]:
    for rule in ("prior", "posterior"):
        given = problem(f"prediction {rule}", weights="mask")
        arguments = {"parameters": given.parameters, "image": given.image, "mask": given.weights}
        yield Case(
            "deep_mixtures.many_images.predict",
            f"labels_by_{rule}",
            arguments | {"model": DeepModel(CONFIG, label_rule=rule)},
        )
    alone = {"parameters": given.parameters, "image": given.image, "model": DeepModel(CONFIG)}
    yield Case("deep_mixtures.many_images.predict", "without_mask", alone)
    empty = alone | {"mask": np.zeros(SIZE)}
    yield Case("deep_mixtures.many_images.predict", "empty_mask", empty, rejected=True)

"""Algorithm 4 [TR]: the loss of a batch, a step, the end, predictions."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from deepmix.conformance.examples import Shapes
from deepmix.conformance.operation import Operation
from deepmix.conformance.tolerances import EXACT
from deepmix.reference.deep_mixtures.records import DeepModel, Training, TrainingModel, TrainingState
from deepmix.reference.optimization import adamw

from ..case import Case, generator
from ._problem import CONFIG, LOSSES, SIZE, THICK, VOLUME, K, draw_batch, example_batch, problem


def _batch(shapes: Shapes) -> dict[str, Any]:
    return {"batch": example_batch(shapes), "model": TrainingModel(deep=DeepModel(unet=shapes.config))}


LEADING = {"evaluations": "(arrays with a leading axis B)"}
OPERATIONS = (
    Operation(
        name="loss",
        equations=("TR1", "TR4"),
        result=("loss", "evaluations"),
        static=("model",),
        notes=LEADING,
        example=_batch,
    ),
    Operation(
        name="loss_and_gradient",
        equations=("TR1", "TR4"),
        result=("loss", "evaluations", "gradient"),
        form="as_it_is",
        notes=LEADING | {"gradient": "(at the parameters)"},
        example=_batch,
    ),
    Operation(
        name="step",
        equations=("TR2",),
        result=("state", "evaluations"),
        form="as_it_is",
        notes={"evaluations": "(at the old parameters)"},
        example=lambda shapes: (
            _batch(shapes)
            | {
                "state": TrainingState(parameters=shapes.parameters, optimizer=shapes.optimizer),
                "learning_rate": shapes.array(),
            }
        ),
    ),
    Operation(
        name="ended",
        equations=("TR2",),
        result=("status",),
        rule=EXACT,
        form="as_it_is",
        notes={"history": "(epochs,)", "status": "(0 while training goes on)"},
        not_exported="a decision about a few numbers, on the host",
    ),
    Operation(
        name="predict",
        equations=("TR3",),
        result=("prediction",),
        form="as_it_is",
        notes={"model": "(that of one image)"},
        example=lambda shapes: {"model": DeepModel(unet=shapes.config)},
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """From the loss of a batch to the predictions."""
    yield from _losses()
    yield from _steps()
    yield from _ends()
    yield from _predictions()


def _losses() -> Iterator[Case]:
    means = generator("means of training").normal(size=(K, 2))
    prior: Any = {"name": "mean_prior", "strength": 0.3, "means": means}
    of_batch: Any = {"name": "mean_prior_of_batch", "strength": 0.2, "means": means}
    for method, objective in LOSSES.items():
        model = TrainingModel(deep=DeepModel(unet=CONFIG, objective=objective))
        yield from _loss(f"{method}_one_fills_up", model, shares=(1.0, 0.0, 1.0))
    plain = TrainingModel(deep=DeepModel(unet=CONFIG))
    yield from _gradient("truth_of_little_weight", plain._replace(supervision=0.1), known=0.5)
    yield from _gradient("truth_of_no_weight", plain._replace(supervision=0.0), known=0.5)
    regularized = TrainingModel(deep=DeepModel(unet=CONFIG, regularizers=(prior,)), of_batch=(of_batch,))
    yield from _gradient("mean_priors", regularized, shares=(1.0, 1.0, 0.0))
    of_volumes = TrainingModel(deep=DeepModel(unet=THICK, regularizers=(prior,)), of_batch=(of_batch,))
    yield from _gradient("volumes", of_volumes, known=0.5, config=THICK, size=VOLUME)
    held = DeepModel(unet=CONFIG, m_step_gradient="held", regularizers=(prior,))
    yield from _loss("unweighted", TrainingModel(deep=DeepModel(unet=CONFIG)), weights="ones")
    yield from _loss("held_with_everything", TrainingModel(deep=held, of_batch=(of_batch,)), known=0.5)


def _loss(name: str, model: TrainingModel, **drawn: Any) -> Iterator[Case]:
    parameters, batch = draw_batch(f"training {name}", **drawn)
    yield Case(function="loss", name=name, arguments={"parameters": parameters, "batch": batch, "model": model})
    yield from _gradient(name, model, **drawn)


def _gradient(name: str, model: TrainingModel, **drawn: Any) -> Iterator[Case]:
    parameters, batch = draw_batch(f"training {name}", **drawn)
    yield Case(
        function="loss_and_gradient",
        name=name,
        arguments={"parameters": parameters, "batch": batch, "model": model},
    )


def _steps() -> Iterator[Case]:
    for name, drawn, weights in (("clipped", "training step", "reals"), ("unweighted", "unweighted step", "ones")):
        parameters, batch = draw_batch(drawn, known=0.5, weights=weights)
        arguments = {
            "state": TrainingState(parameters=parameters, optimizer=adamw.init(parameters)),
            "batch": batch,
            "learning_rate": 1e-2,
            "model": TrainingModel(deep=DeepModel(unet=CONFIG)),
            "training": Training(weight_decay=0.1, max_norm=0.01),
        }
        yield Case(function="step", name=name, arguments=arguments)


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
        yield Case(function="ended", name=name, arguments={"history": np.array(history), "training": settings})
    still = {"history": np.full(4, 2.0), "training": settings._replace(tol=0.0)}
    yield Case(function="ended", name="a_tolerance_of_0_never_stops", arguments=still)
    yield Case(function="ended", name="published_settings", arguments={"history": np.linspace(3, 2.04, 12)})


def _predictions() -> Iterator[Case]:
    for rule in ("prior", "posterior"):
        given = problem(f"prediction {rule}", weights="mask")
        arguments = {"parameters": given.parameters, "image": given.image, "mask": given.weights}
        yield Case(
            function="predict",
            name=f"labels_by_{rule}",
            arguments=arguments | {"model": DeepModel(unet=CONFIG, label_rule=rule)},
        )
    alone = {"parameters": given.parameters, "image": given.image, "model": DeepModel(unet=CONFIG)}
    yield Case(function="predict", name="without_mask", arguments=alone)
    given = problem("prediction of a volume", config=THICK, size=VOLUME)
    of_volume = {"parameters": given.parameters, "image": given.image, "model": DeepModel(unet=THICK)}
    yield Case(function="predict", name="volume", arguments=of_volume)
    empty = alone | {"mask": np.zeros(SIZE)}
    yield Case(function="predict", name="empty_mask", arguments=empty, rejected=True)

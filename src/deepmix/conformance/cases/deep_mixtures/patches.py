"""Algorithm 3 in patches [DG7]: the average of their logits, short fits, the warm start."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from deepmix.conformance.drawing import draw_responsibilities
from deepmix.conformance.operation import Operation
from deepmix.reference.deep_mixtures.records import DeepModel, Optimization
from deepmix.reference.networks.records import UNetConfig

from ..case import Case, generator
from ._problem import CONFIG, SMALL, DeepProblem, problem

PATCH = (4, 4)
OTHER = (7, 10)  # pixels of an image, no multiples of half a patch
THICK = UNetConfig(depth=1, filters=1, spacing=(1.0, 1.0, 3.0))
LOOPS = "loops over patches on the host"

OPERATIONS = (
    Operation(
        name="logits",
        equations=("DG7",),
        result=("logits",),
        form="as_it_is",
        notes={"size": "(pixels of a patch along each axis)"},
        not_exported=LOOPS,
    ),
    Operation(name="fit", equations=("DG7",), result=("fit",), form="as_it_is", not_exported=LOOPS),
    Operation(
        name="warm_start", equations=("DG6", "DG7"), result=("parameters",), form="as_it_is", not_exported=LOOPS
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """Images that patches cover evenly and unevenly, some patches without weight; a volume; what is refused."""
    yield from _logits()
    yield from _fits()
    yield from _warm_starts()
    yield from _rejections()


def _logits() -> Iterator[Case]:
    for name, config, size, patch in (
        ("even", CONFIG, (8, 8), PATCH),
        ("uneven", CONFIG, OTHER, PATCH),
        ("oblong", CONFIG, OTHER, (4, 6)),
        ("volume", THICK, (4, 6, 3), (4, 4, 1)),
    ):
        given = problem(f"patches {name}", config=config, size=size)
        arguments = {"parameters": given.parameters, "image": given.image, "weights": given.weights}
        yield Case(function="logits", name=name, arguments=arguments | {"size": patch, "config": config})
    few = np.zeros(OTHER)
    few[1, 2] = 0.5
    given = problem("few patches", size=OTHER)
    arguments = {"parameters": given.parameters, "image": given.image, "weights": few}
    yield Case(
        function="logits", name="where_pixels_count", arguments=arguments | {"size": PATCH, "config": CONFIG}
    )


def _fits() -> Iterator[Case]:
    two = Optimization(learning_rate=1e-2, tol=0.0, max_steps=3, m_step_every=0)
    variation: Any = {"name": "total_variation", "strength": 0.3}
    model = DeepModel(unet=CONFIG, objective="free_energy", contamination=0.02, regularizers=(variation,))
    yield _fit("two_sweeps", problem("sweeps", weights="reals", size=OTHER), model, two)
    small = DeepModel(unet=SMALL, objective="free_energy", covariance_type="full")
    damped = two._replace(m_step_every=1, m_step_damping=0.3, max_steps=4)
    yield _fit("m_steps_over_all_pixels", problem("energy of patches", "full", config=SMALL), small, damped)
    every_other = damped._replace(m_step_every=2)
    yield _fit("m_step_every_other_sweep", problem("energy of patches", "full", config=SMALL), small, every_other)
    settles = two._replace(tol=1.0, min_steps=1, max_steps=9)
    yield _fit(
        "until_it_settles", problem("settling patches"), DeepModel(objective="free_energy", unet=CONFIG), settles
    )
    of_posterior = DeepModel(unet=THICK, objective="free_energy", label_rule="posterior")
    given = problem("without a mask", config=SMALL)
    whole = {"image": given.image, "parameters": given.parameters, "mixture": given.previous, "size": PATCH}
    alike = {"model": small._replace(covariance_type="diag"), "optimization": two}
    yield Case(function="fit", name="without_mask", arguments=whole | alike)
    volume = problem("volume of patches", config=THICK, size=(4, 6, 3))
    yield _fit("volume", volume, of_posterior, two._replace(max_steps=2), size=(4, 4, 1))


def _fit(
    name: str,
    given: DeepProblem,
    model: DeepModel,
    optimization: Optimization,
    rejected: bool = False,
    **other: Any,
) -> Case:
    inputs = {
        "image": given.image,
        "parameters": given.parameters,
        "mask": given.weights,
        "mixture": given.previous,
    }
    options = {"size": PATCH, "model": model, "optimization": optimization}
    return Case(function="fit", name=name, arguments=inputs | options | other, rejected=rejected)


def _warm_starts() -> Iterator[Case]:
    given = problem("warm patches", weights="reals", size=OTHER)
    target = draw_responsibilities(generator("target of patches"), 3, 70).reshape(3, *OTHER)
    arguments = {"image": given.image, "parameters": given.parameters, "target": target, "mask": given.weights}
    options = {"size": PATCH, "config": CONFIG, "optimization": Optimization(learning_rate=1e-2)}
    yield Case(function="warm_start", name="one_sweep", arguments=arguments | options)
    yield Case(function="warm_start", name="two_sweeps", arguments=arguments | options | {"n_sweeps": 2})
    unweighted = {name: value for name, value in arguments.items() if name != "mask"}
    yield Case(function="warm_start", name="without_mask", arguments=unweighted | options)
    other = arguments | {"target": target[:2]} | options
    yield Case(function="warm_start", name="rejects_a_target_of_other_classes", arguments=other, rejected=True)


def _rejections() -> Iterator[Case]:
    given, one = problem("rejected patches"), Optimization(max_steps=1)
    model = DeepModel(unet=CONFIG, objective="free_energy")
    for name, size in {"odd": (4, 5), "larger_than_the_image": (10, 8), "of_a_volume": (4, 4, 4)}.items():
        yield _fit(f"rejects_patches_{name}", given, model, one, True, size=size)
    yield _fit("rejects_another_objective", given, DeepModel(unet=CONFIG), one, True)

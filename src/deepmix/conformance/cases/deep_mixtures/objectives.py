"""What the deep methods minimise, with its gradient at the logits [DG4], [DG5], [VE2]; and F itself [VE1]."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from deepmix.conformance.drawing import draw_responsibilities
from deepmix.conformance.examples import Shapes
from deepmix.conformance.flat import Arrays
from deepmix.conformance.operation import Operation
from deepmix.conformance.tolerances import backward
from deepmix.reference.deep_mixtures.records import DeepModel
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES

from ..case import Case, generator
from ..mixtures._family_fits import OTHERS, draw
from ._problem import LOSSES, SMALL, K, problem

FEW = (2, 4)  # pixels, where nothing is convolved


def _of_logits(shapes: Shapes) -> dict[str, Any]:
    return {"logits": shapes.image(shapes.k), "model": DeepModel(unet=shapes.config), "weights": shapes.mask}


def size_of_gradient(inputs: Arrays, expected: Arrays) -> tuple[np.ndarray, int]:
    """A gradient of order w/N at Π becomes, through the softmax, Π times what it is off its mean: that cancels."""
    return expected["evaluation/proportions"] * inputs["weights"] / inputs["weights"].sum(), 1


def _objective(name: str, *equations: str) -> Operation:
    return Operation(
        name=name,
        equations=equations,
        result=("evaluation", "gradient"),
        rules={"gradient": backward(size_of_gradient)},
        form="objective",
        static=("model",),
        notes={"logits": "(K, H, W)", "gradient": "(at the logits)"},
        example=_of_logits,
    )


OPERATIONS = (
    Operation(
        name="free_energy_of",
        equations=("VE1", "VE4"),
        result=("free_energy",),
        notes={"proportions": "q (K, N)"},
        example=lambda shapes: {"proportions": shapes.named("responsibilities")},
    ),
    _objective("nll_v", "SV1", "SV2", "DG3", "DG4", "DG5", "G3"),
    _objective("nll", "EM2", "DG3", "DG5", "G3"),
    _objective("free_energy", "VE1", "VE2", "VE3", "VE4", "G3"),
)


def cases(dtype: str) -> Iterator[Case]:
    """F by covariance type, sure classes, contamination; each objective under the switches that it knows."""
    for kind in COVARIANCE_TYPES:
        given = problem(f"energy {kind}", kind, weights="reals", config=SMALL)
        mixture = {"mixture": given.previous, "pixels": given.image.reshape(2, -1), "covariance_type": kind}
        q = draw_responsibilities(generator(f"q {kind}"), 3, 64)
        yield Case(
            function="free_energy_of",
            name=kind,
            arguments=mixture | {"proportions": q, "weights": given.weights.ravel()},
        )
    sure = np.eye(3)[:, np.arange(64) % 3]
    certain = mixture | {"proportions": sure, "weights": np.ones(64)}
    yield Case(function="free_energy_of", name="sure", arguments=certain)
    yield Case(function="free_energy_of", name="contaminated", arguments=certain | {"contamination": 0.02})
    for kind in COVARIANCE_TYPES:
        for objective in LOSSES.values():
            yield _case(objective, kind, DeepModel(covariance_type=kind))
        energy = DeepModel(covariance_type=kind, contamination=0.02)
        yield _case("free_energy", kind, energy, damping=0.3)
    for objective in LOSSES.values():
        held = DeepModel(m_step_gradient="held")
        yield _case(objective, "held", held)
        yield _case(objective, "posterior", held._replace(m_step_weights="posterior"))
    yield _case("free_energy", "mixture_kept", DeepModel(), damping=0.0)
    yield _case("free_energy", "whole_m_step", DeepModel())
    yield from _families()
    for objective in (*LOSSES.values(), "free_energy"):
        yield _case(objective, "unweighted", DeepModel(), weights="ones")


def _families() -> Iterator[Case]:
    """Through the M-step; the free energy with a whole one."""
    for family in OTHERS:
        given, words = draw(f"objective {family}", family)
        columns = slice(FEW[0] * FEW[1])
        inputs = {
            "image": given.pixels[:, columns].reshape(-1, *FEW),
            "previous": given.mixture,
            "weights": given.weights[columns].reshape(FEW),
            "floor": given.floor,
        }
        for objective in (*LOSSES.values(), "free_energy"):
            logits = generator(f"logits {objective} {family}").normal(0, 2, (K, *FEW))
            model = DeepModel(objective=objective, family=family, covariance_type=words["covariance_type"])
            yield Case(function=objective, name=family, arguments={"logits": logits, "model": model, **inputs})
        mixture = {"mixture": given.mixture, "pixels": given.pixels, "weights": given.weights}
        q = draw_responsibilities(generator(f"q {family}"), K, given.weights.size)
        yield Case(function="free_energy_of", name=family, arguments=mixture | {"proportions": q} | words)


def _case(objective: str, name: str, model: DeepModel, weights: str = "reals", **options: Any) -> Case:
    given = problem(
        f"{objective} {name}", model.covariance_type, weights=weights, config=SMALL, size=FEW
    )._asdict()
    given.pop("parameters")
    logits = generator(f"logits {objective} {name}").normal(0, 2, (K, *FEW))
    return Case(
        function=objective,
        name=name,
        arguments={"logits": logits} | given | {"model": model._replace(objective=objective)} | options,
    )

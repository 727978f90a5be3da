"""What the cases of solvers share: a small problem, good and bad, and what solvers are exported with."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from deepmix.conformance.drawing_inverse import draw_array, draw_mask
from deepmix.conformance.examples import Shapes
from deepmix.reference.inverse import operators
from deepmix.reference.inverse.records import Blur, Fourier, Matrix, Operator

from ..case import Case, generator

Arguments = dict[str, Any]
N_STEPS = 4  # of a short run, which none ends early
SHORT = {"tol": -1.0, "max_iter": N_STEPS}


class Measured(NamedTuple):
    """An operator, an image, its noisy data, and weights of these."""

    operator: Operator
    image: np.ndarray
    data: np.ndarray
    weights: np.ndarray


def draw(name: str, kind: str = "matrix") -> Measured:
    """A problem of a name. kind: a matrix of more rows than pixels, undersampled frequencies, or a blur."""
    rng = generator(name)
    shape = (2, 3) if kind == "matrix" else (4, 6)
    operator = {
        "matrix": lambda: Matrix(rows=draw_array(rng, (9, *shape))),
        "fourier": lambda: Fourier(mask=draw_mask(rng, shape)),
        "blur": lambda: Blur(kernel=draw_array(rng, (3, 3))),
    }[kind]()
    image = draw_array(rng, shape)
    exact = operators.forward(operator, image)
    data = exact + 0.1 * draw_array(rng, exact.shape, np.iscomplexobj(exact))
    weights = rng.uniform(0.2, 2, data.shape) * (rng.random(data.shape) < 0.8)
    return Measured(operator=operator, image=image, data=data, weights=weights)


def without_all_frequencies(name: str) -> Arguments:
    """Operator and data of undersampled frequencies, which may be anything where they are not sampled."""
    given = draw(name, "fourier")
    return {"operator": given.operator, "data": np.where(given.operator.mask > 0, given.data, np.nan)}


def rejections(function: str, name: str, more: Arguments) -> Iterator[Case]:
    """What every solver refuses. more: its other arguments."""
    given = draw(name)
    good = {"operator": given.operator, "data": given.data} | more
    spoilt = np.array(given.data)
    spoilt[2] = np.nan
    bad: dict[str, Arguments] = {
        "nan": {"data": spoilt},
        "data_of_another_length": {"data": given.data[:-1]},
        "negative_strength": {"strength": -1.0},
        "start_of_another_shape": {"start": np.zeros((3, 2))},
    }
    for each, change in bad.items():
        yield Case(function=function, name=f"rejects_{each}", arguments=good | change, rejected=True)


def weight_rejections(function: str, name: str, more: Arguments) -> Iterator[Case]:
    """What solvers with weights refuse besides."""
    given = draw(name)
    good = {"operator": given.operator, "data": given.data} | more
    negative = np.array(given.weights)
    negative[1] = -1
    for each, weights in {"negative_weight": negative, "weights_of_another_length": given.weights[:-1]}.items():
        arguments = good | {"weights": weights}
        yield Case(function=function, name=f"rejects_{each}", arguments=arguments, rejected=True)


def example(shapes: Shapes, **more: Any) -> Arguments:
    """Undersampled frequencies of an image (H, W), real parts and all."""
    wave = shapes.mask.astype(np.result_type(shapes.dtype, np.complex64))
    whole = {
        "operator": Fourier(mask=shapes.mask),
        "data": wave,
        "start": wave,
        "prior": wave,
        "weights": shapes.mask,
        "strength": shapes.array(),
    }
    return whole | more

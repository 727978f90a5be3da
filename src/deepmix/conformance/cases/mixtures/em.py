"""What both EM algorithms share: the mean negative log-likelihood [EM2], [SV1]."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.flat import Arrays
from deepmix.conformance.operation import Operation
from deepmix.conformance.tolerances import counted

from ..case import Case, generator


def size_of_mean(inputs: Arrays, expected: Arrays) -> tuple[np.ndarray, int]:
    """N products, their sum, the sum of the weights, a division."""
    weights = inputs["weights"]
    return np.asarray(weights @ np.abs(inputs["log_likelihood"]) / weights.sum()), 2 * weights.size + 1


OPERATIONS = (
    Operation(
        name="mean_nll",
        equations=("EM2", "SV1"),
        result=("nll",),
        rule=counted(size_of_mean),
        example=lambda shapes: {"log_likelihood": shapes.named("weights")},
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """With weights and without."""
    rng = generator("mean_nll")
    values = rng.normal(-4, 3, 24)
    weights = {"all_pixels": np.ones(24), "weights_with_zeros": rng.integers(0, 3, 24).astype(float)}
    for name, w in weights.items():
        yield Case(function="mean_nll", name=name, arguments={"log_likelihood": values, "weights": w})
    yield Case(
        function="mean_nll", name="one_pixel", arguments={"log_likelihood": values[:1], "weights": np.full(1, 0.3)}
    )

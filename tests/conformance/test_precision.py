"""Of float32 results that were computed in float64 it is said that they were; of others nothing is."""

import numpy as np
import pytest

from deepmix.conformance.judging import judge
from tests.conformance import vector_of

DIGITS = "float32 was computed in float64, for the numbers have more digits than float32"
ERRORS = "float32 was computed in float64, for the errors are too small for float32"


def outputs(vector):
    return {name: vector.expected[name] for name in vector.description["outputs"]}


def remark_of(vector, found):
    result = judge(vector, found)
    assert result.outcome == "pass"
    return result.remark


def test_more_digits_than_float32():
    vector = vector_of("mixtures.gaussian.log_density/full", "float32")
    assert remark_of(vector, outputs(vector)) == DIGITS


def test_errors_too_small_for_float32():
    vector = vector_of("mixtures.gaussian.log_density/full", "float32")
    rounded = {name: array.astype("float32") for name, array in outputs(vector).items()}
    assert remark_of(vector, rounded) == ERRORS
    wide = {name: array.astype("float64") for name, array in rounded.items()}
    assert remark_of(vector, wide) == ERRORS


@pytest.mark.parametrize("wide", ["float32", "float64"])
def test_results_that_round_as_float32_does(wide):
    """Also where they come in float64, as from a language that prints them."""
    vector = vector_of("mixtures.gaussian.log_density/full", "float32")
    pixels, means, covariances = (vector.inputs[name] for name in ("pixels", "means", "covariances"))
    m = np.float32(len(pixels))
    density = []
    for mean, covariance in zip(means, covariances, strict=True):
        off = pixels - mean[:, None]
        mahalanobis = (off * np.linalg.solve(covariance, off)).sum(axis=0)
        density.append(-(m * np.log(np.float32(2 * np.pi)) + np.linalg.slogdet(covariance)[1] + mahalanobis) / 2)
    found = np.stack(density)
    assert found.dtype == np.float32
    assert remark_of(vector, {"log_densities": found.astype(wide)}) == ""


def test_of_float64_and_of_whole_numbers_nothing_is_said():
    for name, dtype in (
        ("mixtures.gaussian.log_density/full", "float64"),
        ("evaluation.overlap.dice/overlap", "float32"),
    ):
        vector = vector_of(name, dtype)
        assert remark_of(vector, outputs(vector)) == ""

"""Complex arrays, and records of several kinds, on their way through the kit."""

import numpy as np
import pytest

from deepmix.conformance import flat
from deepmix.conformance.comparison import compare
from deepmix.conformance.judging import judge
from deepmix.conformance.rounding import rounding
from deepmix.reference.inverse import operators
from deepmix.reference.inverse.records import Gradient, Inpaint
from tests.conformance import vector_of

NAME = "inverse.fourier.transform/even"


@pytest.mark.parametrize(("dtype", "wide"), [("float64", "complex128"), ("float32", "complex64")])
def test_they_have_the_precision_of_the_dtype(dtype, wide):
    vector = vector_of(NAME, dtype)
    assert vector.description["inputs"]["image"]["dtype"] == wide
    assert vector.inputs["image"].dtype == wide
    assert vector.expected["spectrum"].dtype == "complex128"
    bound = vector.expected["tolerance/spectrum"]
    assert bound.dtype == float
    assert (bound > 0).all()


def test_the_modulus_of_the_difference_counts():
    expected = np.array([1 + 1j, 2])
    assert compare("z", expected + 1e-3j, expected, np.full(2, 1e-3 * (1 + 1e-9))).message == ""
    found = compare("z", np.array([1 + 1j, 2 + 1j]), expected, np.full(2, 0.1))
    assert found.worst == pytest.approx(10)
    assert found.message == "z[1] is 2+1j, expected 2+0j ±0.1"
    assert compare("z", np.array([1.0, 2]), expected, np.full(2, 0.1)).worst == pytest.approx(10)


def test_single_precision_computed_in_double_is_noticed():
    vector = vector_of(NAME, "float32")
    exact = vector.expected["spectrum"]
    assert "more digits than float32" in judge(vector, {"spectrum": exact}).remark
    rough = exact.astype(np.complex64) * np.float32(1 + 2**-22)
    assert judge(vector, {"spectrum": rough}).remark == ""


def test_rounding_moves_both_parts():
    with rounding(1e-3, np.random.default_rng(0)) as (_, move):
        moved = move(np.array([1.0 + 0j, 1.0 + 0j, 1j]))
    assert moved[0] == moved[1]
    assert moved[0].imag != 0
    assert moved[2].real != 0
    assert (np.abs(moved - np.array([1, 1, 1j])) <= 1e-3 * np.sqrt(2)).all()


@pytest.mark.parametrize("operator", [Inpaint(mask=np.ones(3)), Gradient()])
def test_the_kind_of_a_record_goes_with_it(operator):
    """Also of one without fields."""
    arrays, options = flat.flatten({"operator": operator, "image": np.zeros(3)})
    assert options == {"operator": {"kind": type(operator).__name__}}
    back = flat.arguments(operators.forward, arrays, options, lambda named: named)
    assert type(back["operator"]) is type(operator)

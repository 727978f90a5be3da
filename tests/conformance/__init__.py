"""The conformance kit: what it holds, what it says of ports."""

from deepmix.conformance.cases import cases
from deepmix.conformance.vectors import Vector, make


def vector_of(name: str, dtype: str = "float64") -> Vector:
    """The vector of function/case."""
    case = next(case for case in cases("minimal", dtype) if f"{case.function}/{case.name}" == name)
    return make(case, "minimal", dtype)

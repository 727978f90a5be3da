"""The kit catches plausible mistakes, each by the case that is named beside it; what is right passes."""

import functools

import pytest

from deepmix.conformance import runner, vectors
from deepmix.conformance.cases import cases
from deepmix.conformance.vectors import Vector
from tests.ports.wrong import MISTAKES, port_of
from tests.ports.wrong.mistake import Mistake


@functools.cache
def vector(name: str) -> Vector:
    case = next(case for case in cases("minimal", "float64") if f"{case.function}/{case.name}" == name)
    return vectors.make(case, "minimal", "float64")


@pytest.mark.thorough  # `deepmix conform deepmix.reference` proves the same of what is copied
def test_a_copy_without_a_mistake_passes_every_case(tmp_path):
    results = list(runner.run(port_of(tmp_path / "port"), dtypes=["float64"]))
    assert len(results) > 300
    assert {(result.outcome, result.worst) for result in results} == {("pass", 0.0)}


@pytest.mark.parametrize(
    ("file", "mistake"), [pytest.param(*each, id=each[1].name.replace(" ", "_")) for each in MISTAKES]
)
def test_the_mistake_is_caught(file: str, mistake: Mistake, tmp_path):
    result = runner.of_port(port_of(tmp_path / "port", file, mistake), vector(mistake.caught_by))
    assert result.outcome == "fail"
    assert result.worst > 1000  # no accident of the tolerance
    assert result.message

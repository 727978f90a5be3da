"""The accelerated backend proves itself as any port does."""

from pathlib import Path

import pytest

from deepmix.conformance import runner
from deepmix.conformance.cases import cases
from deepmix.conformance.operations import OPERATIONS
from deepmix.conformance.ports import load
from deepmix.conformance.results import Result, require, summary
from deepmix.conformance.tolerances import DTYPES


def first_cases(dtype: str) -> list[str]:
    """A case of each function: the first that is no refusal."""
    first: dict[str, str] = {}
    for case in cases("minimal", dtype):
        if not case.rejected:
            first.setdefault(case.function, f"{case.function}/{case.name}")
    return list(first.values())


def test_accelerated_conforms_in_a_case_of_each_function():
    only = first_cases("float32")
    results = list(runner.run(load("deepmix.accelerated"), dtypes=["float32"], only=only))
    assert {result.function for result in results} == set(OPERATIONS)
    assert len(results) == len(only)
    check(results)


@pytest.mark.thorough
@pytest.mark.parametrize("dtype", DTYPES)
def test_accelerated_conforms_with_every_function_required(dtype):
    results = list(require(runner.run(load("deepmix.accelerated"), dtypes=[dtype])))
    check(results)
    assert summary(results)["counts"]["pass"] > 350


def check(results: list[Result]) -> None:
    """Nothing fails, and missing is only what need not be there."""
    assert [result for result in results if result.outcome == "fail"] == []
    missing = {result.function for result in results if result.outcome == "missing"}
    assert missing == {operation.name for operation in OPERATIONS.values() if operation.optional}


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="counts memory maps as Linux shows them")
def test_a_session_gives_its_memory_maps_back():
    """Some thirty a case, of 65,530 that a process may have: without that, the next session may crash."""

    def maps() -> int:
        return len(Path("/proc/self/maps").read_text(encoding="utf-8").splitlines())

    results = runner.run(
        load("deepmix.accelerated"), dtypes=["float64"], only=["mixtures.gmm.e_step", "mixtures.gaussian.moments"]
    )
    next(results)
    before = maps()
    compiled = [(result.outcome, maps()) for result in results]
    assert len(compiled) > 20
    assert max(count for _, count in compiled) > before + 300
    assert maps() < before + 100

"""The accelerated backend proves itself as any port does."""

from pathlib import Path

import pytest

from deepmix.conformance import runner
from deepmix.conformance.operations import OPERATIONS
from deepmix.conformance.ports import load
from deepmix.conformance.tolerances import DTYPES


@pytest.mark.parametrize("dtype", DTYPES)
def test_accelerated_conforms_with_every_function_required(dtype):
    results = list(runner.require(runner.run(load("deepmix.accelerated"), dtypes=[dtype])))
    assert [result for result in results if result.outcome == "fail"] == []
    missing = {result.function for result in results if result.outcome == "missing"}
    assert missing == {operation.name for operation in OPERATIONS.values() if operation.optional}
    assert runner.summary(results)["counts"]["pass"] > 350


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

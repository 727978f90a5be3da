"""The accelerated backend proves itself as any port does."""

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

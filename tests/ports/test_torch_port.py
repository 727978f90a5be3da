"""A port in PyTorch, written from the subjects' README.md and FORMAT.md alone, conforms."""

import pytest

from deepmix.conformance import runner
from deepmix.conformance.ports import load
from deepmix.conformance.tolerances import DTYPES

pytestmark = pytest.mark.oracles


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_torch_port_conforms(dtype):
    pytest.importorskip("torch", reason="needs the extra `oracles`")
    results = list(runner.run(load("tests.ports.torch_port"), dtypes=[dtype]))
    assert [result for result in results if result.outcome == "fail"] == []
    passed = {result.function for result in results if result.outcome == "pass"}
    assert {
        "mixtures.gaussian.log_density",
        "mixtures.gaussian.moments",
        "mixtures.gmm.fit",
        "mixtures.svgmm.fit",
        "networks.unet.unet",
    } <= passed
    deep = [
        result for result in results if result.name.startswith("deep_mixtures.one_image.loss_and_gradient/deepsvg")
    ]
    assert {result.outcome for result in deep} == {"pass"}
    assert len(deep) == 8

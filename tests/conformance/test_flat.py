"""Python values and flat names: nothing is lost on the way, nothing is invented."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

from deepmix.conformance import flat
from deepmix.conformance.calling import call
from deepmix.conformance.cases import cases
from deepmix.conformance.operations import OPERATIONS
from deepmix.conformance.ports import REFERENCE
from deepmix.reference.deep_mixtures import one_image
from deepmix.reference.deep_mixtures.records import DeepModel, DeepState, Optimization
from deepmix.reference.mixtures import gmm
from deepmix.reference.mixtures.records import Fit, Mixture
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.optimization.records import AdamWState
from deepmix.reference.types import Status

MIXTURE = Mixture(proportions=np.ones(2), means=np.zeros((2, 3)), covariances=np.full((2, 3), 2.0))


@dataclass
class FitOfAPort:
    nll: float


def unused(named):
    raise AssertionError("no regulariser is named")


def test_records_become_paths():
    arrays, options = flat.flatten({"mixture": MIXTURE, "covariance_type": "diag", "floor": None})
    assert list(arrays) == ["mixture/proportions", "mixture/means", "mixture/covariances"]
    assert options == {"covariance_type": "diag"}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_case_survives_the_way_there_and_back(dtype):
    """flatten and arguments are inverse, for all arguments of all cases."""
    for case in cases("minimal", dtype):
        given = {name: value for name, value in case.arguments.items() if name != "cotangent"}
        arrays, options = flat.flatten(case.arguments)
        back = flat.arguments(REFERENCE.function(case.function), arrays, options or {}, lambda named: named)
        back.pop("cotangent", None)
        assert_same(back, given)


def assert_same(a, b):
    assert type(a) is type(b)
    if isinstance(a, np.ndarray):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == b.dtype
    elif isinstance(a, dict):
        assert a.keys() == b.keys()
        for key in a:
            assert_same(a[key], b[key])
    elif isinstance(a, tuple):
        for mine, theirs in zip(a, b, strict=True):
            assert_same(mine, theirs)
    else:
        assert a == b


def test_a_state_within_a_state():
    zeros = {"head": {"bias": np.zeros(2)}}
    state = DeepState(
        parameters={"head": {"bias": np.ones(2)}}, optimizer=AdamWState(count=3, m=zeros, v=zeros), mixture=MIXTURE
    )
    arguments = {
        "state": state,
        "optimization": Optimization(max_steps=3),
        "model": DeepModel(unet=UNetConfig(depth=1, filters=2)),
    }
    arrays, options = flat.flatten(arguments)
    assert "state/optimizer/m/head/bias" in arrays
    assert options["state"] == {"optimizer": {"count": 3}}
    assert_same(flat.arguments(one_image.step, arrays, options, unused), arguments)


def test_what_is_not_given_is_not_invented():
    assert flat.arguments(gmm.nll, {"pixels": np.ones((1, 2))}, {}, unused).keys() == {"pixels"}


def test_regularizers_are_built_from_their_names():
    means = np.ones((3, 2))
    model = DeepModel(regularizers=({"name": "total_variation", "strength": 0.5}, {"name": "b", "means": means}))
    arrays, options = flat.flatten({"model": model})
    assert list(arrays) == ["model/regularizers/1/means"]
    built = flat.arguments(one_image.begin, arrays, options, lambda named: (named["name"], sorted(named)))
    assert built["model"].regularizers == (("total_variation", ["name", "strength"]), ("b", ["means", "name"]))


def test_leaves_and_outputs_name_the_same_things():
    fit = Fit(
        value=0.5,
        history=np.ones(1),
        status=Status.converged,
        degenerate=np.zeros(2, bool),
        mixture=MIXTURE,
        responsibilities=np.ones((2, 3)),
        labels=np.zeros(3, int),
    )
    leaves = flat.leaves({"fit": fit})
    assert {"fit/mixture/means", "fit/value", "fit/status"} <= leaves.keys()
    as_keys = fit._asdict() | {"mixture": MIXTURE._asdict()}
    for returned in (fit, as_keys, SimpleNamespace(**as_keys)):
        found, others = flat.outputs({"fit": returned}, leaves)
        assert (list(found), others) == (list(leaves), [])
        for name, array in leaves.items():
            np.testing.assert_array_equal(found[name], array)


def test_outputs_that_are_absent_and_what_else_there_is():
    returned = {
        "mixture": MIXTURE._replace(means=None)._asdict() | {"mean": np.ones(1)},
        "fit": FitOfAPort(nll=1.0),
    }
    found, others = flat.outputs(returned, ["mixture/proportions", "mixture/means", "fit/value", "fit/nll/value"])
    assert list(found) == ["mixture/proportions"]
    assert others == ["mixture/covariances", "mixture/mean", "fit/nll"]


def test_a_port_that_takes_no_family_is_asked_of_gaussians_only():
    """It was written before there were others."""
    port = SimpleNamespace(
        regularizer=unused, function=lambda name: lambda pixels, mixture, covariance_type="diag": (pixels, pixels)
    )
    arrays, options = flat.flatten({"pixels": np.ones((3, 2)), "mixture": MIXTURE, "family": "gaussian"})
    found = call(port, OPERATIONS["mixtures.gmm.e_step"], arrays, options)
    np.testing.assert_array_equal(found["responsibilities"], arrays["pixels"])
    with pytest.raises(NotImplementedError, match=r"mixtures\.gmm\.e_step takes no family"):
        call(port, OPERATIONS["mixtures.gmm.e_step"], arrays, options | {"family": "lognormal"})

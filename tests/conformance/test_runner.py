"""The runner: what passes, fails, is missing, is expected to fail."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from deepmix import reference
from deepmix.conformance import runner
from deepmix.conformance.operations import OPERATIONS
from deepmix.conformance.ports import Port, load
from deepmix.conformance.results import Result, expect_failures, require, summary


def port(subject: str = "mixtures", **functions) -> Port:
    """A port of single functions of a subject, named as module_function."""
    modules = SimpleNamespace()
    for name, function in functions.items():
        place, _, rest = name.partition("_")
        setattr(modules, place, SimpleNamespace(**{rest: function}))
    return Port(module=SimpleNamespace(**{subject: modules}), adapter=None)


def results_of(module: Port, *only: str) -> dict[str, Result]:
    return {result.case: result for result in runner.run(module, dtypes=["float64"], only=only)}


@pytest.mark.thorough  # quick: a copy of the reference in tests/ports
def test_the_reference_passes_exactly():
    results = list(runner.run(load("deepmix.reference")))
    assert {result.dtype for result in results} == {"float64"}
    assert {(result.outcome, result.worst) for result in results} == {("pass", 0.0)}
    assert {result.function for result in results} == set(OPERATIONS)
    assert summary(results)["conforms"]


def test_missing_functions_do_not_fail_unless_they_are_required():
    results = list(runner.run(port(em_mean_nll=reference.mixtures.em.mean_nll), dtypes=["float64"]))
    outcomes = {result.function: result.outcome for result in results}
    assert outcomes.pop("mixtures.em.mean_nll") == "pass"
    assert set(outcomes.values()) == {"missing"}
    assert summary(results)["conforms"]
    required = list(require(results))
    missing = {result.function for result in required if result.outcome == "missing"}
    assert missing == {operation.name for operation in OPERATIONS.values() if operation.optional}
    assert not summary(required)["conforms"]


def test_nothing_at_all_does_not_conform():
    assert not summary(runner.run(port(), dtypes=["float64"]))["conforms"]


def test_what_is_not_implemented_is_missing():
    def diagonal(pixels, means, covariances, covariance_type):  # without a default: all is said
        if covariance_type != "diag":
            raise NotImplementedError("only diag")
        return reference.mixtures.gaussian.log_density(pixels, means, covariances)

    found = results_of(port(gaussian_log_density=diagonal), "mixtures.gaussian.log_density")
    assert found["diag"].outcome == "pass"
    assert (found["full"].outcome, found["full"].message) == ("missing", "only diag")


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (np.zeros(3), "nll has the shape (3,), expected ()"),
        (None, "raised TypeError: mixtures.em.mean_nll returns nothing"),
        (object(), "nll holds object, expected numbers"),
        ("4", "nll holds <U1, expected numbers"),
        (np.nan, "nll is nan, expected"),
        (np.inf, "nll is inf, expected"),
    ],
)
def test_nonsense_fails_and_is_named(returned, message):
    found = results_of(port(em_mean_nll=lambda *arguments: returned), "mixtures.em.mean_nll/one_pixel")[
        "one_pixel"
    ]
    assert (found.outcome, found.worst) == ("fail", np.inf)
    assert found.message.startswith(message)


def test_an_exception_is_a_failure_in_one_line():
    def broken(*arguments):
        raise RuntimeError("one\ntwo")

    found = results_of(port(em_mean_nll=broken), "mixtures.em.*")["one_pixel"]
    assert (found.outcome, found.message[:28]) == ("fail", "raised RuntimeError: one two")


def test_results_may_be_lists_dicts_and_single_precision_of_exact_values():
    def lists(*arguments):
        return [each.tolist() for each in reference.mixtures.gmm.e_step(*arguments)]

    assert results_of(port(gmm_e_step=lists), "mixtures.gmm.e_step/diag")["diag"].outcome == "pass"


def test_bad_input_must_be_rejected_with_a_value_error():
    def fit(error):
        def of(pixels, *arguments, **options):
            if not np.isfinite(pixels).all():
                raise error
            return reference.mixtures.gmm.fit(pixels, *arguments, **options)

        return results_of(port(gmm_fit=of), "mixtures.gmm.fit/rejects_nan_inside")["rejects_nan_inside"]

    assert fit(ValueError("no")).outcome == "pass"
    assert fit(TypeError("no")).message.startswith("raised TypeError: no (test_runner.py:")
    accepted = results_of(port(gmm_fit=lambda *a, **k: 1), "mixtures.gmm.fit/rejects_nan_inside")[
        "rejects_nan_inside"
    ]
    assert accepted.message == "must be rejected: rejected is 0, expected 1 exactly"


def test_what_stands_in_the_adapter_goes_first():
    inner = SimpleNamespace(mixtures=SimpleNamespace(em=SimpleNamespace(mean_nll=lambda *arguments: 0.0)))
    adapter = SimpleNamespace(
        mixtures=SimpleNamespace(em=SimpleNamespace(mean_nll=reference.mixtures.em.mean_nll))
    )
    assert results_of(Port(module=inner, adapter=None), "mixtures.em.*")["one_pixel"].outcome == "fail"
    assert results_of(Port(module=inner, adapter=adapter), "mixtures.em.*")["one_pixel"].outcome == "pass"


def test_the_session_surrounds_the_calls():
    said = []

    class Session:
        def __init__(self, dtype):
            self.dtype = dtype

        def __enter__(self):
            said.append(f"{self.dtype} begins")

        def __exit__(self, *_):
            said.append(f"{self.dtype} ends")

    def mean_nll(log_likelihood, weights):
        said.append(str(log_likelihood.dtype))
        return reference.mixtures.em.mean_nll(log_likelihood.astype(float), weights.astype(float))

    adapter = SimpleNamespace(mixtures=SimpleNamespace(em=SimpleNamespace(mean_nll=mean_nll)), session=Session)
    assert all(
        result.outcome == "pass"
        for result in runner.run(Port(module=SimpleNamespace(), adapter=adapter), only=["mixtures.em.*"])
    )
    expected = [[f"{dtype} begins", *[dtype] * 3, f"{dtype} ends"] for dtype in ("float64", "float32")]
    assert said == [*expected[0], *expected[1]]


def test_expected_failures():
    wrong = port(em_mean_nll=lambda log_likelihood, weights: -log_likelihood.mean())
    patterns = ["mixtures.em.mean_nll/weights_with_zeros", "mixtures.em.mean_nll/one_pixel", "em.other/*"]
    with pytest.warns(UserWarning, match="'em.other/\\*' names no case"):
        results = list(expect_failures(runner.run(wrong, dtypes=["float64"], only=["mixtures.em.*"]), patterns))
    outcomes = {result.case: result.outcome for result in results}
    assert outcomes == {
        "all_pixels": "pass",
        "weights_with_zeros": "expected failure",
        "one_pixel": "unexpected pass",
    }
    assert not summary(results)["conforms"]
    assert summary([result for result in results if result.case != "one_pixel"])["conforms"]


def test_expected_failures_of_one_dtype():
    def single(log_likelihood, weights):
        return reference.mixtures.em.mean_nll(log_likelihood, weights) + (log_likelihood.dtype == np.float32)

    results = runner.run(port(em_mean_nll=single), only=["mixtures.em.*"])
    outcomes = {
        (result.dtype, result.outcome) for result in expect_failures(results, ["mixtures.em.mean_nll float32"])
    }
    assert outcomes == {("float64", "pass"), ("float32", "expected failure")}


def test_a_port_that_exits_fails():
    found = results_of(port(em_mean_nll=lambda *arguments: sys.exit(0)), "mixtures.em.*")["one_pixel"]
    assert (found.outcome, found.message[:20]) == ("fail", "raised SystemExit: 0")


def test_outputs_by_name_and_too_few_of_them():
    def named(*arguments):
        return dict(
            zip(("responsibilities", "log_likelihood"), reference.mixtures.gmm.e_step(*arguments), strict=True)
        )

    assert results_of(port(gmm_e_step=named), "mixtures.gmm.e_step/diag")["diag"].outcome == "pass"
    one = results_of(port(gmm_e_step=lambda *arguments: (1,)), "mixtures.gmm.e_step/diag")["diag"]
    assert "TypeError: mixtures.gmm.e_step must return the tuple responsibilities, log_likelihood" in one.message
    given = port("networks", layers_softmax=lambda logits: (logits, logits))
    layer = results_of(given, "networks.layers.softmax/ties")["ties"]
    assert "TypeError: networks.layers.softmax must return the tuple of a value and a pullback" in layer.message

"""What is judged of a case: every output that is there, what is absent, what bears a wrong name."""

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

from deepmix import reference
from deepmix.conformance.judging import judge
from deepmix.conformance.results import Result, expect_failures, require, summary
from deepmix.conformance.vectors import REJECTED, Vector
from tests.conformance import vector_of
from tests.conformance.test_runner import port, results_of

E_STEP = "mixtures.gmm.e_step/diag"


@pytest.fixture(scope="module")
def vector() -> Vector:
    return vector_of(E_STEP)


def of(function: str, name: str, returned) -> Result:
    """The result of a case of a port that returns what `returned` makes of the reference's result."""
    subject, module, own = function.split(".")
    right = getattr(getattr(getattr(reference, subject), module), own)
    given = port(subject, **{f"{module}_{own}": lambda *a, **options: returned(right(*a, **options))})
    return results_of(given, f"{function}/{name}")[name]


def test_all_outputs_that_differ_are_told_with_their_errors(vector):
    right = {name: vector.expected[name] for name in vector.description["outputs"]}
    found = judge(
        vector, {"responsibilities": right["responsibilities"] + 1, "log_likelihood": 2 * right["log_likelihood"]}
    )
    assert found.outcome == "fail"
    assert [each.output for each in found.differing] == ["responsibilities", "log_likelihood"]
    bounds = [vector.expected[f"tolerance/{each.output}"] for each in found.differing]
    assert found.differing[0].worst == pytest.approx((1 / bounds[0]).max())
    assert found.differing[1].worst == pytest.approx(np.abs(right["log_likelihood"] / bounds[1]).max())
    assert found.worst == max(each.worst for each in found.differing)
    assert [each.guess for each in found.differing] == ["the constant 1 is added", "it is twice that"]
    assert found.message.startswith("responsibilities[0, 0] is 1.")
    assert found.message.endswith("; perhaps the constant 1 is added [EM1]")


def test_outputs_that_are_absent_are_not_offered(vector):
    right = {"responsibilities": vector.expected["responsibilities"]}
    found = judge(vector, right)
    assert (found.outcome, found.absent, found.message) == ("partial", ("log_likelihood",), "")
    wrong = judge(vector, {"responsibilities": right["responsibilities"] + 1})
    assert (wrong.outcome, wrong.absent) == ("fail", ("log_likelihood",))
    nothing = judge(vector, {})
    assert (nothing.outcome, nothing.message) == ("missing", "none of its outputs is there")


def test_a_misspelt_output_fails_and_says_what_there_is(vector):
    right = {"responsibilities": vector.expected["responsibilities"]}
    found = judge(vector, right, ["n_iter", "loglikelihood"])
    assert found.outcome == "fail"
    assert found.message == (
        "nothing is called log_likelihood; there is loglikelihood, n_iter, which is no output; "
        "rename it or leave it out"
    )
    many = judge(vector, right, [f"x{n}" for n in range(9)])
    assert " and 4 more, which is no output; rename" in many.message
    whole = {name: vector.expected[name] for name in vector.description["outputs"]}
    assert judge(vector, whole, ["n_iter"]).outcome == "pass"  # more than was asked for


def test_what_must_be_rejected_cannot_be_half_rejected():
    vector = vector_of("mixtures.gmm.fit/rejects_nan_inside")
    assert judge(vector, {REJECTED: np.array(1)}).outcome == "pass"
    assert judge(vector, {}).outcome == "missing"
    assert judge(vector, {}, ["fit/value"]).message.startswith("nothing is called rejected; there is fit/value")


def test_a_port_without_a_pullback_is_partial():
    def later(cotangent):
        raise NotImplementedError

    for returned in (lambda pair: pair[0], lambda pair: (pair[0], None), lambda pair: (pair[0], later)):
        found = of("networks.layers.softmax", "ties", returned)
        assert (found.outcome, found.absent) == ("partial", ("pullback/logits",))
    wrong = of("networks.layers.softmax", "ties", lambda pair: pair[0] + 1)
    assert wrong.outcome == "fail"
    assert (
        "must return the tuple of a value and a pullback, or the value alone"
        in of("networks.layers.softmax", "ties", lambda pair: (*pair, 1)).message
    )


def test_a_pullback_may_leave_gradients_out():
    def first(pair):
        return pair[0], lambda cotangent: (pair[1](cotangent)[0], None)

    found = of("networks.layers.conv", "one_by_one", first)
    assert found.outcome == "partial"
    assert set(found.absent) == {"pullback/kernel", "pullback/bias"}


def test_a_loss_without_a_gradient_is_partial():
    for returned in (lambda pair: pair[0], lambda pair: (pair[0], None), lambda pair: {"value": pair[0]}):
        found = of("losses.segmentation.soft_dice", "all_known", returned)
        assert (found.outcome, found.absent) == ("partial", ("gradient",))


def test_a_record_without_a_field_is_partial_unless_it_is_misspelt():
    def half(pair):
        mixture, moments = pair
        return mixture._asdict(), {"counts": moments.counts}

    found = of("mixtures.gmm.m_step", "diag", half)
    assert found.outcome == "partial"
    assert found.absent == ("moments/means", "moments/covariances", "moments/degenerate")

    def misspelt(pair):
        mixture, moments = pair
        return SimpleNamespace(**mixture._asdict()), moments._asdict() | {"degenerate": None, "degenrate": 1}

    found = of("mixtures.gmm.m_step", "diag", misspelt)
    assert (found.outcome, found.message) == (
        "fail",
        "nothing is called moments/degenerate; there is moments/degenrate, which is no output; "
        "rename it or leave it out",
    )


class EStep(NamedTuple):
    log_likelihood: np.ndarray
    responsibilities: np.ndarray


def test_a_record_of_the_outputs_is_read_by_its_names():
    found = of("mixtures.gmm.e_step", "diag", lambda pair: EStep(log_likelihood=pair[1], responsibilities=pair[0]))
    assert found.outcome == "pass"


def test_what_is_partial_counts_as_such():
    found = [
        of("losses.segmentation.soft_dice", "all_known", lambda pair: pair[0]),
        of("losses.segmentation.soft_dice", "all_known", lambda pair: pair),
    ]
    total = summary(found)
    assert total["conforms"]
    assert (total["counts"]["partial"], total["counts"]["pass"]) == (1, 1)
    assert summary(found[:1])["conforms"]
    required = list(require(found))
    assert [(each.outcome, each.message) for each in required] == [("fail", "there is no gradient"), ("pass", "")]
    expected = list(expect_failures(required, ["losses.segmentation.soft_dice"]))
    assert [each.outcome for each in expected] == ["expected failure", "unexpected pass"]
    not_required = list(expect_failures(found, ["losses.segmentation.soft_dice"]))
    assert [each.outcome for each in not_required] == ["unexpected pass", "unexpected pass"]

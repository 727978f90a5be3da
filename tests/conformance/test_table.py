"""What is printed: every function has a row, every output that differs a line; what is partial is named."""

import numpy as np

from deepmix.conformance.comparison import Difference
from deepmix.conformance.results import Result
from deepmix.conformance.table import SHOWN, SHOWN_ALIKE, SHOWN_OUTPUTS, lines

RESULT = Result(function="mixtures.gmm.e_step", case="diag", dtype="float64", outcome="pass", worst=0.25)


def differing(n: int) -> tuple[Difference, ...]:
    return tuple(
        Difference(output=f"x{i}", worst=i + 2.0, message=f"x{i} is off", guess="it is so") for i in range(n)
    )


def test_columns_stand_below_their_heads():
    printed = list(lines("port", [RESULT, RESULT._replace(dtype="float32", outcome="missing")]))
    assert printed[1:5] == [
        "                      float64                        float32",
        " function                pass  fail  missing  worst     pass  fail  missing  worst",
        f" {'─' * 81}",
        " mixtures.gmm.e_step        1                  0.25                       1",
    ]
    assert printed[-1] == (
        "port conforms: 1 pass, 0 fail, 1 missing; "
        "largest error 0.25 × the tolerance, in mixtures.gmm.e_step/diag float64"
    )


def test_what_is_missing_keeps_its_row():
    """Its own where its module offers anything, or where it is alone, else one for the module."""
    absent = RESULT._replace(outcome="missing", worst=0.0)
    names = ("mixtures.gmm.fit", "mixtures.fcm.fit", "mixtures.fcm.centres", "mixtures.em.mean_nll")
    printed = list(lines("port", [RESULT, *(absent._replace(function=name) for name in names)]))
    rows = {line.split()[0]: line.split()[1:] for line in printed[4:8]}
    assert rows == {
        "mixtures.gmm.e_step": ["1", "0.25"],
        "mixtures.gmm.fit": ["1"],
        "mixtures.fcm.*": ["2"],
        "mixtures.em.mean_nll": ["1"],
    }
    alone = list(lines("port", [absent]))
    assert alone[4].split() == ["mixtures.gmm.e_step", "1"]
    assert alone[-1] == "port does not conform: 0 pass, 0 fail, 1 missing"


def test_outputs_that_differ_are_lines_of_their_own():
    found = differing(SHOWN_OUTPUTS + 2)
    bad = RESULT._replace(outcome="fail", message="x0 is off; perhaps it is so [EM1]", differing=found)
    printed = list(lines("port", [bad]))
    name = "fail: mixtures.gmm.e_step/diag float64"
    start = printed.index(f"{name} (2 × the tolerance): x0 is off; perhaps it is so [EM1]")
    assert printed[start + 1] == "      (3 × the tolerance) x1 is off; perhaps it is so"
    assert printed[start + SHOWN_OUTPUTS] == "      … and 2 more outputs"


def test_of_many_failures_the_first_are_shown():
    bad = [RESULT._replace(case=f"c{n}", outcome="fail", worst=np.inf, message="raised X: no") for n in range(5)]
    printed = list(lines("port", bad))
    assert sum(line.startswith("fail: ") for line in printed) == SHOWN
    assert "fail: mixtures.gmm.e_step/c0 float64: raised X: no" in printed
    assert "… and 3 more; --json FILE writes them all" in printed


def test_what_is_partial_has_a_column_and_a_line():
    absent = ("gradient/encoder_0/conv_0/kernel", "gradient/encoder_0/conv_0/bias", "evaluation/mixture/means")
    part = RESULT._replace(case="full", outcome="partial", absent=absent, worst=0.5)
    printed = list(lines("port", [RESULT, part, part._replace(function="mixtures.gmm.nll", absent=("nll",))]))
    assert printed[2].split() == ["function", "pass", "partial", "fail", "missing", "worst"]
    assert printed[4].split() == ["mixtures.gmm.e_step", "1", "1", "0.5"]
    assert "partial, without gradient/encoder_0, evaluation/mixture: mixtures.gmm.e_step" in printed
    assert "partial, without nll: mixtures.gmm.nll" in printed
    assert printed[-1].startswith("port conforms: 1 pass, 2 partial, 0 fail; largest error 0.5 × the tolerance")


def test_a_remark_is_said_once():
    said = RESULT._replace(remark="float32 was computed in float64")
    printed = list(lines("port", [said, said._replace(case="full"), said._replace(function="mixtures.gmm.nll")]))
    assert printed[-2] == "float32 was computed in float64: mixtures.gmm.e_step, mixtures.gmm.nll"
    many = [said._replace(function=f"mixtures.gmm.f{n}") for n in range(SHOWN_ALIKE + 2)]
    assert list(lines("port", many))[-2].endswith(", mixtures.gmm.f5 and 2 more functions")

"""Fuzzy C-means against scikit-fuzzy, from the same memberships."""

import numpy as np
import pytest
from hypothesis import given

from deepmix.reference.mixtures import fcm
from tests.laws.helpers import FEW_STEPS, close
from tests.problems.mixtures import FuzzyProblem, fuzzy_problems

skfuzzy = pytest.importorskip("skfuzzy", reason="needs the extra `oracles`")

pytestmark = pytest.mark.oracles


@given(problem=fuzzy_problems("ones"))
def test_fc_same_start_same_number_of_rounds(problem: FuzzyProblem):
    """Its J is that of the memberships before the last; it has no weights, and adds eps to distances of 0."""
    m, n = problem.fuzzifier, 6
    found = skfuzzy.cmeans(problem.pixels, len(problem.start), m, error=0.0, maxiter=n, init=problem.start)
    centres, u, _, _, history, taken, coefficient = found
    fits = [fcm.fit(problem.pixels, problem.start, fuzzifier=m, tol=-1.0, max_iter=i) for i in range(1, taken + 1)]
    fit = fits[-1]
    scale = np.abs(problem.pixels).max()
    close(fit.centres, centres, FEW_STEPS, scale)
    close(fit.memberships, u, FEW_STEPS)
    close(fit.partition_coefficient, coefficient, FEW_STEPS)
    before = [problem.start, *(each.memberships for each in fits[:-1])]
    ones = np.ones(problem.pixels.shape[1])
    for value, old, each in zip(history, before, fits, strict=True):
        close(value, fcm.objective(problem.pixels, old, each.centres, ones, m), FEW_STEPS, scale**2)

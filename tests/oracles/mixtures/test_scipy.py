"""Densities against SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from deepmix.reference.mixtures import gaussian, gmm
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from tests import problems
from tests.laws.helpers import close


def scipy_log_density(pixels, mixture, kind):
    """[G1] class by class; `cov` as SciPy takes it: a number, the variances or the matrix."""
    k = len(mixture.means)
    covariances = [mixture.covariances] * k if kind == "tied" else mixture.covariances
    return np.stack(
        [
            np.atleast_1d(multivariate_normal(mean, cov).logpdf(pixels.T))
            for mean, cov in zip(mixture.means, covariances, strict=True)
        ]
    )


@pytest.mark.parametrize("kind", COVARIANCE_TYPES)
@given(data=st.data())
def test_g1_log_density(kind, data):
    problem = data.draw(problems.mixtures.em_problems(kind))
    density = gaussian.log_density(problem.pixels, problem.start.means, problem.start.covariances, kind)
    close(density, scipy_log_density(problem.pixels, problem.start, kind))


@pytest.mark.parametrize("kind", COVARIANCE_TYPES)
@given(data=st.data())
def test_em1_em2_posterior_and_nll_by_bayes_rule(kind, data):
    """Densities multiplied as they stand: the drawn ones are far from underflow."""
    problem = data.draw(problems.mixtures.em_problems(kind))
    joint = problem.start.proportions[:, None] * np.exp(scipy_log_density(problem.pixels, problem.start, kind))
    gamma, log_likelihood = gmm.e_step(problem.pixels, problem.start, kind)
    close(gamma, joint / joint.sum(axis=0))
    close(log_likelihood, np.log(joint.sum(axis=0)))
    expected = -np.average(np.log(joint.sum(axis=0)), weights=problem.weights)
    close(gmm.nll(problem.pixels, problem.start, problem.weights, kind), expected)

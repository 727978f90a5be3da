"""Loops that say the definition, on tiny cases."""

from itertools import product
from math import exp, log, pi

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.conformance import drawing
from deepmix.reference.mixtures import gaussian, gmm, svgmm
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from tests import problems
from tests.laws.helpers import close

every_type = pytest.mark.parametrize("kind", COVARIANCE_TYPES)


def matrix(mixture, k, kind):
    """Σ_k, element by element."""
    m = mixture.means.shape[1]
    full = np.zeros((m, m))
    for i, j in product(range(m), repeat=2):
        match kind:
            case "full":
                full[i, j] = mixture.covariances[k][i][j]
            case "tied":
                full[i, j] = mixture.covariances[i][j]
            case "diag":
                full[i, j] = mixture.covariances[k][i] if i == j else 0
            case _:
                full[i, j] = mixture.covariances[k] if i == j else 0
    return full


def density(x, mixture, k, kind):
    """N(x | μ_k, Σ_k) as a number, no logs: by determinant and inverse."""
    covariance = matrix(mixture, k, kind)
    d = x - mixture.means[k]
    return exp(-0.5 * d @ np.linalg.inv(covariance) @ d) / np.sqrt(np.linalg.det(2 * pi * covariance))


@every_type
@given(data=st.data(), spatial=st.booleans())
def test_em1_em2_sv1_sv2_by_loops(kind, data, spatial):
    problem = data.draw(problems.mixtures.em_problems(kind))
    algorithm = svgmm if spatial else gmm
    k, n = len(problem.start.means), len(problem.weights)
    proportions = problem.start.proportions
    if spatial:
        proportions = drawing.draw_responsibilities(data.draw(problems.generators), k, n)
    mixture = problem.start._replace(proportions=proportions)
    gamma, nll = np.zeros((k, n)), 0.0
    for i in range(n):
        joint = [
            (proportions[c, i] if spatial else proportions[c]) * density(problem.pixels[:, i], mixture, c, kind)
            for c in range(k)
        ]
        gamma[:, i] = joint / sum(joint)
        nll -= problem.weights[i] * log(sum(joint)) / sum(problem.weights)
    close(algorithm.e_step(problem.pixels, mixture, kind)[0], gamma)
    close(algorithm.nll(problem.pixels, mixture, problem.weights, kind), nll)


@every_type
@given(data=st.data())
def test_g2_moments_by_loops(kind, data):
    problem = data.draw(problems.mixtures.em_problems(kind))
    k, m, n = len(problem.start.means), *problem.pixels.shape
    r = data.draw(problems.mixtures.responsibilities(k, n))
    counts, means, scatter = np.zeros(k), np.zeros((k, m)), np.zeros((k, m, m))
    for c, i in product(range(k), range(n)):
        counts[c] += problem.weights[i] * r[c, i]
    for c, i in product(range(k), range(n)):
        means[c] += problem.weights[i] * r[c, i] * problem.pixels[:, i] / counts[c]
    for c, i in product(range(k), range(n)):
        d = problem.pixels[:, i] - means[c]
        scatter[c] += problem.weights[i] * r[c, i] * np.outer(d, d)
    if kind == "tied":
        covariances = sum(scatter) / sum(counts) + np.diag(problem.floor)
    else:
        covariances = np.array([scatter[c] / counts[c] + np.diag(problem.floor) for c in range(k)])
        if kind != "full":
            covariances = np.array([np.diag(one) for one in covariances])
        if kind == "spherical":
            covariances = np.array([sum(one) / m for one in covariances])
    found = gaussian.moments(problem.pixels, r, problem.weights, problem.floor, problem.start, kind)
    close(found[:3], (counts, means, covariances), 1e-10)

"""Loops that say the definition, on tiny cases."""

from itertools import product
from math import exp, log, pi

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.conformance import drawing
from deepmix.reference.deep_mixtures import regularizers
from deepmix.reference.evaluation import overlap
from deepmix.reference.mixtures import gaussian, gmm, svgmm
from deepmix.reference.mixtures.records import COVARIANCE_TYPES
from deepmix.reference.networks import layers
from tests import strategies
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
    problem = data.draw(strategies.em_problems(kind))
    algorithm = svgmm if spatial else gmm
    k, n = len(problem.start.means), len(problem.weights)
    proportions = problem.start.proportions
    if spatial:
        proportions = drawing.draw_responsibilities(data.draw(strategies.generators), k, n)
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
    problem = data.draw(strategies.em_problems(kind))
    k, m, n = len(problem.start.means), *problem.pixels.shape
    r = data.draw(strategies.responsibilities(k, n))
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


@given(rng=strategies.generators, size=st.sampled_from([(3, 3), (1, 1), (3, 1), (5, 3)]))
def test_convolution_by_six_loops(rng, size):
    (kh, kw), (n_in, n_out, height, width) = size, (2, 3, 4, 5)
    x, bias = rng.normal(size=(n_in, height, width)), rng.normal(size=n_out)
    kernel = rng.normal(size=(kh, kw, n_in, n_out))
    expected = np.zeros((n_out, height, width))
    for o, row, column in np.ndindex(n_out, height, width):
        expected[o, row, column] = bias[o]
        for c, i, j in np.ndindex(n_in, kh, kw):
            y, z = row + i - kh // 2, column + j - kw // 2
            if 0 <= y < height and 0 <= z < width:
                expected[o, row, column] += kernel[i, j, c, o] * x[c, y, z]
    close(layers.conv(x, kernel, bias)[0], expected)


@given(rng=strategies.generators)
def test_norm_pool_upsample_softmax_by_loops(rng):
    x, scale, shift = rng.normal(size=(2, 4, 6)), rng.normal(size=2), rng.normal(size=2)
    normed, pooled, larger, simplex = np.zeros_like(x), np.zeros((2, 2, 3)), np.zeros((2, 8, 12)), np.zeros_like(x)
    for c in range(2):
        mean = sum(x[c].flat) / 24
        variance = sum((value - mean) ** 2 for value in x[c].flat) / 24
        for i, j in np.ndindex(4, 6):
            normed[c, i, j] = scale[c] * (x[c, i, j] - mean) / (variance + 1e-5) ** 0.5 + shift[c]
            simplex[c, i, j] = exp(x[c, i, j]) / sum(exp(x[other, i, j]) for other in range(2))
            larger[c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2] = x[c, i, j]
        for i, j in np.ndindex(2, 3):
            pooled[c, i, j] = max(x[c, 2 * i + a, 2 * j + b] for a in (0, 1) for b in (0, 1))
    close(layers.instance_norm(x, scale, shift)[0], normed)
    close(layers.max_pool(x)[0], pooled)
    close(layers.upsample(x)[0], larger)
    close(layers.softmax(x)[0], simplex)


@given(data=st.data())
def test_r2_total_variation_by_loops(data):
    _, k, height, width = shape = data.draw(strategies.image_shapes)
    image, weights = data.draw(strategies.images(shape))
    rng = data.draw(strategies.generators)
    p = drawing.draw_responsibilities(rng, k, height * width).reshape(k, height, width)
    value, gradient = 0.0, np.zeros_like(p)
    for c, i, j in np.ndindex(k, height, width):
        for y, z in ((i + 1, j), (i, j + 1)):
            if y < height and z < width and weights[i, j] > 0 and weights[y, z] > 0:
                value += abs(p[c, i, j] - p[c, y, z]) / weights.sum()
                sign = np.sign(p[c, i, j] - p[c, y, z]) / weights.sum()
                gradient[c, i, j] += sign
                gradient[c, y, z] -= sign
    close(regularizers.total_variation(p, None, image, weights), (value, gradient))


@given(seed=st.integers(0, 999))
def test_ev1_dice_matrix_by_sets(seed):
    rng = np.random.default_rng(seed)
    labels, truth = rng.integers(1, 4, 30), rng.integers(0, 4, 30)
    scores = overlap.dice_matrix(labels, truth, 3, 4)
    for a, b in product((1, 2, 3), (1, 2, 3, 4)):
        one, other = ({i for i in range(30) if names[i] == name} for names, name in ((labels, a), (truth, b)))
        if one or other:
            assert scores[a - 1, b - 1] == pytest.approx(2 * len(one & other) / (len(one) + len(other)))
        else:
            assert np.isnan(scores[a - 1, b - 1])

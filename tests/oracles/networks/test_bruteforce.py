"""Loops that say the definition, on tiny cases."""

from math import exp

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from deepmix.reference.networks import layers
from tests import problems
from tests.laws.helpers import close


@given(rng=problems.generators, size=st.sampled_from([(3, 3), (1, 1), (3, 1), (5, 3)]))
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


@given(rng=problems.generators, size=st.sampled_from([(3, 3, 3), (1, 1, 1), (3, 1, 5)]))
def test_nn1_convolution_of_a_volume_by_loops(rng, size):
    n_in, n_out, shape = 2, 3, (3, 2, 4)
    x, bias, kernel = (rng.normal(size=each) for each in [(n_in, *shape), (n_out,), (*size, n_in, n_out)])
    expected = np.zeros((n_out, *shape)) + bias[:, None, None, None]
    for *at, c, o in np.ndindex(*shape, n_in, n_out):
        for offset in np.ndindex(*size):
            there = tuple(np.add(at, offset) - np.floor_divide(size, 2))
            if all(0 <= place < side for place, side in zip(there, shape, strict=True)):
                expected[o, *at] += kernel[*offset, c, o] * x[c, *there]
    close(layers.conv(x, kernel, bias)[0], expected)


@given(rng=problems.generators)
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

"""Loops that say the definition, on tiny cases."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from deepmix.conformance import drawing
from deepmix.reference.deep_mixtures import regularizers
from tests import problems
from tests.laws.helpers import close


@given(rng=problems.generators)
def test_r2_nn3_total_variation_of_a_volume_by_loops(rng):
    k, *size = 2, 2, 3, 2
    p, weights = (
        drawing.draw_responsibilities(rng, k, 12).reshape(k, *size),
        drawing.draw_weights(rng, (2, 3, 2), "mask"),
    )
    value, gradient = 0.0, np.zeros_like(p)
    for c, *here in np.ndindex(k, *size):
        for axis, share in enumerate((0.2, 1.0, 0.5)):
            there = np.add(here, np.eye(3, dtype=int)[axis])
            if (there < size).all() and weights[*here] and weights[*there]:
                step = p[c, *here] - p[c, *there]
                value += share * abs(step) / weights.sum()
                gradient[c, *here] += share * np.sign(step) / weights.sum()
                gradient[c, *there] -= share * np.sign(step) / weights.sum()
    close(regularizers.total_variation(p, None, None, weights, np.array([5.0, 1.0, 2.0])), (value, gradient))


@given(data=st.data())
def test_r2_total_variation_by_loops(data):
    _, k, height, width = shape = data.draw(problems.deep_mixtures.image_shapes)
    image, weights = data.draw(problems.deep_mixtures.images(shape))
    rng = data.draw(problems.generators)
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

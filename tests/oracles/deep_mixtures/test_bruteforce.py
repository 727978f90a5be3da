"""Loops that say the definition, on tiny cases."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from deepmix.conformance import drawing
from deepmix.reference.deep_mixtures import regularizers
from tests import problems
from tests.laws.helpers import close


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

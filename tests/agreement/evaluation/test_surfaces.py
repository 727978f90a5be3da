"""Both backends: distances between surfaces."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix import accelerated, reference
from tests.problems import generators
from tests.tolerances import FUNCTION, assert_agree, rounded, tolerance

SPACINGS = {(6, 7): (0.7, 2.5), (3, 4, 5): (0.5, 0.75, 3.0)}
FUNCTIONS = {
    "hausdorff": (),
    "hausdorff, 95": (95.0,),
    "average_surface_distance": (),
    "average_symmetric_surface_distance": (),
    "surface_dice": (1.1,),  # no distance of these spacings: no ties
}
shares = st.sampled_from((0.0, 0.1, 0.6, 1.0))
surface_distances = jax.jit(accelerated.evaluation.surfaces.surface_distances)
compiled = {name: jax.jit(getattr(accelerated.evaluation.surfaces, name.split(",")[0])) for name in FUNCTIONS}


@pytest.mark.parametrize("shape", SPACINGS)
@given(rng=generators, share=shares)
def test_surface_ev6(shape, rng, share):
    mask = rng.random(shape) < share
    assert_agree(
        accelerated.evaluation.surfaces.surface(mask), reference.evaluation.surfaces.surface(mask), FUNCTION
    )


@pytest.mark.parametrize("shape", SPACINGS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@given(rng=generators, one=shares, other=shares)
def test_distances_ev6_ev7_ev8_ev9(shape, dtype, rng, one, other):
    masks = [rng.random(shape) < share for share in (one, other)]
    low, spacing = rounded(np.array(SPACINGS[shape]), dtype)
    actual = surface_distances(*masks, low)
    expected = reference.evaluation.surfaces.surface_distances(*masks, spacing)
    assert_agree(actual, expected, tolerance("surface", dtype), dtype)
    for name, options in FUNCTIONS.items():
        value = getattr(reference.evaluation.surfaces, name.split(",")[0])(*expected, *options)
        assert_agree(compiled[name](*actual, *options), np.float64(value), tolerance("surface", dtype), dtype)


def test_many_pairs_at_once():
    masks = np.random.default_rng(0).random((2, 3, 6, 7)) < 0.5
    masks[0, 1] = False
    actual = jax.vmap(accelerated.evaluation.surfaces.hausdorff)(
        *jax.vmap(accelerated.evaluation.surfaces.surface_distances)(*masks)
    )
    pairs = (reference.evaluation.surfaces.surface_distances(*pair) for pair in zip(*masks, strict=True))
    assert_agree(actual, np.array([reference.evaluation.surfaces.hausdorff(*each) for each in pairs]), FUNCTION)
    assert np.isinf(actual[1])


def test_empty_sets_get_what_is_asked_for():
    nowhere = (np.full((4, 5), np.nan),) * 2
    for name, options in FUNCTIONS.items():
        assert np.isnan(compiled[name](*nowhere, *options))
        assert compiled[name](*nowhere, *options, empty=0.5) == 0.5


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("step", "n"), [(0.8, 2), (0.1, 3), (1.1, 3), (0.7, 7)])
def test_a_distance_of_the_tolerance_is_within_it_ev9(dtype, step, n):
    one, other = np.zeros((2, 20, 9), bool)
    one[2:9, 2:7] = other[2 + n : 9 + n, 2:7] = True
    actual = surface_distances(one, other, np.array([step, 1.0], dtype))
    assert compiled["surface_dice"](*actual, np.array(n * step, dtype)) == 1
    assert compiled["surface_dice"](*actual, np.array(n * step * (1 - 1e-6), dtype)) < 1

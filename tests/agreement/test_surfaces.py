"""Both backends: distances between surfaces."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix import accelerated, reference
from tests.strategies import generators
from tests.tolerances import FUNCTION, assert_agree, rounded, tolerance

SPACINGS = {(6, 7): (0.7, 2.5), (3, 4, 5): (0.5, 0.75, 3.0)}
FUNCTIONS = {
    "hausdorff": (100.0,),
    "hausdorff, 95": (95.0,),
    "average_surface_distance": (),
    "average_symmetric_surface_distance": (),
    "surface_dice": (),
}
COMPILED = {name: jax.jit(getattr(accelerated.surfaces, name.split(",")[0])) for name in FUNCTIONS}
TOLERANCE = 1.1  # no distance of these spacings: no ties

shares = st.sampled_from((0.0, 0.1, 0.6, 1.0))


def arguments(name, masks, spacing):
    """In the order of the function."""
    return (*masks, TOLERANCE, spacing) if name == "surface_dice" else (*masks, spacing, *FUNCTIONS[name])


@pytest.mark.parametrize("shape", SPACINGS)
@given(rng=generators, share=shares)
def test_surface_ev6(shape, rng, share):
    mask = rng.random(shape) < share
    expected = reference.surfaces.surface(mask)
    assert_agree(jax.jit(accelerated.surfaces.surface)(mask), expected, FUNCTION)


@pytest.mark.parametrize("shape", SPACINGS)
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@given(rng=generators, one=shares, other=shares)
def test_distances_ev7_ev8_ev9(shape, name, dtype, rng, one, other):
    masks = [rng.random(shape) < share for share in (one, other)]
    low, spacing = rounded(np.array(SPACINGS[shape]), dtype)
    actual = COMPILED[name](*arguments(name, masks, low))
    expected = getattr(reference.surfaces, name.split(",")[0])(*arguments(name, masks, spacing))
    assert_agree(actual, np.float64(expected), tolerance("surface", dtype), dtype)


def test_many_pairs_at_once():
    masks = np.random.default_rng(0).random((2, 3, 6, 7)) < 0.5
    masks[0, 1] = False
    actual = jax.vmap(accelerated.surfaces.hausdorff)(*masks)
    expected = [reference.surfaces.hausdorff(*pair) for pair in zip(*masks, strict=True)]
    assert_agree(actual, np.array(expected), FUNCTION)
    assert np.isinf(actual[1])


def test_empty_sets_get_what_is_asked_for():
    nothing = np.zeros((4, 5), bool)
    for name in set(FUNCTIONS) - {"hausdorff, 95"}:
        function, tolerance = getattr(accelerated.surfaces, name), (1.0,) * (name == "surface_dice")
        assert np.isnan(function(nothing, nothing, *tolerance))
        assert function(nothing, nothing, *tolerance, empty=0.5) == 0.5

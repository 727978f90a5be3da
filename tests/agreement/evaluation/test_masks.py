"""Both backends: a mask is what is not 0, whatever its dtype; what numpy.ma hides never counts."""

from functools import partial
from itertools import product

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix import accelerated, reference
from tests.problems import generators
from tests.tolerances import FUNCTION, assert_agree, rounded, tolerance

OF_TWO_MASKS = {
    "overlap": ("dice", "iou", "sensitivity", "specificity", "precision", "f_beta", "volumetric_similarity"),
    "surfaces": ("surface_distances",),
    "masks": ("hausdorff", "average_surface_distance", "average_symmetric_surface_distance", "surface_dice"),
}
OF_TWO_MAPS = {"overlap": ("dice_matrix", "match_classes"), "clusterings": ("contingency_table",)}
OF_ONE = {"surfaces": ("surface",), "distances": ("squared_distance_transform",)}
BACKENDS = pytest.mark.parametrize("backend", [reference, accelerated], ids=["reference", "accelerated"])
PAIR = np.random.default_rng(0).random((2, 6, 7)) < 0.6


def functions(names: dict[str, tuple[str, ...]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("module", "name"), [(m, name) for m, each in names.items() for name in each])


def function(backend, module: str, name: str):
    """The function, of masks or maps alone."""
    found = getattr(getattr(backend.evaluation, module), name)
    return partial(found, tolerance=1.1) if name == "surface_dice" else found


DISTANCES = {name: jax.jit(function(accelerated, "masks", name)) for name in OF_TWO_MASKS["masks"]}


@BACKENDS
@functions(OF_TWO_MASKS | OF_ONE | {"surfaces": ("surface", "surface_distances")})
@pytest.mark.parametrize("as_stored", [np.uint8(255), np.int16(-1), np.float32(0.5), True], ids=repr)
def test_a_mask_is_what_is_not_0(backend, module, name, as_stored):
    masks = PAIR[:1] if name in ("surface", "squared_distance_transform") else PAIR
    stored = np.where(masks, as_stored, np.zeros_like(as_stored))
    measure = function(backend, module, name)
    np.testing.assert_equal(np.asarray(measure(*stored)), np.asarray(measure(*masks)))


@BACKENDS
@functions(OF_TWO_MASKS)
def test_a_masked_pair_is_refused(backend, module, name):
    hidden = np.ma.masked_array(PAIR[0], PAIR[1])
    for pair in ((hidden, PAIR[1]), (PAIR[1], hidden)):
        with pytest.raises(ValueError, match="masked"):
            function(backend, module, name)(*pair)


@BACKENDS
@functions(OF_TWO_MAPS)
def test_a_masked_map_is_refused(backend, module, name):
    maps = PAIR + 1
    hidden = np.ma.masked_array(maps[0], PAIR[1])
    for pair in ((hidden, maps[1]), (maps[1], hidden)):
        with pytest.raises(ValueError, match="masked"):
            function(backend, module, name)(*pair, 2, 2)


@BACKENDS
@functions(OF_ONE)
def test_a_masked_mask_is_refused(backend, module, name):
    with pytest.raises(ValueError, match="masked"):
        function(backend, module, name)(np.ma.masked_array(PAIR[0], PAIR[1]))


def test_one_that_hides_nothing_is_an_array():
    found = reference.evaluation.overlap.dice(np.ma.masked_array(PAIR[0]), PAIR[1])
    assert found == reference.evaluation.overlap.dice(*PAIR)


@pytest.mark.parametrize(("shape", "spacing"), [((6, 9), (0.7, 2.5)), ((3, 4, 6), (3.0, 0.5, 0.75))])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@given(rng=generators, shares=st.tuples(*[st.sampled_from((0.0, 0.1, 0.6, 1.0))] * 2))
def test_distances_of_two_masks_ev7_ev8_ev9(shape, spacing, dtype, rng, shares):
    """Of images that are no squares, of voxels that are no cubes; empty sets among them."""
    masks = [rng.random(shape) < share for share in shares]
    low, exact = rounded(np.array(spacing), dtype)
    for (name, compiled), options in product(DISTANCES.items(), ({}, {"percentile": 95.0})):
        if options and name != "hausdorff":
            continue
        expected = function(reference, "masks", name)(*masks, spacing=exact, **options)
        actual = compiled(*masks, spacing=low, **options)
        assert_agree(actual, np.float64(expected), tolerance("surface", dtype), dtype)
        assert np.isnan(expected) == (not masks[0].any() and not masks[1].any())


def test_distances_of_two_masks_in_voxels_ev7_ev8_ev9():
    for name, compiled in DISTANCES.items():
        expected = function(reference, "masks", name)(*PAIR)
        assert_agree(compiled(*PAIR), np.float64(expected), FUNCTION)

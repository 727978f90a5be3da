"""Both backends: a mask is what is not 0, whatever its dtype; what numpy.ma hides never counts."""

import numpy as np
import pytest

from deepmix import accelerated, reference

OF_TWO_MASKS = {
    "overlap": ("dice", "iou", "sensitivity", "specificity", "precision", "f_beta", "volumetric_similarity"),
    "surfaces": ("surface_distances",),
}
OF_TWO_MAPS = {"overlap": ("dice_matrix", "match_classes"), "clusterings": ("contingency_table",)}
OF_ONE = {"surfaces": ("surface",), "distances": ("squared_distance_transform",)}
BACKENDS = pytest.mark.parametrize("backend", [reference, accelerated], ids=["reference", "accelerated"])
PAIR = np.random.default_rng(0).random((2, 6, 7)) < 0.6


def functions(names: dict[str, tuple[str, ...]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("module", "name"), [(m, name) for m, each in names.items() for name in each])


def function(backend, module: str, name: str):
    return getattr(getattr(backend.evaluation, module), name)


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
    for given in ((hidden, PAIR[1]), (PAIR[1], hidden)):
        with pytest.raises(ValueError, match="masked"):
            function(backend, module, name)(*given)


@BACKENDS
@functions(OF_TWO_MAPS)
def test_a_masked_map_is_refused(backend, module, name):
    maps = PAIR + 1
    hidden = np.ma.masked_array(maps[0], PAIR[1])
    for given in ((hidden, maps[1]), (maps[1], hidden)):
        with pytest.raises(ValueError, match="masked"):
            function(backend, module, name)(*given, 2, 2)


@BACKENDS
@functions(OF_ONE)
def test_a_masked_mask_is_refused(backend, module, name):
    with pytest.raises(ValueError, match="masked"):
        function(backend, module, name)(np.ma.masked_array(PAIR[0], PAIR[1]))


def test_one_that_hides_nothing_is_an_array():
    found = reference.evaluation.overlap.dice(np.ma.masked_array(PAIR[0]), PAIR[1])
    assert found == reference.evaluation.overlap.dice(*PAIR)

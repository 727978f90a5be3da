"""Both backends: the segmentation losses and their gradients."""

import jax
import numpy as np
import pytest
from hypothesis import given

from deepmix import accelerated, reference
from deepmix.accelerated import conformance
from tests.problems import generators
from tests.problems.losses import CLASS_WEIGHTS, LOSSES, known_truths
from tests.tolerances import FUNCTION, assert_agree, rounded, tolerance

with_gradients = conformance.losses.segmentation
ALL = pytest.mark.parametrize(("name", "options"), LOSSES)


@ALL
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(known=known_truths())
def test_value_and_gradient(dtype, name, options, known):
    low, exact = rounded(tuple(known), dtype)
    arrays = {each: array.astype(dtype) for each, array in options.items() if isinstance(array, np.ndarray)}
    actual = getattr(conformance.losses.segmentation, name)(*low, **options | arrays)
    expected = getattr(reference.losses.segmentation, name)(*exact, **options)
    assert_agree(actual, expected, tolerance("segmentation_loss", dtype), dtype)


@ALL
@given(rng=generators)
def test_sure_proportions_have_a_finite_gradient(name, options, rng):
    """0 and 1, right and wrong, and a class without truth."""
    proportions, truth = np.moveaxis(np.eye(3)[rng.integers(0, (3, 2), (6, 8, 2))], (2, 3), (0, 1))
    mask = np.ones((6, 8))
    actual = getattr(conformance.losses.segmentation, name)(proportions, truth, mask, **options)
    assert np.isfinite(actual[1]).all()
    assert_agree(
        actual, getattr(reference.losses.segmentation, name)(proportions, truth, mask, **options), FUNCTION
    )


@ALL
def test_many_images_at_once(name, options):
    rng = np.random.default_rng(3)
    proportions = rng.dirichlet(np.ones(3), (4, 6, 8)).transpose(0, 3, 1, 2)
    truth = np.moveaxis(np.eye(3)[rng.integers(0, 3, (4, 6, 8))], -1, 1)
    batch = proportions, truth, rng.random((4, 6, 8))
    batched = jax.vmap(lambda *image: getattr(conformance.losses.segmentation, name)(*image, **options))(*batch)
    looped = [
        getattr(reference.losses.segmentation, name)(*image, **options) for image in zip(*batch, strict=True)
    ]
    assert_agree(batched, tuple(map(np.stack, zip(*looped, strict=True))), FUNCTION)


@pytest.mark.parametrize("name", sorted({name for name, options in LOSSES if "reduction" in options}))
def test_an_unknown_reduction_is_refused(name):
    maps = np.ones((3, 2, 2))
    needed = next(options for each, options in LOSSES if each == name and "reduction" in options)
    for backend in (accelerated, reference):
        with pytest.raises(ValueError, match="reduction must be one of mean, sum; got 'median'"):
            getattr(backend.losses.segmentation, name)(maps, maps, maps[0], **needed | {"reduction": "median"})


def test_class_weights_may_be_learned():
    """A derivative at the weights, as at any other array."""
    rng = np.random.default_rng(0)
    truth = np.moveaxis(np.eye(3)[rng.integers(0, 3, (6, 8))], -1, 0)
    proportions = rng.dirichlet(np.ones(3), (6, 8)).transpose(2, 0, 1)

    def loss(class_weights):
        return accelerated.losses.segmentation.focal(
            proportions, truth, np.ones((6, 8)), class_weights=class_weights
        )

    assert np.isfinite(jax.grad(loss)(CLASS_WEIGHTS)).all()

"""Laws of deep mixtures over volumes [NN3]."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given

from deepmix.conformance import drawing
from deepmix.reference.deep_mixtures import many_images, one_image, regularizers
from deepmix.reference.deep_mixtures.records import DeepModel, Optimization, TrainingModel
from deepmix.reference.networks.parameters import unet_parameters
from deepmix.reference.networks.records import UNetConfig
from tests import problems
from tests.laws.helpers import check_gradient, close
from tests.problems.deep_mixtures import VOLUME_SHAPE, arguments, draw_batch, draw_deep_problem

CONFIG = problems.networks.VOLUMES[1]
SPACING = np.array([1.0, 0.5, 2.0])
M, K, *SIZE = VOLUME_SHAPE


def drawn(rng):
    """Proportions (K, H, W, D) and weights (H, W, D)."""
    proportions = drawing.draw_responsibilities(rng, K, np.prod(SIZE)).reshape(K, *SIZE)
    return proportions, drawing.draw_weights(rng, tuple(SIZE), "reals")


@given(rng=problems.generators)
def test_r2_nn3_gradient_and_shares_of_the_axes(rng):
    """Each axis on its own, as its spacing says; the least spacing counts 1, and its unit nothing."""
    proportions, weights = drawn(rng)
    total = partial(regularizers.total_variation, mixture=None, image=None, mask=weights)
    value, gradient = total(proportions, spacing=SPACING)
    check_gradient(lambda at: total(at, spacing=SPACING)[0], proportions, gradient, rng)
    close(total(proportions, spacing=3 * SPACING), (value, gradient))
    expected = 0.0
    for axis, share in enumerate((0.5, 1.0, 0.25)):
        steps, inside = np.diff(proportions, axis=axis + 1), np.moveaxis(weights > 0, axis, 0)
        pairs = np.moveaxis(inside[1:] & inside[:-1], 0, axis)
        expected += share * (np.abs(steps) * pairs).sum() / weights.sum()
    close(value, expected)


@given(rng=problems.generators)
def test_r2_nn3_equal_spacings_are_none(rng):
    proportions, weights = drawn(rng)
    total = partial(regularizers.total_variation, proportions, None, None, weights)
    close(total(np.full(3, 0.7)), total())


@pytest.mark.parametrize("objective", ["nll_v", "nll", "free_energy"])
@given(rng=problems.generators)
def test_nn3_dg1_gradient(objective, rng):
    problem = draw_deep_problem(rng, VOLUME_SHAPE, CONFIG, "diag")
    variation = partial(regularizers.total_variation, spacing=SPACING)
    prior = partial(regularizers.mean_prior, means=rng.normal(size=(K, M)))
    model = DeepModel(unet=CONFIG, objective=objective, regularizers=((variation, 0.3), (prior, 0.2)))
    given = partial(one_image.loss, model=model, damping=0.0)
    *_, gradient = one_image.loss_and_gradient(*arguments(problem), model, 0.0)
    head, bottom = problem.parameters["head"], problem.parameters["bottom"]

    def value(at):
        tree = problem.parameters | {"head": head | {"kernel": at["head"]}}
        tree["bottom"] = bottom | {"conv_1": {"kernel": at["bottom"]}}
        return given(*arguments(problem, tree))[0]

    at = {"head": head["kernel"], "bottom": bottom["conv_1"]["kernel"]}
    slopes = {"head": gradient["head"]["kernel"], "bottom": gradient["bottom"]["conv_1"]["kernel"]}
    check_gradient(value, at, slopes, rng)


@given(rng=problems.generators)
def test_nn3_tr1_tr4_gradient(rng):
    parameters = drawing.draw_parameters(rng, M, K, CONFIG)
    batch = draw_batch(rng, VOLUME_SHAPE, (1.0, 0.5))
    of_batch = partial(regularizers.mean_prior_of_batch, means=rng.normal(size=(K, M)))
    model = TrainingModel(deep=DeepModel(unet=CONFIG), of_batch=((of_batch, 0.3),), supervision=0.5)
    _, _, gradient = many_images.loss_and_gradient(parameters, batch, model)
    head = parameters["head"]

    def value(at):
        return many_images.loss(parameters | {"head": head | {"kernel": at}}, batch, model)[0]

    check_gradient(value, head["kernel"], gradient["head"]["kernel"], rng)


def test_nn3_a_volume_of_one_slice_is_the_slice():
    """The whole loop, with its regularisers."""
    rng = np.random.default_rng(2)
    flat = UNetConfig(depth=1, filters=2)
    config = flat._replace(spacing=(1.0, 1.0, 1.0), size=(8, 12, 1))
    image, weights = drawing.draw_image(rng, 2, 3, 8, 12), drawing.draw_weights(rng, (8, 12), "reals")
    few = Optimization(learning_rate=1e-2, tol=0.0, max_steps=4)
    variation = ((regularizers.total_variation, 0.3),)
    fits = [
        one_image.fit(
            given,
            unet_parameters(2, 3, network, seed=1),
            mask,
            model=DeepModel(unet=network, regularizers=variation),
            optimization=few,
        )
        for given, mask, network in ((image, weights, flat), (image[..., None], weights[..., None], config))
    ]
    close(fits[1].history, fits[0].history, 1e-10)
    close(fits[1].proportions[..., 0], fits[0].proportions, 1e-8)
    assert np.array_equal(fits[1].labels[..., 0], fits[0].labels)


def test_nn3_a_network_takes_as_many_axes_as_it_has_spacings():
    config = UNetConfig(depth=1, filters=1, spacing=(1.0, 1.0, 3.0))
    parameters, model = unet_parameters(1, 2, config), DeepModel(unet=config)
    with pytest.raises(ValueError, match=r"\(channels, height, width, depth\), got \(1, 4, 4\)"):
        one_image.fit(np.zeros((1, 4, 4)), parameters, model=model)
    with pytest.raises(ValueError, match=r"height, width and depth must be multiples of 2, 2, 1 .*\(4, 3, 3\)"):
        one_image.fit(np.zeros((1, 4, 3, 3)), parameters, model=model)

"""Laws of Algorithm 4 [TR] and of what the known truth adds to it [TR4]."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given

from deepmix.conformance.drawing import draw_parameters
from deepmix.reference.deep_mixtures import many_images, one_image, regularizers
from deepmix.reference.deep_mixtures.records import Batch, DeepModel, Training, TrainingModel, TrainingState
from deepmix.reference.losses import segmentation
from deepmix.reference.mixtures import gaussian
from deepmix.reference.mixtures.records import Mixture
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.optimization import adamw
from deepmix.reference.trees import leaves
from tests import problems
from tests.laws.helpers import check_gradient, close
from tests.problems.deep_mixtures import draw_batch

M, K, H, W = 2, 3, 8, 8
SHAPE = M, K, H, W
CONFIG = UNetConfig(depth=1, filters=2)
MODEL = TrainingModel(deep=DeepModel(unet=CONFIG))


def alone(parameters, batch: Batch, b: int) -> float:
    """NLL of an image as Algorithm 3 has it."""
    image, weights = batch.images[b], batch.weights[b]
    floor = gaussian.variance_floor(image.reshape(M, -1), weights.ravel())
    start = one_image.begin(parameters, image, weights, floor, MODEL.deep)
    return one_image.loss(parameters, image, start.mixture, weights, floor, MODEL.deep)[0]


@given(rng=problems.generators)
def test_tr1_the_loss_is_the_mean_of_the_images_that_count(rng):
    parameters, batch = draw_parameters(rng, M, K, CONFIG), draw_batch(rng, SHAPE, (1.0, 0.0, 1.0), known=0)
    value, evaluations = many_images.loss(parameters, batch, MODEL)
    each = [alone(parameters, batch, b) for b in range(3)]
    close(value, (each[0] + each[2]) / 2)
    close(evaluations.value, each)


@given(rng=problems.generators)
def test_tr1_the_order_of_a_batch_does_not_matter(rng):
    parameters, batch = draw_parameters(rng, M, K, CONFIG), draw_batch(rng, SHAPE, (1.0, 1.0, 0.5))
    turned = Batch._make(array[[2, 0, 1]] for array in batch)
    close(many_images.loss(parameters, turned, MODEL)[0], many_images.loss(parameters, batch, MODEL)[0])


@pytest.mark.parametrize("objective", ["nll_v", "nll"])
@given(rng=problems.generators)
def test_tr1_tr4_gradient(objective, rng):
    """With regularisers of images and of the batch, and where some truth is known."""
    parameters, batch = draw_parameters(rng, M, K, CONFIG), draw_batch(rng, SHAPE, (1.0, 0.5))
    prior = partial(regularizers.mean_prior, means=rng.normal(size=(K, M)))
    of_batch = partial(regularizers.mean_prior_of_batch, means=rng.normal(size=(K, M)))
    model = TrainingModel(
        deep=DeepModel(unet=CONFIG, objective=objective, regularizers=((prior, 0.2),)),
        of_batch=((of_batch, 0.3),),
        supervision=0.5,
    )
    _, _, gradient = many_images.loss_and_gradient(parameters, batch, model)
    kernel = parameters["head"]["kernel"]

    def value(at):
        return many_images.loss(parameters | {"head": parameters["head"] | {"kernel": at}}, batch, model)[0]

    check_gradient(value, kernel, gradient["head"]["kernel"], rng)


@given(rng=problems.generators)
def test_tr2_a_step_is_one_of_adamw_on_the_clipped_gradient(rng):
    parameters, batch = draw_parameters(rng, M, K, CONFIG), draw_batch(rng, SHAPE)
    settings = Training(weight_decay=0.1, max_norm=0.01)
    state, _ = many_images.step(
        TrainingState(parameters=parameters, optimizer=adamw.init(parameters)), batch, 1e-2, MODEL, settings
    )
    _, _, gradient = many_images.loss_and_gradient(parameters, batch, MODEL)
    expected, _ = adamw.update(
        parameters,
        adamw.clip(gradient, 0.01),
        adamw.init(parameters),
        learning_rate=1e-2,
        weight_decay=0.1,
    )
    for actual, wanted in zip(leaves(state.parameters), leaves(expected), strict=True):
        close(actual, wanted)


def test_tr2_the_learning_rate_falls_with_the_epochs_and_the_batches_come_in_order():
    rng = np.random.default_rng(0)
    parameters, batches = draw_parameters(rng, M, K, CONFIG), [draw_batch(rng, SHAPE) for _ in range(3)]
    settings = Training(learning_rate=1e-2, tol=0.0, max_epochs=2)
    told = []
    order = {0: [0, 1], 1: [2, 0]}
    fit = many_images.fit(
        parameters,
        lambda epoch: [batches[i] for i in order[epoch]],
        model=MODEL,
        training=settings,
        progress=lambda *now: told.append(now),
    )
    state, nlls = TrainingState(parameters=parameters, optimizer=adamw.init(parameters)), []
    for epoch, learning_rate in enumerate([1e-2, 1e-2 * 0.5**0.9]):
        for i in order[epoch]:
            state, evaluations = many_images.step(state, batches[i], learning_rate, MODEL, settings)
            nlls.append(evaluations.value)
    for actual, wanted in zip(leaves(fit.parameters), leaves(state.parameters), strict=True):
        close(actual, wanted)
    close(fit.history, [np.mean(nlls[:2]), np.mean(nlls[2:])])
    assert told == list(enumerate(fit.history))


def test_tr2_training_lowers_the_loss():
    rng = np.random.default_rng(1)
    parameters, batch = draw_parameters(rng, M, K, CONFIG), draw_batch(rng, SHAPE, known=0)
    settings = Training(learning_rate=1e-2, tol=0.0, max_epochs=30)
    fit = many_images.fit(parameters, lambda epoch: [batch], model=MODEL, training=settings)
    assert many_images.loss(fit.parameters, batch, MODEL)[0] < fit.history[0] - 0.1


@given(rng=problems.generators)
def test_tr3_a_prediction_is_the_network_and_the_m_step_of_one_image(rng):
    parameters, batch = draw_parameters(rng, M, K, CONFIG), draw_batch(rng, SHAPE)
    found = many_images.predict(parameters, batch.images[0], batch.weights[0], model=MODEL.deep)
    close(found.value, alone(parameters, batch, 0))
    close(found.proportions.sum(axis=0), np.ones((H, W)))
    assert (found.labels == found.proportions.argmax(axis=0)).all()
    by_posterior = MODEL.deep._replace(label_rule="posterior")
    found = many_images.predict(parameters, batch.images[0], batch.weights[0], model=by_posterior)
    assert (found.labels == found.responsibilities.argmax(axis=0)).all()


@given(rng=problems.generators)
def test_r1_of_a_batch_of_one_is_that_of_the_image(rng):
    """And of several with equal means; of means that differ it is no more than their mean."""
    batch = draw_batch(rng, SHAPE)
    proportions = rng.dirichlet(np.ones(K), (2, H, W)).transpose(0, 3, 1, 2)
    means, target = rng.normal(size=(2, K, M)), rng.normal(size=(K, M))
    each = [
        regularizers.mean_prior(p, Mixture(proportions=0, means=mu, covariances=0), x, w, target)
        for p, mu, x, w in zip(proportions, means, batch.images, batch.weights, strict=True)
    ]
    one = Batch._make(array[:1] for array in batch)
    value, gradient = regularizers.mean_prior_of_batch(
        proportions[:1], Mixture(proportions=0, means=means[:1], covariances=0), one, target
    )
    close(value, each[0][0])
    close(gradient[0], each[0][1])
    value, _ = regularizers.mean_prior_of_batch(
        proportions, Mixture(proportions=0, means=means, covariances=0), batch, target
    )
    assert value <= (each[0][0] + each[1][0]) / 2 + 1e-12


def test_tr4_known_values():
    """Two pixels, two classes: −(log 0.8 + log 0.4)/2; Dice 2·0.8/(1.4 + 1) and 2·0.4/(0.6 + 1)."""
    proportions = np.array([[[0.8, 0.6]], [[0.2, 0.4]]])
    truth, weights = np.array([[[1.0, 0.0]], [[0.0, 1.0]]]), np.ones((1, 2))
    close(segmentation.cross_entropy(proportions, truth, weights)[0], -(np.log(0.8) + np.log(0.4)) / 2)
    close(segmentation.soft_dice(proportions, truth, weights)[0], 1 - (1.6 / 2.4 + 0.8 / 1.6) / 2)


def test_tr4_a_class_without_truth_is_left_out_of_the_mean():
    proportions = np.full((3, 1, 2), 1 / 3)
    truth = np.zeros((3, 1, 2))
    truth[0] = 1
    close(segmentation.soft_dice(proportions, truth, np.ones((1, 2)))[0], 1 - 2 * (2 / 3) / (2 / 3 + 2))

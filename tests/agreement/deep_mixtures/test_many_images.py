"""Both backends: Algorithm 4, its loss, gradient, step, epochs and predictions."""

from functools import partial

import jax
import numpy as np
import pytest
from hypothesis import given

from deepmix import accelerated, reference
from deepmix.conformance.drawing import draw_image, draw_parameters, draw_weights
from deepmix.reference.deep_mixtures.records import Batch, DeepModel, Training, TrainingModel, TrainingState
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.types import Status
from tests.agreement.devices import output_on_devices
from tests.problems import deep_mixtures, generators
from tests.tolerances import GRADIENT, STEP, TRAJECTORY, assert_agree, assert_tree_agrees

M, K, H, W, B = 2, 3, 8, 8, 3
CONFIG = UNetConfig(depth=1, filters=2)
MEANS = np.linspace(-1, 1, K * M).reshape(K, M)
BACKENDS = (accelerated, reference)


def models(objective: str, covariance_type: str = "diag") -> dict[str, TrainingModel]:
    """A model with everything that a loss may hold, for each backend; the same objects every time."""
    return {
        backend.__name__: TrainingModel(
            deep=DeepModel(
                unet=CONFIG,
                objective=objective,
                covariance_type=covariance_type,
                regularizers=(
                    (backend.deep_mixtures.regularizers.total_variation, 0.3),
                    (partial(backend.deep_mixtures.regularizers.mean_prior, means=MEANS), 0.1),
                ),
            ),
            of_batch=((partial(backend.deep_mixtures.regularizers.mean_prior_of_batch, means=MEANS), 0.2),),
            supervision=0.7,
        )
        for backend in BACKENDS
    }


MODELS = {
    f"{method}-{kind}": models(objective, kind)
    for method, objective, kind in (
        ("deepsvg", "nll_v", "diag"),
        ("deepg", "nll", "diag"),
        ("deepsvg", "nll_v", "full"),
    )
}
PLAIN = TrainingModel(deep=DeepModel(unet=CONFIG))


def draw_batch(rng: np.random.Generator, n_images: int = B, supervised: bool = True) -> Batch:
    """Images with masks; from the third on they only fill the batch up, the first has no known truth."""
    shares = (1.0, 1.0, *[0.0] * (n_images - 2))
    batch = deep_mixtures.draw_batch(rng, (M, K, H, W), shares, known=0.8)
    unknown = np.arange(n_images)[:, None, None, None] == 0
    return batch._replace(truth=np.where(unknown, 0, batch.truth) if supervised else None)


@pytest.mark.parametrize("name", MODELS)
@given(rng=generators)
def test_loss_and_gradient(name, rng):
    """The hand-written gradient of everything together against JAX's derivative."""
    parameters, batch = draw_parameters(rng, M, K, CONFIG), draw_batch(rng)
    actual, expected = (
        backend.deep_mixtures.many_images.loss_and_gradient(parameters, batch, MODELS[name][backend.__name__])
        for backend in BACKENDS
    )
    assert_agree(actual[:2], expected[:2], STEP)
    assert_tree_agrees(actual[2], expected[2], GRADIENT)
    alone = reference.deep_mixtures.many_images.loss(parameters, batch, MODELS[name]["deepmix.reference"])
    assert_agree(alone, expected[:2], 1e-14)


@given(rng=generators)
def test_step(rng):
    parameters, batch = draw_parameters(rng, M, K, CONFIG), draw_batch(rng)
    states = [
        backend.deep_mixtures.many_images.step(
            TrainingState(parameters=parameters, optimizer=backend.optimization.adamw.init(parameters)),
            batch,
            1e-3,
            MODELS["deepsvg-diag"][backend.__name__],
            Training(max_norm=0.5),
        )
        for backend in BACKENDS
    ]
    assert_tree_agrees(states[0][0].parameters, states[1][0].parameters, STEP)
    assert_agree(states[0][1], states[1][1], STEP)


@pytest.mark.parametrize("name", ["deepsvg-diag", "deepg-diag"])
@given(rng=generators)
def test_two_epochs(name, rng):
    """The same batches in the same order, the second epoch other ones than the first."""
    parameters = draw_parameters(rng, M, K, CONFIG)
    epochs = [[draw_batch(rng), draw_batch(rng)], [draw_batch(rng)]]
    fits = [
        backend.deep_mixtures.many_images.fit(
            parameters,
            epochs.__getitem__,
            model=MODELS[name][backend.__name__],
            training=Training(tol=0.0, max_epochs=2),
        )
        for backend in BACKENDS
    ]
    assert_tree_agrees(fits[0].parameters, fits[1].parameters, TRAJECTORY)
    assert_agree(fits[0].history, fits[1].history, TRAJECTORY)
    assert fits[0].status == fits[1].status == Status.max_steps


@pytest.mark.parametrize("rule", ["prior", "posterior"])
@given(rng=generators)
def test_predictions(rule, rng):
    parameters, image = draw_parameters(rng, M, K, CONFIG), draw_image(rng, M, K, H, W)
    mask = draw_weights(rng, (H, W), "mask") > 0
    model = DeepModel(unet=CONFIG, label_rule=rule)
    actual, expected = (
        backend.deep_mixtures.many_images.predict(parameters, image, mask, model=model) for backend in BACKENDS
    )
    assert_agree(actual, expected, STEP)


@pytest.mark.parametrize("backend", BACKENDS, ids=["accelerated", "reference"])
def test_training_ends_as_asked(backend):
    ended, training = backend.deep_mixtures.many_images.ended, Training(tol=0.1, min_epochs=1, max_epochs=5)
    assert ended([3.0], training) == Status.running
    assert ended([3.0, 3.0], training) == Status.running
    assert ended([3.0, 3.0, 3.05], training) == Status.converged
    assert ended([3.0, 2.0, 1.0], training) == Status.running
    assert ended([5.0, 4.0, 3.0, 2.0, 1.0], training) == Status.max_steps
    assert ended([3.0, np.nan], training) == Status.non_finite


@pytest.mark.parametrize("backend", BACKENDS, ids=["accelerated", "reference"])
@pytest.mark.parametrize("broken", [0, 2])
@pytest.mark.filterwarnings("ignore:(overflow|invalid):RuntimeWarning")
def test_what_is_not_finite_ends_training(backend, broken):
    """It returns the parameters with which the last epoch began whose mean NLL was finite."""
    rng = np.random.default_rng(0)
    parameters, batch = draw_parameters(rng, M, K, CONFIG), draw_batch(rng, supervised=False)
    huge = batch._replace(images=1e200 * batch.images)  # its square overflows

    fit = backend.deep_mixtures.many_images.fit(
        parameters, lambda epoch: [huge if epoch == broken else batch], model=PLAIN, training=Training(tol=0.0)
    )
    assert fit.status == Status.non_finite
    assert len(fit.history) == broken + 1
    assert not np.isfinite(fit.history[broken])
    if broken:  # an epoch of one batch: its mean NLL is that of the parameters with which it began
        nll, _ = backend.deep_mixtures.many_images.loss(fit.parameters, batch, PLAIN)
        assert_agree(nll, fit.history[broken - 1], STEP)
    else:
        assert_tree_agrees(fit.parameters, parameters, 0.0)


@pytest.mark.parametrize("backend", BACKENDS, ids=["accelerated", "reference"])
def test_bad_batches_are_refused(backend):
    rng = np.random.default_rng(0)
    parameters, batch = draw_parameters(rng, M, K, CONFIG), draw_batch(rng)
    wrong = {
        "weights are of 2 images, but there are 3 images": batch._replace(weights=batch.weights[:2]),
        "no image of the batch counts": batch._replace(shares=np.zeros(B)),
        "truth of shape": batch._replace(truth=batch.truth[:, :2]),
        "multiples of 2": batch._replace(images=batch.images[..., 1:], weights=batch.weights[..., 1:]),
        "NaN": batch._replace(images=batch.images * np.nan),
    }
    for message, given_batch in wrong.items():
        with pytest.raises(ValueError, match=message):
            backend.deep_mixtures.many_images.fit(parameters, lambda epoch, b=given_batch: [b], model=PLAIN)
    with pytest.raises(ValueError, match="epoch 0 has no batch"):
        backend.deep_mixtures.many_images.fit(parameters, lambda epoch: [], model=PLAIN)
    posterior = TrainingModel(deep=DeepModel(unet=CONFIG, m_step_gradient="held", m_step_weights="posterior"))
    with pytest.raises(ValueError, match="step before"):
        backend.deep_mixtures.many_images.fit(parameters, lambda epoch: [batch], model=posterior)


def test_a_course_goes_on_from_wherever_it_stands():
    """Bit for bit: from the course after any step, taken to the host and back, training ends the same."""
    rng = np.random.default_rng(0)
    begun = accelerated.deep_mixtures.many_images.begin(draw_parameters(rng, M, K, CONFIG))
    epochs = [[draw_batch(rng) for _ in range(2)] for _ in range(3)]
    run = partial(
        accelerated.deep_mixtures.many_images.run,
        batches=lambda epoch, done: epochs[epoch][done:],
        model=MODELS["deepsvg-diag"]["deepmix.accelerated"],
        training=Training(tol=0.0, max_epochs=3),
    )
    courses = list(run(begun))
    assert len(courses) == 3 * (2 + 1)
    for course in (begun, *courses):
        *_, last = [course, *run(jax.tree.map(np.asarray, course))]
        assert_tree_agrees(last.parameters, courses[-1].parameters, 0.0)
        assert last.history == courses[-1].history


@pytest.mark.parametrize(
    ("n_devices", "n_images"), [(2, [3]), pytest.param(8, [3, 8], marks=pytest.mark.thorough)]
)
def test_devices_that_share_a_batch_train_as_one(n_devices, n_images):
    """Three images do not fill them: such as do not count come beside."""
    module = "tests.agreement.deep_mixtures.on_devices"
    assert output_on_devices(module, n_devices, *map(str, n_images)) == "equal"

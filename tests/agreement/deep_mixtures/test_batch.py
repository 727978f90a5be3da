"""Many images, each with its own network, in one loop: the fits of the single images."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from deepmix import accelerated
from deepmix.accelerated.deep_mixtures import _descent
from deepmix.accelerated.deep_mixtures._traced import traced
from deepmix.accelerated.execution import lanes
from deepmix.conformance.drawing import draw_image, draw_parameters
from deepmix.reference.deep_mixtures.records import DeepModel, Optimization
from deepmix.reference.networks.records import UNetConfig
from tests.tolerances import TRAJECTORY, assert_agree

MODEL = DeepModel(unet=UNetConfig(depth=1, filters=3))
# lengths differ: the loops end by `tol` after four to twelve steps
OPTIMIZATION = Optimization(learning_rate=2e-2, tol=3e-2, min_steps=2, max_steps=12)


@pytest.fixture(scope="module")
def problem():
    rng = np.random.default_rng(0)
    images = np.stack([draw_image(rng, 2, 3, 8, 8) for _ in range(5)])
    masks = rng.integers(0, 2, (5, 8, 8)).astype(bool)
    return images, [draw_parameters(rng, 2, 3, MODEL.unet) for _ in range(5)], masks


@pytest.fixture(scope="module")
def singles(problem):
    options = {"model": MODEL, "optimization": OPTIMIZATION}
    return [accelerated.deep_mixtures.one_image.fit(*each, **options) for each in zip(*problem, strict=True)]


@pytest.mark.parametrize("n_lanes", [None, 1, 2, 5, 9])
def test_a_batch_is_its_single_fits(problem, singles, n_lanes):
    """Whether an image has a lane to itself or takes over that of one that has ended."""
    told = []
    batch = accelerated.deep_mixtures.one_image.fit_batch(
        *problem, model=MODEL, optimization=OPTIMIZATION, lanes=n_lanes, chunk=3, progress=told.append
    )
    assert len({len(single.history) for single in singles}) > 2
    for actual, expected in zip(batch, singles, strict=True):
        assert actual.status is expected.status
        assert_agree(actual, expected, TRAJECTORY)
    assert told == sorted(set(told))
    assert told[-1] == 5


def test_no_turn_is_wasted_while_the_queue_is_full():
    """Loops of 1 to 6 turns in two lanes: the lanes are busy until the queue is empty."""
    lengths = jnp.array([6, 1, 1, 2, 1, 1])
    work = lanes.Work(
        begin=lambda length: (0, length),
        turn=lambda state, length: (state[0] + 1, length),
        running=lambda state: state[0] < state[1],
        result=lambda state: 10 * state[0],
    )
    begun = lanes.start(work, lengths, 2)
    assert int(lanes.advance(work, begun, lengths, 5).n_done) == 4
    ended = lanes.advance(work, begun, lengths, 6)  # twelve turns of work, two lanes
    assert np.array_equal(ended.results, 10 * lengths)
    assert int(ended.n_done) == 6


def test_what_does_not_fit_together_is_refused(problem):
    images, parameters, masks = problem
    with pytest.raises(ValueError, match="each needs its parameters"):
        accelerated.deep_mixtures.one_image.fit_batch(images, parameters[:2], model=MODEL)
    with pytest.raises(ValueError, match="masks are of 2 images, but there are 5 images"):
        accelerated.deep_mixtures.one_image.fit_batch(images, parameters, masks[:2], model=MODEL)
    with pytest.raises(ValueError, match="lanes must be at least 1"):
        accelerated.deep_mixtures.one_image.fit_batch(images, parameters, model=MODEL, lanes=0)
    with pytest.raises(ValueError, match="the mask is empty"):
        accelerated.deep_mixtures.one_image.fit_batch(images, parameters, 0 * masks, model=MODEL)


def test_the_whole_batch_is_one_program(problem):
    """Nothing returns to the host while the lanes are at work, and the loop lowers for every accelerator."""
    images, parameters, masks = problem
    stacked = jax.tree.map(lambda *leaf: np.stack(leaf), *parameters)
    queue = _descent.Task(parameters=stacked, image=images, weights=1.0 * masks, floor=np.full((5, 2), 1e-6))
    algorithm = accelerated.deep_mixtures.one_image.algorithm()
    filled = _descent._fill(algorithm, queue, traced(MODEL), OPTIMIZATION, 12, 2)
    exported = jax.export.export(_descent._advance_batch, platforms=("cpu", "cuda", "rocm", "tpu"))(
        algorithm, filled, queue, traced(MODEL), OPTIMIZATION, 12, 12
    )
    assert "custom_call" not in exported.mlir_module()

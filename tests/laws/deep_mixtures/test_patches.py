"""Laws of Algorithm 3 in patches [DG7]."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given

from deepmix.conformance import drawing
from deepmix.reference.deep_mixtures import one_image, patches, regularizers, tiling
from deepmix.reference.deep_mixtures.records import DeepModel, Optimization
from deepmix.reference.mixtures.records import Mixture
from deepmix.reference.networks.parameters import unet_parameters
from deepmix.reference.networks.records import UNetConfig
from tests import problems
from tests.laws.helpers import close
from tests.problems.deep_mixtures import VOLUME_SHAPE, draw_deep_problem

CONFIG = problems.networks.VOLUMES[1]
ENERGY = DeepModel(unet=CONFIG, objective="free_energy", contamination=0.01)
FEW = Optimization(learning_rate=1e-2, tol=0.0, max_steps=3, m_step_every=1, m_step_damping=0.5)


def drawn(rng):
    return draw_deep_problem(rng, VOLUME_SHAPE, CONFIG, "diag")


def fit(problem, size, model=ENERGY, optimization=FEW, **options):
    given = problem.image, problem.parameters, problem.weights
    options = {"mixture": problem.previous, "model": model, "optimization": optimization} | options
    return patches.fit(*given, size=size, **options)


@given(rng=problems.generators)
def test_dg7_one_patch_is_the_whole_image(rng):
    """The loop, its regularisers and its M-steps; and the warm start."""
    problem = drawn(rng)
    model = ENERGY._replace(regularizers=((regularizers.total_variation, 0.3),))
    options = {"mixture": problem.previous, "model": model, "optimization": FEW}
    whole = one_image.fit(problem.image, problem.parameters, problem.weights, **options)
    found = fit(problem, problem.weights.shape, model)
    close(found.history, whole.history, 1e-10)
    close(found.proportions, whole.proportions, 1e-8)
    target = drawing.draw_responsibilities(rng, 3, problem.weights.size).reshape(3, *problem.weights.shape)
    given = problem.image, problem.parameters, target, problem.weights
    two = {"config": CONFIG, "optimization": FEW}
    warm = patches.warm_start(*given, size=problem.weights.shape, n_sweeps=2, **two)
    close(warm["head"]["kernel"], one_image.warm_start(*given, n_steps=2, **two)["head"]["kernel"], 1e-10)


@given(rng=problems.generators)
def test_dg7_logits_are_the_average_of_all_patches_by_loops(rng):
    config, size, shape = UNetConfig(depth=1, filters=1), (4, 4), (6, 7)
    image, parameters = rng.normal(size=(2, *shape)), drawing.draw_parameters(rng, 2, 3, config)
    found = patches.logits(parameters, image, np.ones(shape), size, config)
    total, weight = np.zeros((3, *shape)), np.zeros(shape)
    for top in (0, 2):
        for left in (0, 2, 3):  # 1.5 is rounded to the even number
            of_patch, _ = one_image.unet(parameters, image[:, top : top + 4, left : left + 4], config)
            for y in range(4):
                for x in range(4):
                    bell = np.exp(-((y - 1.5) ** 2 + (x - 1.5) ** 2) / (2 * 0.5**2))
                    total[:, top + y, left + x] += bell * of_patch[:, y, x]
                    weight[top + y, left + x] += bell
    close(found, total / weight)


@given(rng=problems.generators)
def test_dg7_a_patch_has_no_say_in_the_mixture(rng):
    """Without M-steps it is that of the start; with them it is that of all pixels [VE3]."""
    problem = drawn(rng)
    kept = fit(problem, (4, 4, 2), optimization=FEW._replace(m_step_every=0))
    close(kept.mixture, problem.previous, 0)
    moved = fit(problem, (4, 4, 2), optimization=FEW._replace(learning_rate=0.0, m_step_damping=1.0))
    flat = problem.image.reshape(2, -1), moved.proportions.reshape(3, -1), problem.weights.ravel()
    expected = one_image.gaussian.moments(*flat, problem.floor, moved.mixture, "diag")
    close(moved.mixture.means, expected.means)


def test_dg7_sweeps_lower_the_free_energy():
    rng = np.random.default_rng(5)
    truth = np.add.outer(np.arange(16) // 6, np.zeros(16, int))
    image = (3 * truth + rng.normal(size=truth.shape))[None] / 3
    config = UNetConfig(depth=1, filters=4)
    means = np.arange(3.0)[:, None]
    mixture = Mixture(proportions=np.ones(3) / 3, means=means, covariances=np.full((3, 1), 1 / 9))
    options = {"model": DeepModel(unet=config, objective="free_energy"), "mixture": mixture, "size": (8, 8)}
    steps = Optimization(learning_rate=1e-2, tol=0.0, max_steps=40, m_step_every=0)
    found = patches.fit(image, unet_parameters(1, 3, config, seed=0), optimization=steps, **options)
    assert (np.diff(found.history[::8]) < 0).all()
    assert (found.labels == truth).mean() > 0.9


@given(rng=problems.generators)
def test_dg7_nan_outside_the_mask_is_replaced_by_the_mean(rng):
    problem = drawn(rng)
    outside = problem.weights == 0
    means = [np.average(channel, weights=problem.weights) for channel in problem.image]
    filled = np.where(outside, np.reshape(means, (-1, 1, 1, 1)), problem.image)
    unknown, known = (
        fit(problem._replace(image=image), (4, 4, 2))
        for image in (np.where(outside, np.nan, problem.image), filled)
    )
    close(unknown.history, known.history, 1e-8)


def test_dg7_progress_is_told_of_every_patch():
    problem, told = drawn(np.random.default_rng(0)), []
    fit(problem, (4, 4, 2), progress=lambda done, value: told.append(done))
    n_patches = len(tiling.boxes(problem.weights > 0, (4, 4, 2)))
    assert told == list(range(1, 2 * n_patches + 1))


@pytest.mark.parametrize(
    ("size", "model", "message"),
    [
        (
            (4, 5, 2),
            ENERGY,
            r"the sides of a patch must be multiples of 2, 2, 1 \(by the poolings\), got 4 × 5 × 2",
        ),
        ((4, 4), ENERGY, r"the size of a patch must be 3 whole numbers, got \(4, 4\)"),
        ((4, 4, 2.0), ENERGY, r"the size of a patch must be 3 whole numbers, got \(4, 4, 2.0\)"),
        (4, ENERGY, r"the size of a patch must be 3 whole numbers, got 4"),
        ((8, 8, 4), ENERGY, r"a patch of 8 × 8 × 4 pixels is larger than the image of shape \(2, 8, 8, 2\)"),
        (
            (8, 8, 2),
            DeepModel(unet=CONFIG),
            'patches need objective="free_energy", whose mixture is held; got "nll_v"',
        ),
    ],
)
def test_dg7_bad_input(size, model, message):
    with pytest.raises(ValueError, match=message):
        fit(drawn(np.random.default_rng(0)), size, model)


def test_dg7_the_target_of_a_warm_start_matches():
    problem = drawn(np.random.default_rng(0))
    start = partial(patches.warm_start, problem.image, problem.parameters, size=(4, 4, 2), config=CONFIG)
    with pytest.raises(ValueError, match=r"target of shape \(2, 8, 8, 2\) does not match"):
        start(np.ones((2, 8, 8, 2)), problem.weights)

"""Algorithm 3 [DG]: loss, gradient, step, loop, under all switches."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from deepmix.conformance.drawing import (
    draw_image,
    draw_mixture,
    draw_parameters,
    draw_responsibilities,
    draw_weights,
)
from deepmix.reference.deep_mixtures import one_image
from deepmix.reference.deep_mixtures.records import DeepModel, DeepState, Optimization
from deepmix.reference.mixtures import gaussian
from deepmix.reference.mixtures.records import COVARIANCE_TYPES, Mixture
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.optimization.records import AdamWState
from deepmix.reference.types import Tree

from ..case import Case, generator

CONFIG = UNetConfig(depth=1, filters=2)
SMALL = UNetConfig(depth=0, filters=1)  # where the network has no say
SIZE = (8, 8)


class Problem(NamedTuple):
    """Arguments of `deep_mixtures.one_image.loss` without the model."""

    parameters: Tree
    image: np.ndarray
    previous: Mixture
    weights: np.ndarray
    floor: np.ndarray


def problem(
    name: str,
    kind: str = "diag",
    *,
    m: int = 2,
    k: int = 3,
    config: UNetConfig = CONFIG,
    weights: str = "ones",
    size: tuple[int, int] = SIZE,
) -> Problem:
    """What the name says of random numbers. kind: covariance type; weights: see `draw_weights`."""
    rng = generator(name)
    image, w = draw_image(rng, m, k, *size), draw_weights(rng, size, weights)
    previous = draw_mixture(rng, m, k, 4.0, 2.0, kind)
    floor = gaussian.variance_floor(image.reshape(m, -1), w.ravel())
    parameters = draw_parameters(rng, m, k, config)
    # classes that differ: else their densities are alike, and deepG's gradient is all cancellation
    parameters["head"]["kernel"] = 4 * parameters["head"]["kernel"]
    return Problem(parameters, image, previous, w, floor)


def cases(dtype: str) -> Iterator[Case]:
    """The start, the loss, its gradient, a step, short fits, the warm start."""
    yield from _begin()
    yield from _losses()
    yield from _steps()
    yield from _fits()
    yield from _free_energies()
    yield from _warm_starts()
    yield from _rejections()


def _begin() -> Iterator[Case]:
    for kind in ("diag", "full"):
        parameters, image, _, weights, floor = problem("begin", weights="reals", config=UNetConfig(0, 1))
        model = DeepModel(UNetConfig(0, 1), covariance_type=kind)
        arguments = {"parameters": parameters, "image": image, "weights": weights, "floor": floor, "model": model}
        yield Case("deep_mixtures.one_image.begin", kind, arguments)


def _losses() -> Iterator[Case]:
    for method, kinds in {"deepsvg": COVARIANCE_TYPES, "deepg": ("diag", "full")}.items():
        for kind in kinds:
            given = problem(f"{method} {kind}", kind, weights="reals")
            yield from _loss(f"{method}_through_{kind}", given, DeepModel(CONFIG, method, kind))
        held = DeepModel(CONFIG, method, m_step_gradient="held")
        yield _gradient(f"{method}_held", problem(f"{method} held"), held)
        posterior = held._replace(covariance_type="full", m_step_weights="posterior")
        yield from _loss(f"{method}_posterior", problem(f"{method} posterior", "full"), posterior)
        underflow = problem(f"{method} underflow")
        underflow.parameters["head"]["bias"] = np.array([0.0, 0.0, -2000.0])
        yield _gradient(f"{method}_class_that_underflows", underflow, DeepModel(CONFIG, method))
    yield _gradient("one_channel", problem("one channel", m=1), DeepModel(CONFIG))
    yield _gradient("one_class", problem("one class", k=1), DeepModel(CONFIG))
    far = problem("far away", "full")
    far = far._replace(previous=far.previous._replace(means=far.previous.means + 100))
    model = DeepModel(CONFIG, covariance_type="full", m_step_gradient="held", m_step_weights="posterior")
    yield from _loss("posterior_far_away", far, model)
    collinear = problem("collinear", "full")
    nearly = np.stack([collinear.image[0], collinear.image[0] + 0.05 * collinear.image[1]])
    full = DeepModel(CONFIG, covariance_type="full")
    yield _gradient("nearly_singular", collinear._replace(image=nearly), full)
    deeper = UNetConfig(2, 2, 0.2)
    yield _gradient("two_poolings", problem("two poolings", config=deeper, size=(8, 12)), DeepModel(deeper))
    means = generator("means").normal(size=(3, 2))
    variation: Any = {"name": "total_variation", "strength": 0.3}
    prior: Any = {"name": "mean_prior", "strength": 0.1, "means": means}
    for gradient, weights in (("through", "prior"), ("held", "posterior")):
        model = DeepModel(CONFIG, m_step_gradient=gradient, m_step_weights=weights)
        model = model._replace(regularizers=(variation, prior))
        yield from _loss(f"regularized_{gradient}", problem("regularized", weights="reals"), model)


def _loss(name: str, given: Problem, model: DeepModel) -> Iterator[Case]:
    yield Case("deep_mixtures.one_image.loss", name, given._asdict() | {"model": model})
    yield _gradient(name, given, model)


def _gradient(name: str, given: Problem, model: DeepModel) -> Case:
    """Of the loss alone, whose value it returns as well: the vectors shall stay small."""
    return Case("deep_mixtures.one_image.loss_and_gradient", name, given._asdict() | {"model": model})


def _steps() -> Iterator[Case]:
    for method, config in (("deepsvg", CONFIG), ("deepg", SMALL)):
        given = problem(f"{method} step", weights="reals", config=config)
        zeros = one_image.adamw.tree_map(np.zeros_like, given.parameters)
        state = DeepState(given.parameters, AdamWState(0, zeros, zeros), given.previous)
        yield _step(f"{method}_first", given, state, DeepModel(config, method), Optimization(1e-2))
    rng = generator("later step")
    m = one_image.adamw.tree_map(lambda leaf: rng.normal(0, 0.1, leaf.shape), given.parameters)
    v = one_image.adamw.tree_map(lambda leaf: rng.uniform(0.01, 0.1, leaf.shape), given.parameters)
    later = DeepState(given.parameters, AdamWState(5, m, v), given.previous)
    strong = Optimization(1e-2, weight_decay=0.1, max_norm=0.01)  # clipped
    yield _step("later_and_clipped", given, later, DeepModel(SMALL), strong)


def _step(name: str, given: Problem, state: DeepState, model: DeepModel, optimization: Optimization) -> Case:
    inputs = {"state": state, "image": given.image, "weights": given.weights, "floor": given.floor}
    return Case("deep_mixtures.one_image.step", name, inputs | {"model": model, "optimization": optimization})


def _fits() -> Iterator[Case]:
    five = Optimization(1e-2, tol=0.0, max_steps=5)
    for method in ("deepsvg", "deepg"):
        given = problem(f"{method} fit", weights="reals")
        yield _fit(f"{method}_five_steps", given, DeepModel(CONFIG, method), five)
    posterior = DeepModel(SMALL, m_step_gradient="held", m_step_weights="posterior", label_rule="posterior")
    yield _fit("posterior_weights_and_labels", problem("posterior fit", config=SMALL), posterior, five)
    outside = problem("outside fit", weights="mask", config=SMALL)
    unknown = np.where((outside.weights == 0) & (np.arange(2)[:, None, None] == 1), np.nan, outside.image)
    yield _fit("nan_outside", outside._replace(image=unknown), DeepModel(SMALL), five)
    settles = Optimization(1e-2, tol=1.0, min_steps=3, max_steps=20)
    yield _fit("until_it_settles", problem("settling fit"), DeepModel(CONFIG), settles)
    nothing = five._replace(max_steps=0)
    yield _fit("a_limit_of_0_evaluates_once", problem("limit fit", config=SMALL), DeepModel(SMALL), nothing)
    slowly = Optimization(1e-2, tol=0.015, min_steps=2, max_steps=20)  # the NLL falls by 0.017, then 0.012
    yield _fit("until_it_settles_slowly", problem("slow fit"), DeepModel(CONFIG), slowly)
    risen = problem("rising fit 2")  # the NLL rises by 0.012
    brief = Optimization(0.3, tol=0.005, min_steps=0, max_steps=3)
    yield _fit("a_rise_does_not_stop", risen, DeepModel(CONFIG), brief)
    yield _fit("a_small_rise_stops", risen, DeepModel(CONFIG), brief._replace(tol=0.02))
    one = problem("one class fit", m=1, k=1)
    # one step: with one class every gradient is 0, and AdamW makes steps of the rounding of 0
    yield _fit("one_class_one_channel", one, DeepModel(CONFIG), five._replace(max_steps=1))
    given = problem("mask fit", weights="mask", config=SMALL)
    two = five._replace(max_steps=2)
    yield _fit("boolean_mask", given._replace(weights=given.weights > 0), DeepModel(SMALL), two)
    options = {
        "image": given.image,
        "parameters": given.parameters,
        "model": DeepModel(SMALL),
        "optimization": two,
    }
    yield Case("deep_mixtures.one_image.fit", "without_mask", options)
    still = Optimization(0.0, tol=0.0, min_steps=1, max_steps=4)
    yield _fit("a_tolerance_of_0_never_stops", problem("still fit", config=SMALL), DeepModel(SMALL), still)
    broken = problem("broken fit", config=SMALL)
    broken.parameters["head"]["bias"] = np.array([0.0, np.nan, 0.0])
    yield _fit("not_finite_at_once", broken, DeepModel(SMALL), five)
    wild = Optimization(1e200, weight_decay=0.0, tol=0.0, max_steps=5)
    yield _fit("not_finite_later", problem("wild fit"), DeepModel(CONFIG), wild)


def _fit(
    name: str, given: Problem, model: DeepModel, optimization: Optimization, rejected: bool = False, **other: Any
) -> Case:
    inputs = {"image": given.image, "parameters": given.parameters, "mask": given.weights}
    return Case(
        "deep_mixtures.one_image.fit",
        name,
        inputs | {"model": model, "optimization": optimization} | other,
        rejected,
    )


def _free_energies() -> Iterator[Case]:
    for kind in COVARIANCE_TYPES:
        given = problem(f"energy {kind}", kind, weights="reals", config=SMALL)
        model = DeepModel(SMALL, covariance_type=kind, objective="free_energy")
        yield Case(
            "deep_mixtures.one_image.loss",
            f"free_energy_{kind}",
            given._asdict() | {"model": model, "damping": 0.3},
        )
        mixture = {"mixture": given.previous, "pixels": given.image.reshape(2, -1), "covariance_type": kind}
        q = draw_responsibilities(generator(f"q {kind}"), 3, 64)
        yield Case(
            "deep_mixtures.one_image.free_energy",
            kind,
            mixture | {"proportions": q, "weights": given.weights.ravel()},
        )
    sure = np.eye(3)[:, np.arange(64) % 3]
    certain = mixture | {"proportions": sure, "weights": np.ones(64)}
    yield Case("deep_mixtures.one_image.free_energy", "sure", certain)
    yield Case("deep_mixtures.one_image.free_energy", "contaminated", certain | {"contamination": 0.02})
    given = problem("energy gradient", weights="reals")
    variation: Any = {"name": "total_variation", "strength": 0.3}
    regularized = DeepModel(
        CONFIG, "deepg", objective="free_energy", regularizers=(variation,), contamination=0.02
    )
    held = given._asdict() | {"model": regularized, "damping": 0.0}
    yield Case("deep_mixtures.one_image.loss_and_gradient", "free_energy_regularized", held)
    underflow = problem("energy underflow", config=SMALL)
    underflow.parameters["head"]["bias"] = np.array([0.0, 0.0, -2000.0])
    small = DeepModel(SMALL, objective="free_energy")
    yield _gradient("free_energy_of_a_class_that_underflows", underflow, small)
    for every, config in ((2, CONFIG), (0, SMALL)):
        turns = Optimization(1e-2, tol=0.0, max_steps=4, m_step_every=every, m_step_damping=0.3)
        given, name = problem(f"energy fit {every}", config=config), f"free_energy_m_step_every_{every}"
        model = DeepModel(config, objective="free_energy")
        yield _fit(name, given, model, turns, mixture=given.previous)
    posterior = small._replace(m_step_gradient="held", m_step_weights="posterior")
    given, one = problem("rejected energy", config=SMALL), Optimization(max_steps=1)
    yield _fit("rejects_free_energy_without_a_mixture", given, small, one, rejected=True)
    yield _fit("rejects_free_energy_of_posterior_weights", given, posterior, one, True, mixture=given.previous)


def _warm_starts() -> Iterator[Case]:
    given = problem("warm start", weights="reals")
    target = draw_responsibilities(generator("target"), 3, 64).reshape(3, *SIZE)
    arguments = {"image": given.image, "parameters": given.parameters, "target": target, "mask": given.weights}
    options = {"config": CONFIG, "optimization": Optimization(1e-2)}
    yield Case("deep_mixtures.one_image.warm_start", "five_steps", arguments | options | {"n_steps": 5})
    yield Case("deep_mixtures.one_image.warm_start", "published_steps", arguments | {"config": CONFIG})
    arguments |= {"parameters": problem("small warm start", config=SMALL).parameters}
    options |= {"config": SMALL}
    clipped = {"n_steps": 2, "config": SMALL, "optimization": Optimization(1e-2, max_norm=0.01)}
    yield Case("deep_mixtures.one_image.warm_start", "clipped", arguments | clipped)
    unweighted = {name: value for name, value in arguments.items() if name != "mask"}
    yield Case("deep_mixtures.one_image.warm_start", "without_mask", unweighted | options | {"n_steps": 1})
    yield Case("deep_mixtures.one_image.warm_start", "no_step", arguments | options | {"n_steps": 0})
    outside = np.where(given.weights > 0, target, np.nan)
    known = arguments | {"target": outside} | options | {"n_steps": 1}
    yield Case("deep_mixtures.one_image.warm_start", "unknown_target_outside", known)
    other = arguments | {"target": target[:2]} | options
    yield Case("deep_mixtures.one_image.warm_start", "rejects_a_target_of_other_classes", other, rejected=True)


def _rejections() -> Iterator[Case]:
    given, one = problem("rejected fit", config=SMALL), Optimization(max_steps=1)
    good: dict[str, Any] = {
        "image": given.image,
        "parameters": given.parameters,
        "mask": given.weights,
        "model": DeepModel(SMALL),
        "optimization": one,
    }
    unknown = np.array(given.image)
    unknown[1, 2, 3] = np.nan
    bad: dict[str, dict[str, Any]] = {
        "nan_inside": {"image": unknown},
        "empty_mask": {"mask": np.zeros(SIZE)},
        "mask_of_another_shape": {"mask": np.ones((8, 7))},
        "image_without_channels": {"image": given.image[0]},
        "odd_height": {"image": given.image[:, :7], "mask": given.weights[:7], "model": DeepModel(CONFIG)},
        "posterior_weights_with_gradient_through": {"model": DeepModel(SMALL, m_step_weights="posterior")},
        "unknown_method": {"model": DeepModel(SMALL, "deepest")},
        "unknown_label_rule": {"model": DeepModel(SMALL, label_rule="loudest")},
        "unknown_covariance_type": {"model": DeepModel(SMALL, covariance_type="round")},
    }
    for name, changed in bad.items():
        yield Case("deep_mixtures.one_image.fit", f"rejects_{name}", good | changed, rejected=True)

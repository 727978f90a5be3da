"""Algorithm 3 [DG]: loss, gradient, step, loop, under all switches."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from deepmix.conformance.drawing import draw_responsibilities
from deepmix.conformance.examples import Shapes
from deepmix.conformance.operation import Operation
from deepmix.reference.deep_mixtures import one_image
from deepmix.reference.deep_mixtures.records import DeepModel, DeepState, Optimization
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.reference.networks.parameters import unet_parameters
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.optimization.records import AdamWState

from ..case import Case, generator
from ._problem import CONFIG, LOSSES, SIZE, SMALL, THICK, VOLUME, DeepProblem, problem


def _model(shapes: Shapes) -> dict[str, Any]:
    return {"model": DeepModel(unet=shapes.config)}


def _of_maps(shapes: Shapes) -> dict[str, Any]:
    return _model(shapes) | {"weights": shapes.mask}


EVALUATED = ("loss", "evaluation")
OPERATIONS = (
    Operation(name="begin", equations=("DG3", "G3"), result=("state",), form="as_it_is", example=_of_maps),
    Operation(
        name="loss",
        equations=("DG2", "DG3", "SV1", "EM2", "VE1", "VE3", "G3", "NN3"),
        result=EVALUATED,
        static=("model",),
        notes={"loss": "(NLL + Σ λ R, or F + Σ λ R)"},
        example=_of_maps,
    ),
    Operation(
        name="loss_and_gradient",
        equations=("DG1", "DG4", "DG5", "VE2", "VE4", "NN3"),
        result=(*EVALUATED, "gradient"),
        form="as_it_is",
        notes={"gradient": "(at the parameters)"},
        example=_of_maps,
    ),
    Operation(
        name="step",
        equations=("DG1", "DG2", "DG3", "VE3"),
        result=("state", "evaluation"),
        form="as_it_is",
        notes={"evaluation": "(at the old parameters)"},
        example=lambda shapes: (
            _of_maps(shapes)
            | {
                "state": DeepState(
                    parameters=shapes.parameters, optimizer=shapes.optimizer, mixture=shapes.mixture()
                )
            }
        ),
    ),
    Operation(
        name="fit",
        equations=("DG1", "DG2", "DG3", "VE1", "VE3", "NN3"),
        result=("fit",),
        form="as_it_is",
        example=_model,
    ),
    Operation(
        name="warm_start",
        equations=("DG6",),
        result=("parameters",),
        form="as_it_is",
        notes={"target": "(K, H, W)"},
        example=lambda shapes: {"target": shapes.image(shapes.k), "config": shapes.config},
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """The start, the loss, its gradient, a step, short fits, the warm start."""
    yield from _begin()
    yield from _losses()
    yield from _steps()
    yield from _fits()
    yield from _free_energies()
    yield from _volumes()
    yield from _warm_starts()
    yield from _rejections()


def paper() -> Iterator[Case]:
    """The loss of both deep methods with its gradient: 160×160 pixels, the whole network."""
    network = problem("paper", m=3, k=4, config=UNetConfig(depth=0, filters=1), weights="mask", size=(160, 160))
    network = network._replace(parameters=unet_parameters(3, 4, seed=0))
    for method in LOSSES:
        yield Case(
            function="loss_and_gradient",
            name=method,
            arguments=network._asdict() | {"model": DeepModel(objective=LOSSES[method])},
        )


def _begin() -> Iterator[Case]:
    for kind in ("diag", "full"):
        parameters, image, _, weights, floor = problem(
            "begin", weights="reals", config=UNetConfig(depth=0, filters=1)
        )
        model = DeepModel(unet=UNetConfig(depth=0, filters=1), covariance_type=kind)
        arguments = {"parameters": parameters, "image": image, "weights": weights, "floor": floor, "model": model}
        yield Case(function="begin", name=kind, arguments=arguments)
    yield Case(function="begin", name="unweighted", arguments=arguments | {"weights": np.ones(SIZE)})


def _losses() -> Iterator[Case]:
    for method, kinds in {"deepsvg": COVARIANCE_TYPES, "deepg": ("diag", "full")}.items():
        for kind in kinds:
            given = problem(f"{method} {kind}", kind, weights="reals")
            yield from _loss(
                f"{method}_through_{kind}",
                given,
                DeepModel(unet=CONFIG, objective=LOSSES[method], covariance_type=kind),
            )
        held = DeepModel(unet=CONFIG, objective=LOSSES[method], m_step_gradient="held")
        yield _gradient(f"{method}_held", problem(f"{method} held"), held)
        posterior = held._replace(covariance_type="full", m_step_weights="posterior")
        yield from _loss(f"{method}_posterior", problem(f"{method} posterior", "full"), posterior)
        underflow = problem(f"{method} underflow")
        underflow.parameters["head"]["bias"] = np.array([0.0, 0.0, -2000.0])
        yield _gradient(
            f"{method}_class_that_underflows", underflow, DeepModel(unet=CONFIG, objective=LOSSES[method])
        )
    yield _gradient("one_channel", problem("one channel", m=1), DeepModel(unet=CONFIG))
    yield _gradient("one_class", problem("one class", k=1), DeepModel(unet=CONFIG))
    far = problem("far away", "full")
    far = far._replace(previous=far.previous._replace(means=far.previous.means + 100))
    model = DeepModel(unet=CONFIG, covariance_type="full", m_step_gradient="held", m_step_weights="posterior")
    yield from _loss("posterior_far_away", far, model)
    collinear = problem("collinear", "full")
    nearly = np.stack([collinear.image[0], collinear.image[0] + 0.08 * collinear.image[1]])
    full = DeepModel(unet=CONFIG, covariance_type="full")
    yield _gradient("nearly_singular", collinear._replace(image=nearly), full)
    deeper = UNetConfig(depth=2, filters=2, negative_slope=0.2)
    yield _gradient("two_poolings", problem("two poolings", config=deeper, size=(8, 12)), DeepModel(unet=deeper))
    means = generator("means").normal(size=(3, 2))
    variation: Any = {"name": "total_variation", "strength": 0.3}
    prior: Any = {"name": "mean_prior", "strength": 0.1, "means": means}
    for gradient, weights in (("through", "prior"), ("held", "posterior")):
        model = DeepModel(unet=CONFIG, m_step_gradient=gradient, m_step_weights=weights)
        model = model._replace(regularizers=(variation, prior))
        yield from _loss(f"regularized_{gradient}", problem("regularized", weights="reals"), model)


def _volumes() -> Iterator[Case]:
    spacing: Any = {"spacing": np.array(THICK.spacing)}
    variation: Any = {"name": "total_variation", "strength": 0.3} | spacing
    for method in LOSSES:
        model = DeepModel(unet=THICK, objective=LOSSES[method], regularizers=(variation,))
        given = problem(f"{method} volume", weights="reals", config=THICK, size=VOLUME)
        yield _gradient(f"{method}_volume", given, model)
    few = Optimization(learning_rate=1e-2, tol=0.0, max_steps=3)
    yield _fit("volume", given, model, few)
    given = problem("rejected volume", config=THICK, size=VOLUME)
    image = given._replace(image=given.image[..., 0], weights=given.weights[..., 0])
    yield _fit("rejects_an_image_for_the_network_of_a_volume", image, model, few, rejected=True)
    odd = given._replace(image=given.image[:, :3], weights=given.weights[:3])
    yield _fit("rejects_a_volume_of_odd_height", odd, model, few, rejected=True)
    target = draw_responsibilities(generator("target of a volume"), 3, 48).reshape(3, *VOLUME)
    arguments = {"image": given.image, "parameters": given.parameters, "target": target, "config": THICK}
    yield Case(function="warm_start", name="volume", arguments=arguments | {"n_steps": 2})


def _loss(name: str, given: DeepProblem, model: DeepModel) -> Iterator[Case]:
    yield Case(function="loss", name=name, arguments=given._asdict() | {"model": model})
    yield _gradient(name, given, model)


def _gradient(name: str, given: DeepProblem, model: DeepModel) -> Case:
    """Of the loss alone, whose value it returns as well: the vectors shall stay small."""
    return Case(function="loss_and_gradient", name=name, arguments=given._asdict() | {"model": model})


def _steps() -> Iterator[Case]:
    for method, config in (("deepsvg", CONFIG), ("deepg", SMALL)):
        given = problem(f"{method} step", weights="reals", config=config)
        zeros = one_image.adamw.tree_map(np.zeros_like, given.parameters)
        state = DeepState(
            parameters=given.parameters, optimizer=AdamWState(count=0, m=zeros, v=zeros), mixture=given.previous
        )
        yield _step(
            f"{method}_first",
            given,
            state,
            DeepModel(unet=config, objective=LOSSES[method]),
            Optimization(learning_rate=1e-2),
        )
    rng = generator("later step")
    m = one_image.adamw.tree_map(lambda leaf: rng.normal(0, 0.1, leaf.shape), given.parameters)
    v = one_image.adamw.tree_map(lambda leaf: rng.uniform(0.01, 0.1, leaf.shape), given.parameters)
    later = DeepState(parameters=given.parameters, optimizer=AdamWState(count=5, m=m, v=v), mixture=given.previous)
    strong = Optimization(learning_rate=1e-2, weight_decay=0.1, max_norm=0.01)  # clipped
    yield _step("later_and_clipped", given, later, DeepModel(unet=SMALL), strong)
    alike = given._replace(weights=np.ones(SIZE))
    yield _step("unweighted", alike, later, DeepModel(unet=SMALL), Optimization(learning_rate=1e-2))


def _step(name: str, given: DeepProblem, state: DeepState, model: DeepModel, optimization: Optimization) -> Case:
    inputs = {"state": state, "image": given.image, "weights": given.weights, "floor": given.floor}
    return Case(function="step", name=name, arguments=inputs | {"model": model, "optimization": optimization})


def _fits() -> Iterator[Case]:
    five = Optimization(learning_rate=1e-2, tol=0.0, max_steps=5)
    for method in LOSSES:
        given = problem(f"{method} fit", weights="reals")
        yield _fit(f"{method}_five_steps", given, DeepModel(unet=CONFIG, objective=LOSSES[method]), five)
    posterior = DeepModel(unet=SMALL, m_step_gradient="held", m_step_weights="posterior", label_rule="posterior")
    yield _fit("posterior_weights_and_labels", problem("posterior fit", config=SMALL), posterior, five)
    outside = problem("outside fit", weights="mask", config=SMALL)
    unknown = np.where((outside.weights == 0) & (np.arange(2)[:, None, None] == 1), np.nan, outside.image)
    yield _fit("nan_outside", outside._replace(image=unknown), DeepModel(unet=SMALL), five)
    settles = Optimization(learning_rate=1e-2, tol=1.0, min_steps=3, max_steps=20)
    yield _fit("until_it_settles", problem("settling fit"), DeepModel(unet=CONFIG), settles)
    nothing = five._replace(max_steps=0)
    yield _fit("a_limit_of_0_evaluates_once", problem("limit fit", config=SMALL), DeepModel(unet=SMALL), nothing)
    slowly = Optimization(
        learning_rate=1e-2, tol=0.015, min_steps=2, max_steps=20
    )  # the NLL falls by 0.017, then 0.012
    yield _fit("until_it_settles_slowly", problem("slow fit"), DeepModel(unet=CONFIG), slowly)
    risen = problem("rising fit 2")  # the NLL rises by 0.012
    brief = Optimization(learning_rate=0.3, tol=0.005, min_steps=0, max_steps=3)
    yield _fit("a_rise_does_not_stop", risen, DeepModel(unet=CONFIG), brief)
    yield _fit("a_small_rise_stops", risen, DeepModel(unet=CONFIG), brief._replace(tol=0.02))
    one = problem("one class fit", m=1, k=1)
    # one step: with one class every gradient is 0, and AdamW makes steps of the rounding of 0
    yield _fit("one_class_one_channel", one, DeepModel(unet=CONFIG), five._replace(max_steps=1))
    given = problem("mask fit", weights="mask", config=SMALL)
    two = five._replace(max_steps=2)
    yield _fit("boolean_mask", given._replace(weights=given.weights > 0), DeepModel(unet=SMALL), two)
    options = {
        "image": given.image,
        "parameters": given.parameters,
        "model": DeepModel(unet=SMALL),
        "optimization": two,
    }
    yield Case(function="fit", name="without_mask", arguments=options)
    still = Optimization(learning_rate=0.0, tol=0.0, min_steps=1, max_steps=4)
    yield _fit("a_tolerance_of_0_never_stops", problem("still fit", config=SMALL), DeepModel(unet=SMALL), still)
    broken = problem("broken fit", config=SMALL)
    broken.parameters["head"]["bias"] = np.array([0.0, np.nan, 0.0])
    yield _fit("not_finite_at_once", broken, DeepModel(unet=SMALL), five)
    wild = Optimization(learning_rate=1e200, weight_decay=0.0, tol=0.0, max_steps=5)
    yield _fit("not_finite_later", problem("wild fit"), DeepModel(unet=CONFIG), wild)


def _fit(
    name: str,
    given: DeepProblem,
    model: DeepModel,
    optimization: Optimization,
    rejected: bool = False,
    **other: Any,
) -> Case:
    inputs = {"image": given.image, "parameters": given.parameters, "mask": given.weights}
    return Case(
        function="fit",
        name=name,
        arguments=inputs | {"model": model, "optimization": optimization} | other,
        rejected=rejected,
    )


def _free_energies() -> Iterator[Case]:
    for kind in COVARIANCE_TYPES:
        given = problem(f"energy {kind}", kind, weights="reals", config=SMALL)
        model = DeepModel(unet=SMALL, covariance_type=kind, objective="free_energy")
        yield Case(
            function="loss",
            name=f"free_energy_{kind}",
            arguments=given._asdict() | {"model": model, "damping": 0.3},
        )
    whole = {"model": DeepModel(unet=SMALL, objective="free_energy")}
    given = problem("energy diag", weights="reals", config=SMALL)
    yield Case(function="loss", name="free_energy_of_a_whole_m_step", arguments=given._asdict() | whole)
    given = problem("energy gradient", weights="reals")
    variation: Any = {"name": "total_variation", "strength": 0.3}
    regularized = DeepModel(unet=CONFIG, objective="free_energy", regularizers=(variation,), contamination=0.02)
    held = given._asdict() | {"model": regularized, "damping": 0.0}
    yield Case(function="loss_and_gradient", name="free_energy_regularized", arguments=held)
    underflow = problem("energy underflow", config=SMALL)
    underflow.parameters["head"]["bias"] = np.array([0.0, 0.0, -2000.0])
    small = DeepModel(unet=SMALL, objective="free_energy")
    yield _gradient("free_energy_of_a_class_that_underflows", underflow, small)
    for every, config in ((1, SMALL), (2, CONFIG), (0, SMALL)):
        turns = Optimization(learning_rate=1e-2, tol=0.0, max_steps=4, m_step_every=every, m_step_damping=0.3)
        given, name = problem(f"energy fit {every}", config=config), f"free_energy_m_step_every_{every}"
        model = DeepModel(unet=config, objective="free_energy")
        yield _fit(name, given, model, turns, mixture=given.previous)
    posterior = small._replace(m_step_gradient="held", m_step_weights="posterior")
    given, one = problem("rejected energy", config=SMALL), Optimization(max_steps=1)
    yield _fit("rejects_free_energy_without_a_mixture", given, small, one, rejected=True)
    yield _fit("rejects_free_energy_of_posterior_weights", given, posterior, one, True, mixture=given.previous)


def _warm_starts() -> Iterator[Case]:
    given = problem("warm start", weights="reals")
    target = draw_responsibilities(generator("target"), 3, 64).reshape(3, *SIZE)
    arguments = {"image": given.image, "parameters": given.parameters, "target": target, "mask": given.weights}
    options = {"config": CONFIG, "optimization": Optimization(learning_rate=1e-2)}
    yield Case(function="warm_start", name="five_steps", arguments=arguments | options | {"n_steps": 5})
    yield Case(function="warm_start", name="published_steps", arguments=arguments | {"config": CONFIG})
    arguments |= {"parameters": problem("small warm start", config=SMALL).parameters}
    options |= {"config": SMALL}
    clipped = {"n_steps": 2, "config": SMALL, "optimization": Optimization(learning_rate=1e-2, max_norm=0.01)}
    yield Case(function="warm_start", name="clipped", arguments=arguments | clipped)
    unweighted = {name: value for name, value in arguments.items() if name != "mask"}
    yield Case(function="warm_start", name="without_mask", arguments=unweighted | options | {"n_steps": 1})
    yield Case(function="warm_start", name="no_step", arguments=arguments | options | {"n_steps": 0})
    outside = np.where(given.weights > 0, target, np.nan)
    known = arguments | {"target": outside} | options | {"n_steps": 1}
    yield Case(function="warm_start", name="unknown_target_outside", arguments=known)
    other = arguments | {"target": target[:2]} | options
    yield Case(function="warm_start", name="rejects_a_target_of_other_classes", arguments=other, rejected=True)


def _rejections() -> Iterator[Case]:
    given, one = problem("rejected fit", config=SMALL), Optimization(max_steps=1)
    good: dict[str, Any] = {
        "image": given.image,
        "parameters": given.parameters,
        "mask": given.weights,
        "model": DeepModel(unet=SMALL),
        "optimization": one,
    }
    unknown = np.array(given.image)
    unknown[1, 2, 3] = np.nan
    bad: dict[str, dict[str, Any]] = {
        "nan_inside": {"image": unknown},
        "empty_mask": {"mask": np.zeros(SIZE)},
        "mask_of_another_shape": {"mask": np.ones((8, 7))},
        "image_without_channels": {"image": given.image[0]},
        "odd_height": {"image": given.image[:, :7], "mask": given.weights[:7], "model": DeepModel(unet=CONFIG)},
        "posterior_weights_with_gradient_through": {"model": DeepModel(unet=SMALL, m_step_weights="posterior")},
        "unknown_method": {"model": DeepModel(unet=SMALL, objective="deepest")},
        "unknown_label_rule": {"model": DeepModel(unet=SMALL, label_rule="loudest")},
        "unknown_covariance_type": {"model": DeepModel(unet=SMALL, covariance_type="round")},
    }
    for name, changed in bad.items():
        yield Case(function="fit", name=f"rejects_{name}", arguments=good | changed, rejected=True)

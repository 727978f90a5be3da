"""Algorithm 3 on an image or a volume in patches, for what is larger than memory [DG7]."""

import numpy as np

from .. import stopping
from ..checks import plain
from ..mixtures import families
from ..mixtures.records import AnyMixture
from ..networks.records import UNetConfig
from ..networks.unet import unet
from ..optimization import adamw
from ..types import Done, Progress, Status, Tree
from .checks import check_descent, check_held, check_patches, check_target
from .objectives import OBJECTIVES
from .one_image import fitted, m_step_damping, step, warm_step
from .records import DeepFit, DeepModel, DeepState, Optimization
from .tiling import Seen, average, boxes, in_turn


def logits(
    parameters: Tree,
    image: np.ndarray,
    weights: np.ndarray,
    size: tuple[int, ...],
    config: UNetConfig = UNetConfig(),
) -> np.ndarray:
    """z(x) = Σ_B g_B(x) Φ_θ(I|B)(x) / Σ_B g_B(x), over the patches B that hold x; 0 where there is none [DG7].

    parameters: θ. image: (M, *spatial), no smaller than a patch. weights: (*spatial), of the pixels. size: of a
    patch along each axis. config: of the network. Returns (K, *spatial).
    """
    n_components, those = len(parameters["head"]["bias"]), boxes(weights > 0, size)
    seen = (Seen(box=box, maps=unet(parameters, image[:, *box], config)[0]) for box in those)
    return average(seen, n_components, image.shape[1:])


def fit(
    image: np.ndarray,
    parameters: Tree,
    mask: np.ndarray | None = None,
    *,
    size: tuple[int, ...],
    model: DeepModel = DeepModel(objective="free_energy"),
    optimization: Optimization = Optimization(),
    mixture: AnyMixture,
    progress: Progress | None = None,
) -> DeepFit:
    """Fit a network, which sees a patch at a time, to the free energy of an image [DG7].

    image: (M, *spatial), channels standardised, no smaller than a patch. size: of a patch along each axis,
    multiples of those of `networks.levels.plan`. optimization: as of `one_image.fit`, but that t counts sweeps,
    of which the last only looks. mixture: the one to start from. parameters, mask, model: as of `one_image.fit`;
    the model's objective is F. progress: called with the number of patches done, and F of the last one.
    Returns a `DeepFit` over the whole image. Raises ValueError as `one_image.fit`, for a size that does not suit
    the network or the image, and for another objective.
    """
    check_held(model)
    n_components = len(parameters["head"]["bias"])
    image, weights = check_patches(plain(image, float), mask, size, n_components, model.unet, model.family)
    check_descent(model, optimization, mixture, image, n_components)
    floor = families.floor(image.reshape(len(image), -1), weights.ravel(), model.family)
    state = DeepState(parameters=parameters, optimizer=adamw.init(parameters), mixture=mixture)
    held = optimization._replace(m_step_every=0)
    history: list[float] = []
    seen, status = in_turn(boxes(weights > 0, size)), Status.running
    while status == Status.running:
        t = len(history)
        damping = m_step_damping(t, optimization)
        z = logits(state.parameters, image, weights, size, model.unet)
        evaluation, _ = OBJECTIVES[model.objective](z, image, state.mixture, weights, floor, model, damping)
        history.append(evaluation.value)
        settled = t > optimization.min_steps and abs(history[t - 1] - history[t]) < optimization.tol
        status = stopping.status(history[t], settled, t >= optimization.max_steps - 1)
        if status != Status.non_finite or t == 0:
            kept = state.parameters, evaluation
        if status == Status.running:
            for done, box in enumerate(seen, start=t * len(seen) + 1):
                state = state._replace(mixture=evaluation.mixture)  # a patch has no say in it
                state, of_patch = step(state, image[:, *box], weights[box], floor, model, held)
                if progress is not None:
                    progress(done, of_patch.value)
    return fitted(*kept, np.array(history), status, model)


def warm_start(
    image: np.ndarray,
    parameters: Tree,
    target: np.ndarray,
    mask: np.ndarray | None = None,
    *,
    size: tuple[int, ...],
    n_sweeps: int = 1,
    config: UNetConfig = UNetConfig(),
    optimization: Optimization = Optimization(),
    progress: Done | None = None,
) -> Tree:
    """Sweeps of steps on the cross-entropy of a patch each [DG6], [DG7].

    image, parameters, target, mask, config, optimization: as of `one_image.warm_start`. size: as of `fit`.
    n_sweeps: how many. progress: called with the number of patches done.
    Returns the parameters to start `fit` from. Raises ValueError as `fit` for the image and the size, and for a
    target of another shape.
    """
    n_components = len(parameters["head"]["bias"])
    image, weights = check_patches(plain(image, float), mask, size, n_components, config)
    target = check_target(target, weights, n_components)
    optimizer = adamw.init(parameters)
    for done, box in enumerate(in_turn(boxes(weights > 0, size)) * n_sweeps, start=1):
        given = parameters, optimizer, image[:, *box], target[:, *box], weights[box]
        parameters, optimizer = warm_step(*given, config=config, optimization=optimization)
        if progress is not None:
            progress(done)
    return parameters

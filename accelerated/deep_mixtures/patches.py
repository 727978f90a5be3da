"""Algorithm 3 in patches [DG7]; see `reference.deep_mixtures.patches`.

The network's maps, which take most of the memory, are of one patch at a time. The mixture and F are of the whole
image on the device, once a sweep.
"""

import jax
import jax.numpy as jnp
import numpy as np

from deepmix.reference.checks import plain
from deepmix.reference.deep_mixtures.checks import check_descent, check_held, check_patches, check_target
from deepmix.reference.deep_mixtures.records import DeepFit, DeepModel, DeepState, Evaluation, Optimization
from deepmix.reference.deep_mixtures.tiling import Seen, average, boxes, in_turn
from deepmix.reference.mixtures.records import AnyMixture
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.types import Done, Progress, Status, Tree

from .. import stopping
from ..execution.arrays import cast, floating
from ..execution.results import unpacked
from ..mixtures import families
from ..networks.unet import unet
from ..optimization import adamw
from ._traced import compiled
from .objectives import OBJECTIVES
from .one_image import fitted, m_step_damping, step, warm_step


def logits(
    parameters: Tree,
    image: np.ndarray,
    weights: np.ndarray,
    size: tuple[int, ...],
    config: UNetConfig = UNetConfig(),
) -> np.ndarray:
    """See `reference.deep_mixtures.patches.logits` [DG7]."""
    image = floating(image)
    n_components, those = len(parameters["head"]["bias"]), boxes(plain(weights) > 0, size)
    seen = (Seen(box=box, maps=np.asarray(_unet(parameters, image[:, *box], config))) for box in those)
    return average(seen, n_components, image.shape[1:], image.dtype)


_unet = jax.jit(unet, static_argnames="config")


def fit(
    image: jax.Array,
    parameters: Tree,
    mask: jax.Array | None = None,
    *,
    size: tuple[int, ...],
    model: DeepModel = DeepModel(objective="free_energy"),
    optimization: Optimization = Optimization(),
    mixture: AnyMixture,
    progress: Progress | None = None,
) -> DeepFit:
    """See `reference.deep_mixtures.patches.fit` [DG7]."""
    check_held(model)
    n_components = len(parameters["head"]["bias"])
    x, w = check_patches(floating(image), mask, size, n_components, model.unet, model.family)
    check_descent(model, optimization, mixture, x, n_components)
    floor = families.floor(jnp.asarray(x).reshape(len(x), -1), jnp.asarray(w.ravel()), model.family)
    begun = cast(parameters, x.dtype)
    state = DeepState(parameters=begun, optimizer=adamw.init(begun), mixture=cast(mixture, x.dtype))
    held = optimization._replace(m_step_every=0)
    history: list[np.ndarray] = []
    seen, status = in_turn(boxes(w > 0, size)), Status.running
    while status == Status.running:
        t = len(history)
        damping = m_step_damping(t, optimization).astype(x.dtype)
        z = logits(state.parameters, x, w, size, model.unet)
        given = jnp.asarray(z), jnp.asarray(x), state.mixture, jnp.asarray(w), floor
        evaluation = _evaluated(*given, model=model, damping=damping)
        history.append(np.asarray(evaluation.value))
        settled = t > optimization.min_steps and abs(history[t - 1] - history[t]) < optimization.tol
        status = Status(int(stopping.status(evaluation.value, settled, t >= optimization.max_steps - 1)))
        if status != Status.non_finite or t == 0:
            kept = state.parameters, evaluation
        if status == Status.running:
            for done, box in enumerate(seen, start=t * len(seen) + 1):
                state = state._replace(mixture=evaluation.mixture)
                of_box = jnp.asarray(x[:, *box]), jnp.asarray(w[box])
                state, of_patch = step(state, *of_box, floor, model, held)
                if progress is not None:
                    progress(done, float(of_patch.value))
    return unpacked(fitted(*kept, np.array(history), status, model))


@compiled()
def _evaluated(
    logits: jax.Array,
    image: jax.Array,
    mixture: AnyMixture,
    weights: jax.Array,
    floor: jax.Array,
    model: DeepModel,
    damping: jax.Array | float,
) -> Evaluation:
    return OBJECTIVES[model.objective](logits, image, mixture, weights, floor, model, damping)


def warm_start(
    image: jax.Array,
    parameters: Tree,
    target: jax.Array,
    mask: jax.Array | None = None,
    *,
    size: tuple[int, ...],
    n_sweeps: int = 1,
    config: UNetConfig = UNetConfig(),
    optimization: Optimization = Optimization(),
    progress: Done | None = None,
) -> Tree:
    """See `reference.deep_mixtures.patches.warm_start` [DG6], [DG7]."""
    n_components = len(parameters["head"]["bias"])
    x, w = check_patches(floating(image), mask, size, n_components, config)
    p = check_target(plain(target), w, n_components).astype(x.dtype)
    parameters = cast(parameters, x.dtype)
    optimizer = adamw.init(parameters)
    for done, box in enumerate(in_turn(boxes(w > 0, size)) * n_sweeps, start=1):
        of_box = (jnp.asarray(each) for each in (x[:, *box], p[:, *box], w[box]))
        parameters, optimizer = warm_step(parameters, optimizer, *of_box, config=config, optimization=optimization)
        if progress is not None:
            progress(done)
    return parameters

"""Checks of the input of Algorithms 3 and 4, made once by the fits of both backends."""

import numpy as np

from ..checks import check_choice, plain
from ..mixtures.checks import check_family, check_pixels, check_start, check_support, check_weights
from ..mixtures.forms import n_components as n_components_of
from ..mixtures.records import AnyMixture
from ..networks.levels import plan
from ..networks.records import UNetConfig
from ..types import Array
from .records import LABEL_RULES, OBJECTIVE_NAMES, Batch, DeepModel, Optimization, TrainingModel

AXES = ("height", "width", "depth")


def check_image(
    image: np.ndarray, mask: Array | None, n_components: int, config: UNetConfig, family: str = "gaussian"
) -> tuple[np.ndarray, np.ndarray]:
    """Check an image (M, *spatial) and its mask (*spatial) (bool or weights; None: all 1) for the network.

    config: size of the network, with as many axes as the image. Returns the image, cleaned outside the mask, and
    the weights (*spatial).
    Raises ValueError as `check_pixels` and `check_support`, and for sizes that are no multiples of those of
    `networks.levels.plan`.
    """
    multiples = plan(config).multiples
    axes = AXES[: len(multiples)]
    if image.ndim == 1 + len(axes) and np.mod(image.shape[1:], multiples).any():
        named = f"{', '.join(axes[:-1])} and {axes[-1]}"
        said = ", ".join(map(str, multiples if len(set(multiples)) > 1 else multiples[:1]))
        raise ValueError(f"{named} must be multiples of {said} (by the poolings), got {image.shape[1:]}")
    return _check_pixels(image, mask, n_components, len(axes), family)


def _check_pixels(
    image: np.ndarray, mask: Array | None, n_components: int, n_axes: int, family: str
) -> tuple[np.ndarray, np.ndarray]:
    """Check the axes of an image (M, *spatial), its mask and its pixels; return the clean image and weights."""
    if image.ndim != 1 + n_axes:
        raise ValueError(f"image must have the shape (channels, {', '.join(AXES[:n_axes])}), got {image.shape}")
    if mask is not None and np.shape(mask) != image.shape[1:]:
        raise ValueError(f"mask of shape {np.shape(mask)} does not match image of shape {image.shape}")
    flat = None if mask is None else plain(mask).reshape(-1)
    pixels, weights = check_pixels(image.reshape(len(image), -1), flat, n_components)
    pixels = check_support(pixels, weights, family)
    return pixels.reshape(image.shape), weights.reshape(image.shape[1:])


def check_patches(
    image: np.ndarray,
    mask: Array | None,
    size: tuple[int, ...],
    n_components: int,
    config: UNetConfig,
    family: str = "gaussian",
) -> tuple[np.ndarray, np.ndarray]:
    """Check an image (M, *spatial) and its mask for a network that sees patches of a size [DG7].

    Returns the image, cleaned outside the mask, and the weights (*spatial). Raises ValueError as `check_image`,
    and for a size that the network cannot take or that is larger than the image.
    """
    multiples = plan(config).multiples
    if np.shape(size) != np.shape(multiples) or not all(isinstance(side, int | np.integer) for side in size):
        raise ValueError(f"the size of a patch must be {len(multiples)} whole numbers, got {size!r}")
    said = " × ".join(map(str, size))
    if min(size) < 1 or np.mod(size, multiples).any():
        steps = ", ".join(map(str, multiples))
        raise ValueError(f"the sides of a patch must be multiples of {steps} (by the poolings), got {said}")
    if image.ndim == 1 + len(size) and np.less(image.shape[1:], size).any():
        raise ValueError(f"a patch of {said} pixels is larger than the image of shape {image.shape}")
    return _check_pixels(image, mask, n_components, len(size), family)


def check_target(target: np.ndarray, weights: np.ndarray, n_components: int) -> np.ndarray:
    """Check the proportions P (K, *spatial) of a warm start; return them, 0 where the weights (*spatial) are 0.

    Raises ValueError for another shape.
    """
    expected = (n_components, *weights.shape)
    if np.shape(target) != expected:
        raise ValueError(f"target of shape {np.shape(target)} does not match the network's output {expected}")
    return np.where(weights > 0, plain(target), 0)


def check_model(model: DeepModel) -> None:
    """Raise ValueError for switches of [DG] that do not exist or do not go together."""
    check_family(model.family, model.covariance_type)
    check_choice("objective", model.objective, OBJECTIVE_NAMES)
    check_choice("m_step_gradient", model.m_step_gradient, ("through", "held"))
    check_choice("m_step_weights", model.m_step_weights, ("prior", "posterior"))
    check_choice("label_rule", model.label_rule, tuple(LABEL_RULES))
    if (model.m_step_weights, model.m_step_gradient) == ("posterior", "through"):
        raise ValueError('m_step_weights="posterior" goes with m_step_gradient="held" only')
    if (model.objective, model.m_step_weights) == ("free_energy", "posterior"):
        raise ValueError('the M-step of objective="free_energy" has the weights Π; leave m_step_weights out')
    if not 0 <= model.contamination < 1:
        raise ValueError(f"contamination must be at least 0 and less than 1, got {model.contamination}")
    if model.contamination and model.objective != "free_energy":
        raise ValueError('contamination is for objective="free_energy" only; leave it out')


def check_held(model: DeepModel) -> None:
    """Raise ValueError as `check_model`, and unless the mixture of a step is that of the step before [DG7]."""
    check_model(model)
    if model.objective != "free_energy":
        raise ValueError(f'patches need objective="free_energy", whose mixture is held; got "{model.objective}"')


def check_descent(
    model: DeepModel, optimization: Optimization, mixture: AnyMixture | None, image: np.ndarray, n_components: int
) -> None:
    """Check that a loop of Algorithm 3 can start.

    mixture: the one to start from, or None. image: (M, *spatial). Raises ValueError for a mixture of another
    shape, the free energy without a mixture, and a damping outside 0 … 1.
    """
    if mixture is not None:
        if n_components_of(mixture) != n_components:
            n_given = n_components_of(mixture)
            raise ValueError(f"the mixture has {n_given} classes, the network {n_components}")
        check_start(mixture, image, model.covariance_type, model.family)
    elif model.objective == "free_energy":
        raise ValueError('objective="free_energy" needs a mixture to start from, such as a fitted GMM')
    if not 0 <= round(optimization.m_step_damping, 6) <= 1:  # float32 may have moved a 1
        raise ValueError(f"m_step_damping must be from 0 to 1, got {optimization.m_step_damping}")
    if model.family != "gaussian" and optimization.m_step_damping not in (0, 1):
        raise ValueError(
            f'm_step_damping is 0 or 1 for family="{model.family}", got {optimization.m_step_damping}'
        )


def check_training(model: TrainingModel) -> None:
    """Raise ValueError for switches that do not exist or do not go together in Algorithm 4."""
    check_model(model.deep)
    if model.deep.m_step_weights == "posterior":
        raise ValueError('m_step_weights="posterior" needs the step before, which Algorithm 4 does not have')
    if model.deep.family != "gaussian":
        raise ValueError(f'Algorithm 4 knows Gaussian classes only, got family="{model.deep.family}"')
    if model.deep.objective == "free_energy":
        raise ValueError('objective="free_energy" needs the step before, which Algorithm 4 does not have')
    if not 0 <= model.supervision < np.inf:
        raise ValueError(f"supervision must be finite and not negative, got {model.supervision}")


def check_batch(batch: Batch, n_components: int, config: UNetConfig) -> Batch:
    """Check a mini-batch; return it, cleaned outside the masks.

    Raises ValueError as `check_image`, for arrays that do not match, and if no image counts.
    """
    images = plain(batch.images)
    n_images = len(images)
    for name in ("weights", "shares", "truth"):
        array = getattr(batch, name)
        if array is not None and len(array) != n_images:
            raise ValueError(f"{name} are of {len(array)} images, but there are {n_images} images")
    shares = plain(batch.shares, images.dtype)
    check_weights(shares)
    if not shares.any():
        raise ValueError("no image of the batch counts")
    cleaned = [check_image(*given, n_components, config) for given in zip(images, batch.weights, strict=True)]
    images, weights = (np.stack(arrays) for arrays in zip(*cleaned, strict=True))
    if batch.truth is None:
        return Batch(images=images, weights=weights, shares=shares)
    if np.shape(batch.truth)[1:] != (n_components, *weights.shape[1:]):
        raise ValueError(f"truth of shape {np.shape(batch.truth)} does not match {n_components} classes")
    return Batch(images=images, weights=weights, shares=shares, truth=plain(batch.truth, images.dtype))

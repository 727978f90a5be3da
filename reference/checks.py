"""What bad input gets: checked once, by `fit` and the initialisers of both backends."""

import warnings

import numpy as np

from .types import COVARIANCE_TYPES, Array, Batch, DeepModel, Mixture, Optimization, TrainingModel


def check_pixels(pixels: np.ndarray, weights: Array | None, n_components: int) -> tuple[np.ndarray, np.ndarray]:
    """Check pixels (M, N) and weights (N,) (None: all 1); return both, fit for use.

    Where the weight is 0, what is not finite, or overflows when its square is squared, is replaced by the
    channel's mean over Ω. Warns of constant channels. Raises ValueError for everything that cannot be fitted.
    """
    if pixels.ndim != 2:
        raise ValueError(f"pixels must have the shape (channels, pixels), got {pixels.shape}")
    if weights is None:
        weights = np.ones(pixels.shape[1], pixels.dtype)
    weights = np.asarray(weights, dtype=pixels.dtype)
    if weights.shape != pixels.shape[1:]:
        raise ValueError(f"weights of shape {weights.shape} do not match pixels of shape {pixels.shape}")
    check_weights(weights)
    inside = weights > 0
    check_count(int(inside.sum()), pixels.shape[1], n_components)
    chosen = pixels if inside.all() else pixels[:, inside]
    check_channels((~np.isfinite(chosen)).sum(axis=1), chosen.min(axis=1) == chosen.max(axis=1))
    usable = inside | (np.abs(pixels) < np.finfo(pixels.dtype).max ** 0.25)
    if usable.all():
        return pixels, weights
    mean = chosen @ weights[inside] / weights[inside].sum()
    return np.where(usable, pixels, mean[:, None]), weights


def check_weights(weights: np.ndarray) -> None:
    """Raise ValueError unless all weights (N,) are finite and none is negative."""
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError("weights must be finite and not negative")


def check_count(n_inside: int, n_pixels: int, n_components: int) -> None:
    """Raise ValueError unless enough of the pixels have a positive weight."""
    if not n_inside:
        raise ValueError(f"the mask is empty: no pixel of {n_pixels} counts")
    if n_components < 1:
        raise ValueError(f"n_components must be at least 1, got {n_components}")
    if n_inside < n_components:
        raise ValueError(
            f"Expected n_samples >= n_components but got n_components = {n_components}, n_samples = {n_inside}"
        )


def check_channels(bad: np.ndarray, constant: np.ndarray) -> None:
    """Raise ValueError if a channel has bad values inside Ω (M,), their number; warn of constant ones (M,)."""
    if bad.any():
        channel = int(bad.argmax())
        raise ValueError(
            f"channel {channel} has {bad[channel]} NaN or infinite values inside the mask; "
            "mend them or leave them out of the mask"
        )
    for number in np.flatnonzero(constant):
        warnings.warn(f"channel {number} is constant inside the mask and says nothing", stacklevel=4)


def check_start(start: Mixture, pixels: np.ndarray, covariance_type: str, per_pixel: bool = False) -> None:
    """Check that a start has the shapes of its covariance type, for pixels (M, N).

    per_pixel: proportions must be Π (K, N) rather than π (K,). Raises ValueError naming both shapes.
    """
    check_covariance_type(covariance_type)
    n_components, n_channels = len(start.means), len(pixels)
    expected = Mixture(
        (n_components, pixels.shape[1]) if per_pixel else (n_components,),
        (n_components, n_channels),
        {
            "diag": (n_components, n_channels),
            "spherical": (n_components,),
            "tied": (n_channels, n_channels),
            "full": (n_components, n_channels, n_channels),
        }[covariance_type],
    )
    for name, array, shape in zip(Mixture._fields, start, expected, strict=True):
        if np.shape(array) != shape:
            raise ValueError(f"{name} of the start have the shape {np.shape(array)}, expected {shape}")


def check_fuzzifier(fuzzifier: float, max_iter: int) -> None:
    """Raise ValueError unless m > 1 and there is a round to make."""
    if not 1 < fuzzifier < np.inf:
        raise ValueError(f"fuzzifier must be greater than 1 and finite, got {fuzzifier}")
    if max_iter < 1:
        raise ValueError(f"max_iter must be at least 1, got {max_iter}")


def check_memberships(memberships: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Check memberships (K, N) for weights (N,); return them, fit for use where the weight is 0."""
    if memberships.ndim != 2 or memberships.shape[1:] != weights.shape:
        raise ValueError(f"memberships must have the shape (classes, {len(weights)}), got {memberships.shape}")
    inside = weights > 0
    chosen = memberships[:, inside]
    if not (np.isfinite(chosen).all() and (chosen >= 0).all() and np.allclose(chosen.sum(axis=0), 1, atol=1e-3)):
        raise ValueError("memberships must not be negative, and those of each pixel must sum to 1")
    return np.where(inside, memberships, 1 / len(memberships))


def check_covariance_type(covariance_type: str) -> None:
    """Raise ValueError unless the covariance type is known."""
    check_choice("covariance_type", covariance_type, COVARIANCE_TYPES)


def check_image(
    image: np.ndarray, mask: Array | None, n_components: int, depth: int
) -> tuple[np.ndarray, np.ndarray]:
    """Check an image (M, H, W) and its mask (H, W) (bool or weights; None: all 1) for the network.

    Returns the image, cleaned outside the mask, and the weights (H, W).
    Raises ValueError as `check_pixels`, and for sizes that are no multiples of 2^depth.
    """
    if image.ndim != 3:
        raise ValueError(f"image must have the shape (channels, height, width), got {image.shape}")
    if mask is not None and np.shape(mask) != image.shape[1:]:
        raise ValueError(f"mask of shape {np.shape(mask)} does not match image of shape {image.shape}")
    factor = 2**depth
    if image.shape[1] % factor or image.shape[2] % factor:
        raise ValueError(f"height and width must be multiples of {factor} (2^depth), got {image.shape[1:]}")
    flat = None if mask is None else np.asarray(mask).reshape(-1)
    pixels, weights = check_pixels(image.reshape(len(image), -1), flat, n_components)
    return pixels.reshape(image.shape), weights.reshape(image.shape[1:])


def check_field(
    image: np.ndarray, mask: Array | None, beta: float, n_components: int
) -> tuple[np.ndarray, np.ndarray]:
    """Check an image (M, *spatial), its mask (*spatial) (bool or weights; None: all 1) and β of a Markov field.

    Returns the pixels (M, N), cleaned outside the mask, and the weights (*spatial). Raises ValueError as
    `check_pixels`, and for β < 0.
    """
    if image.ndim not in (3, 4):
        raise ValueError(f"image must have the shape (channels, height, width[, depth]), got {image.shape}")
    if mask is not None and np.shape(mask) != image.shape[1:]:
        raise ValueError(f"mask of shape {np.shape(mask)} does not match image of shape {image.shape}")
    if not 0 <= beta < np.inf:
        raise ValueError(f"beta must be finite and not negative, got {beta}")
    flat = None if mask is None else np.asarray(mask).reshape(-1)
    pixels, weights = check_pixels(image.reshape(len(image), -1), flat, n_components)
    return pixels, weights.reshape(image.shape[1:])


def check_target(target: np.ndarray, weights: np.ndarray, n_components: int) -> np.ndarray:
    """Check the proportions P (K, H, W) of a warm start; return them, 0 where the weights (H, W) are."""
    expected = (n_components, *weights.shape)
    if np.shape(target) != expected:
        raise ValueError(f"target of shape {np.shape(target)} does not match the network's output {expected}")
    return np.where(weights > 0, target, 0)


def check_model(model: DeepModel) -> None:
    """Raise ValueError for switches of [DG] that do not exist or do not go together."""
    check_covariance_type(model.covariance_type)
    check_choice("method", model.method, ("deepsvg", "deepg"))
    check_choice("objective", model.objective, ("nll", "free_energy"))
    check_choice("m_step_gradient", model.m_step_gradient, ("through", "held"))
    check_choice("m_step_weights", model.m_step_weights, ("prior", "posterior"))
    check_choice("label_rule", model.label_rule, ("prior", "posterior"))
    if (model.m_step_weights, model.m_step_gradient) == ("posterior", "through"):
        raise ValueError('m_step_weights="posterior" goes with m_step_gradient="held" only')
    if (model.objective, model.m_step_weights) == ("free_energy", "posterior"):
        raise ValueError('the M-step of objective="free_energy" has the weights Π; leave m_step_weights out')
    if not 0 <= model.contamination < 1:
        raise ValueError(f"contamination must be at least 0 and less than 1, got {model.contamination}")
    if model.contamination and model.objective != "free_energy":
        raise ValueError('contamination is of objective="free_energy"; leave it out')


def check_descent(
    model: DeepModel, optimization: Optimization, mixture: Mixture | None, image: np.ndarray, n_components: int
) -> None:
    """Check that a loop of Algorithm 3 can start. mixture: the given one, for an image (M, H, W).

    Raises ValueError for a mixture of another shape, and for the free energy without one.
    """
    if mixture is not None:
        if len(mixture.means) != n_components:
            raise ValueError(f"the mixture has {len(mixture.means)} classes, the network {n_components}")
        check_start(mixture, image, model.covariance_type)
    elif model.objective == "free_energy":
        raise ValueError('objective="free_energy" needs a mixture to start from, such as a fitted GMM')
    if not 0 <= round(optimization.m_step_damping, 6) <= 1:  # float32 may have moved a 1
        raise ValueError(f"m_step_damping must be from 0 to 1, got {optimization.m_step_damping}")


def check_training(model: TrainingModel) -> None:
    """Raise ValueError for switches that do not exist or do not go together in Algorithm 4."""
    check_model(model.deep)
    if model.deep.m_step_weights == "posterior":
        raise ValueError('m_step_weights="posterior" needs the step before, which Algorithm 4 does not have')
    if model.deep.objective == "free_energy":
        raise ValueError('objective="free_energy" needs the step before, which Algorithm 4 does not have')
    if not 0 <= model.supervision < np.inf:
        raise ValueError(f"supervision must be finite and not negative, got {model.supervision}")


def check_batch(batch: Batch, n_components: int, depth: int) -> Batch:
    """Check a mini-batch; return it, cleaned outside the masks. Raises ValueError as `check_image`."""
    images = np.asarray(batch.images)
    n_images = len(images)
    for name in ("weights", "shares", "truth"):
        array = getattr(batch, name)
        if array is not None and len(array) != n_images:
            raise ValueError(f"{name} are of {len(array)} images, images of {n_images}")
    shares = np.asarray(batch.shares, images.dtype)
    check_weights(shares)
    if not shares.any():
        raise ValueError("no image of the batch counts")
    cleaned = [check_image(*given, n_components, depth) for given in zip(images, batch.weights, strict=True)]
    images, weights = (np.stack(arrays) for arrays in zip(*cleaned, strict=True))
    if batch.truth is None:
        return Batch(images, weights, shares)
    if np.shape(batch.truth)[1:] != (n_components, *weights.shape[1:]):
        raise ValueError(f"truth of shape {np.shape(batch.truth)} does not match {n_components} classes")
    return Batch(images, weights, shares, np.asarray(batch.truth, images.dtype))


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise ValueError unless the value of the option `name` is one of the choices."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}; got {value!r}")

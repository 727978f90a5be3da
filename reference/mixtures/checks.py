"""Checks of the input of mixtures, made once by the fits and initialisers of both backends."""

import warnings

import numpy as np

from ..checks import check_choice, check_unmasked, plain
from ..types import Array
from .covariances import COVARIANCE_TYPES
from .forms import FORMS, LEAST_DEGREES, SUPPORTS
from .records import AnyMixture

WANTED = {"positive": "greater than 0", "counts": "0 or greater"}  # values, by the support of densities
SMALLEST = {"degrees": LEAST_DEGREES}  # of the parameters of a start
CLASS_SIZES = ("equal", "free")  # the prior of a Markov field: α = 0, or α estimated from the image [SV7]


def check_pixels(pixels: np.ndarray, weights: Array | None, n_components: int) -> tuple[np.ndarray, np.ndarray]:
    """Check pixels (M, N) and weights (N,) (None: all 1); return both, ready for a fit.

    Where the weight is 0, values that are not finite, or whose fourth power overflows, are replaced by the
    channel's mean over Ω. Warns of constant channels. Raises ValueError for shapes that do not match, bad weights,
    non-finite pixels inside Ω or too few of them.
    """
    if pixels.ndim != 2:
        raise ValueError(f"pixels must have the shape (channels, pixels), got {pixels.shape}")
    if weights is None:
        weights = np.ones(pixels.shape[1], pixels.dtype)
    weights = plain(weights, pixels.dtype)
    if weights.shape != pixels.shape[1:]:
        raise ValueError(f"weights of shape {weights.shape} do not match pixels of shape {pixels.shape}")
    check_weights(weights)
    inside = weights > 0
    check_count(int(inside.sum()), pixels.shape[1], n_components)
    chosen = pixels if inside.all() else pixels[:, inside]
    check_channels((~np.isfinite(chosen)).sum(axis=1), chosen.min(axis=1) == chosen.max(axis=1))
    usable = inside if inside.all() else inside | (np.abs(pixels) < np.finfo(pixels.dtype).max ** 0.25)
    if usable.all():
        return pixels, weights
    mean = chosen @ weights[inside] / weights[inside].sum()
    return np.where(usable, pixels, mean[:, None]), weights


def check_weights(weights: np.ndarray) -> None:
    """Raise ValueError unless all weights (N,) are finite and none is negative."""
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError("weights must be finite and not negative")


def check_count(n_inside: int, n_pixels: int, n_components: int) -> None:
    """Raise ValueError unless at least as many pixels as classes have a positive weight."""
    if not n_inside:
        raise ValueError(f"the mask is empty: no pixel of {n_pixels} counts")
    if n_components < 1:
        raise ValueError(f"n_components must be at least 1, got {n_components}")
    if n_inside < n_components:
        raise ValueError(
            f"Expected n_samples >= n_components but got n_components = {n_components}, n_samples = {n_inside}"
        )


def check_channels(bad: np.ndarray, constant: np.ndarray) -> None:
    """Raise ValueError for a channel with bad values inside Ω; warn of constant channels.

    bad: (M,) int, how many values of each channel are NaN or infinite. constant: (M,) bool.
    """
    if bad.any():
        channel = int(bad.argmax())
        raise ValueError(
            f"channel {channel} has {bad[channel]} NaN or infinite values inside the mask; "
            "mend them or leave them out of the mask"
        )
    for number in np.flatnonzero(constant):
        warnings.warn(f"channel {number} is constant inside the mask and says nothing", stacklevel=4)


def check_start(
    start: AnyMixture,
    pixels: np.ndarray,
    covariance_type: str,
    family: str = "gaussian",
    per_pixel: bool = False,
) -> None:
    """Check that a start is a record of its family, with the shapes of its covariance type, for pixels (M, N).

    per_pixel: proportions must be Π (K, N) rather than π (K,). Raises ValueError naming what was expected, also of
    degrees of freedom below 1.
    """
    check_family(family, covariance_type)
    kind = FORMS[family]
    if type(start).__name__ != kind.record.__name__:  # by name: a port may have records of its own
        raise ValueError(
            f'the start is a {type(start).__name__}, but family="{family}" needs a {kind.record.__name__}; '
            "`mixtures.families.begin` makes one of a fitted Gaussian mixture"
        )
    k, m = np.shape(start[1])[0], len(pixels)
    expected = (k, pixels.shape[1]) if per_pixel else (k,), *kind.shapes(k, m, covariance_type)
    for name, array, shape in zip(start._fields, start, expected, strict=True):
        check_unmasked(array)
        if np.shape(array) != shape:
            raise ValueError(f"{name} of the start have the shape {np.shape(array)}, expected {shape}")
        if name in SMALLEST and np.min(array) < SMALLEST[name]:
            raise ValueError(f"{name} of the start must be at least {SMALLEST[name]:g}, got {np.min(array):g}")


def check_family(family: str, covariance_type: str) -> None:
    """Raise ValueError unless the family is known and has the covariance type."""
    check_choice("family", family, tuple(FORMS))
    check_covariance_type(covariance_type)
    known = FORMS[family].covariance_types
    if covariance_type not in known:
        raise ValueError(
            f'channels of family="{family}" are independent: covariance_type must be {" or ".join(known)}, '
            f"got {covariance_type}"
        )


def check_support(pixels: np.ndarray, weights: np.ndarray, family: str) -> np.ndarray:
    """Check that the density of a family lives where the pixels (M, N) of weight > 0 are; return the pixels.

    Where the weight is 0, other values are replaced by the channel's mean over Ω. Warns of counts that are not
    integers. Raises ValueError with their number for values at which the density is 0.
    """
    known, inside = SUPPORTS[FORMS[family].support](pixels), weights > 0
    if not known.all():
        check_known((~known & inside).sum(axis=1), family)
        pixels = np.where(known, pixels, (pixels[:, inside] @ weights[inside] / weights.sum())[:, None])
    if FORMS[family].support == "counts" and (pixels[:, inside] % 1).any():
        warnings.warn("the counts are not integers: the likelihood is not that of a Poisson", stacklevel=4)
    return pixels


def check_known(unknown: np.ndarray, family: str) -> None:
    """Raise ValueError for values at which the density of a family is 0. unknown: (M,) int, how many there are."""
    if unknown.any():
        channel, wanted = int(unknown.argmax()), WANTED[FORMS[family].support]
        raise ValueError(
            f"channel {channel} has {unknown[channel]} values inside the mask that are not {wanted}, as "
            f'family="{family}" needs them; leave them out of the mask, or add a constant'
        )


def check_fuzzifier(fuzzifier: float, max_iter: int) -> None:
    """Raise ValueError unless 1 < m < ∞ and max_iter is at least 1."""
    if not 1 < fuzzifier < np.inf:
        raise ValueError(f"fuzzifier must be greater than 1 and finite, got {fuzzifier}")
    check_rounds(max_iter)


def check_rounds(max_iter: int) -> None:
    """Raise ValueError unless max_iter is at least 1."""
    if max_iter < 1:
        raise ValueError(f"max_iter must be at least 1, got {max_iter}")


def check_labels(labels: Array, weights: np.ndarray, n_components: int) -> np.ndarray:
    """Check labels (N,), 0 … K−1 inside Ω, for weights (N,); return them. Raises ValueError for other labels."""
    labels = plain(labels)
    known = np.isin(labels, np.arange(n_components))
    if labels.shape != weights.shape or not known[weights > 0].all():
        raise ValueError(f"labels must be {weights.shape[0]} integers from 0 to {n_components - 1}")
    return labels


def check_means(means: np.ndarray, n_channels: int) -> np.ndarray:
    """Check given means (K, M); return them. Raises ValueError for another shape and for non-finite means."""
    if means.ndim != 2 or means.shape[1] != n_channels or not np.isfinite(means).all():
        raise ValueError(f"means must be finite, of shape (classes, {n_channels}); got {means.shape}")
    return means


def check_memberships(memberships: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Check memberships (K, N) for weights (N,); return them, 1/K where the weight is 0.

    Raises ValueError for another shape, negative memberships and pixels whose sum is not 1.
    """
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
    flat = None if mask is None else plain(mask).reshape(-1)
    pixels, weights = check_pixels(image.reshape(len(image), -1), flat, n_components)
    return pixels, weights.reshape(image.shape[1:])

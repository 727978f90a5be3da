"""Regularisers R(Π, μ, Σ) [R]: each returns its value and its gradient at Π.

μ and Σ are functions of Π by [G2] with r = Π, and the gradient goes through them too.
Bind the extra arguments with `functools.partial` to get what `DeepModel.regularizers` takes.
"""

from collections.abc import Sequence

import numpy as np
from scipy.special import xlogy

from ..mixtures import hmrf
from ..mixtures.families import FAMILIES
from ..mixtures.records import AnyMixture, Mixture
from .records import Batch, DeepModel


def total(
    proportions: np.ndarray,
    image: np.ndarray,
    previous: AnyMixture,
    weights: np.ndarray,
    floor: np.ndarray,
    model: DeepModel = DeepModel(),
) -> tuple[float, np.ndarray]:
    """Σ λ R of a model's regularisers, and its gradient at Π [R].

    R sees μ, Σ by [G2] (or what the family has) with r = Π, whatever the weights of the M-step, and π = mean Π.
    proportions: (K, *spatial). image: (M, *spatial). previous: the mixture whose moments empty classes keep.
    weights: (*spatial). floor: (M,). Returns the value and its gradient (K, *spatial).
    """
    value, gradient = 0.0, np.zeros_like(proportions)
    if not model.regularizers:
        return value, gradient
    pixels, columns, w = (maps.reshape(-1, weights.size) for maps in (image, proportions, weights))
    estimate = FAMILIES[model.family].estimate
    found, _ = estimate(pixels, columns, w[0], floor, previous, model.covariance_type)
    mixture = found._replace(proportions=columns @ w[0] / w.sum())
    for regularizer, strength in model.regularizers:
        term, d_term = regularizer(proportions, mixture, image, weights)
        value, gradient = value + strength * term, gradient + strength * d_term
    return value, gradient


def mean_prior(
    proportions: np.ndarray, mixture: Mixture, image: np.ndarray, mask: np.ndarray, means: np.ndarray
) -> tuple[float, np.ndarray]:
    """‖μ − μ_data‖² [R1].

    proportions: (K, *spatial). image: (M, *spatial). mask: (*spatial), weights. means: μ_data (K, M).
    Returns the value and its gradient (K, *spatial).
    """
    offset = mixture.means - means
    return (offset**2).sum(), _through_means(2 * offset, proportions, mixture.means, image, mask)


def mean_prior_of_batch(
    proportions: np.ndarray, mixtures: Mixture, batch: Batch, means: np.ndarray
) -> tuple[float, np.ndarray]:
    """‖mean_b μ_b − μ_data‖², as in the published code [R1].

    proportions: (B, K, *spatial). mixtures: with μ (B, K, M). batch: the B images. means: μ_data (K, M).
    Returns the value and its gradient (B, K, *spatial).
    """
    shares = batch.shares / batch.shares.sum()
    offset = np.tensordot(shares, mixtures.means, 1) - means
    gradients = [
        _through_means(2 * share * offset, *of_image)
        for share, *of_image in zip(shares, proportions, mixtures.means, batch.images, batch.weights, strict=True)
    ]
    return (offset**2).sum(), np.stack(gradients)


def total_variation(
    proportions: np.ndarray,
    mixture: AnyMixture,
    image: np.ndarray,
    mask: np.ndarray,
    spacing: Sequence[float] | None = None,
) -> tuple[float, np.ndarray]:
    """(1/N) Σ_a (s_min/s_a) Σ_k Σ_{x~y in Ω} |Π_k(x) − Π_k(y)| over neighbours x~y along each axis a [R2], [NN3].

    proportions: (K, *spatial). mask: (*spatial), weights, N their sum; Ω is where they are positive.
    spacing: s, a number for each axis; all 1 if not given. Returns the value and its gradient (K, *spatial).
    """
    inside, total = mask > 0, mask.sum()
    shares = np.ones(mask.ndim) if spacing is None else np.min(spacing) / np.array(spacing)
    value, gradient = 0.0, np.zeros_like(proportions)
    for axis, share in enumerate(shares):
        pairs = np.moveaxis(inside, axis, 0)
        pairs = pairs[1:] & pairs[:-1]
        steps = np.diff(np.moveaxis(proportions, axis + 1, 1), axis=1) * pairs
        value += share * np.abs(steps).sum() / total
        along = np.moveaxis(gradient, axis + 1, 1)  # a view: adds to `gradient`
        along[:, 1:] += share * np.sign(steps) / total
        along[:, :-1] -= share * np.sign(steps) / total
    return value, gradient


def entropy(
    proportions: np.ndarray, mixture: AnyMixture, image: np.ndarray, mask: np.ndarray
) -> tuple[float, np.ndarray]:
    """−(1/N) Σ_x w Σ_k Π_k log Π_k: how undecided the pixels are, 0 to log K [R3].

    proportions: (K, *spatial). mask: (*spatial), weights w, N their sum. λ > 0 makes Π harder, λ < 0 softer.
    Returns the value and its gradient (K, *spatial), taken as 0 where Π is 0: a softmax multiplies it by Π.
    """
    share = mask / mask.sum()
    value = -(share * xlogy(proportions, proportions)).sum()
    some = proportions > 0
    return value, np.where(some, -share * (np.log(np.where(some, proportions, 1)) + 1), 0)


def volumes(
    proportions: np.ndarray, mixture: AnyMixture, image: np.ndarray, mask: np.ndarray, volumes: np.ndarray
) -> tuple[float, np.ndarray]:
    """Σ_k v_k log(v_k / π_k): how far the classes' shares π are from given ones; ∞ if one has vanished [R4].

    proportions: (K, *spatial). mixture: with π = mean Π (K,). mask: (*spatial), weights.
    volumes: v (K,), of sum 1. Returns the value and its gradient (K, *spatial).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        value = (xlogy(volumes, volumes) - xlogy(volumes, mixture.proportions)).sum()
        pull = np.where(volumes > 0, -volumes / mixture.proportions, 0)
    inside = mask > 0
    share = np.where(inside, mask, 1) / mask.sum()
    return value, np.where(inside, share * pull.reshape(-1, *[1] * mask.ndim), 0)


def hidden_markov(
    proportions: np.ndarray, mixture: AnyMixture, image: np.ndarray, mask: np.ndarray
) -> tuple[float, np.ndarray]:
    """−(1/N) Σ_{x~y} w(x) w(y) Σ_k Π_k(x) Π_k(y), the coupling of the Markov field [R5], [SV4].

    proportions: (K, *spatial), with any number of axes. mask: (*spatial), weights w, N their sum.
    Returns the value and its gradient (K, *spatial).
    """
    gradient = -mask * hmrf.neighbour_sum(mask * proportions) / mask.sum()
    return 0.5 * (proportions * gradient).sum(), gradient  # each pair is met from both its pixels


def _through_means(
    d_means: np.ndarray, proportions: np.ndarray, means: np.ndarray, image: np.ndarray, mask: np.ndarray
) -> np.ndarray:
    """The gradient at Π (K, *spatial) from that at μ (K, M): ∂μ_k/∂Π_k(x) = w (x − μ_k) / n_k [DG5]."""
    counts = (mask * proportions).sum(axis=tuple(range(1, proportions.ndim)), keepdims=True)
    offsets = (d_means * means).sum(axis=1).reshape(counts.shape)
    along = np.einsum("km,m...->k...", d_means, image) - offsets
    occupied = counts >= 10 * np.finfo(float).tiny
    return np.where(occupied, mask * along / np.where(occupied, counts, 1), 0)

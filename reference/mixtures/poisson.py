"""Poisson distributions: counts, such as those of photons and of tracer decays [NG8].

Channels are independent within a class.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import gammaln

from ..types import Array
from . import gaussian
from .records import Estimate, Mixture, Poisson

LEAST = 1e-12  # λ, so that a class of zeros has a finite density everywhere


class PoissonSums(NamedTuple):
    """Sums over pixels [NG8]: they add up over parts of an image. counts: Σ w r (K,). first: Σ w r x (K, M)."""

    counts: Array
    first: Array


def log_density(pixels: np.ndarray, mixture: Poisson, covariance_type: str = "diag") -> np.ndarray:
    """x log λ − λ − log Γ(x + 1), summed over the channels [NG8]. pixels: (M, N), not negative. Returns (K, N)."""
    alone = gammaln(pixels + 1).sum(axis=0)
    return np.log(mixture.rates) @ pixels - mixture.rates.sum(axis=1)[:, None] - alone


def statistics(
    pixels: np.ndarray,
    responsibilities: np.ndarray,
    weights: np.ndarray,
    previous: Poisson,
    covariance_type: str = "diag",
) -> PoissonSums:
    """The sums that [NG8] needs. pixels: (M, N). responsibilities: r (K, N). weights: w (N,)."""
    share = weights * responsibilities
    return PoissonSums(counts=share.sum(axis=1), first=share @ pixels.T)


def estimate(
    statistics: PoissonSums, floor: np.ndarray, previous: Poisson, covariance_type: str = "diag"
) -> Estimate:
    """λ = x̄, the weighted mean of the class [NG8]. statistics: of r = γ. Returns an `Estimate`."""
    counts, first = statistics
    empty = gaussian.is_empty(counts)
    means = np.maximum(first / np.where(empty, 1, counts)[:, None], LEAST)
    rates = np.where(empty[:, None], previous.rates, means)
    return Estimate(counts=counts, mixture=previous._replace(rates=rates), degenerate=empty)


def of_gaussians(mixture: Mixture, covariance_type: str = "diag") -> Poisson:
    """The start: the Gaussians' means [NG8]."""
    return Poisson(proportions=mixture.proportions, rates=np.maximum(mixture.means, LEAST))


def log_density_pullback(
    pixels: np.ndarray, mixture: Poisson, cotangent: np.ndarray, covariance_type: str = "diag"
) -> tuple[np.ndarray]:
    """Gradient at λ of Σ_kn c_kn log p(x_n) [NG10].

    pixels: (M, N). cotangent: c (K, N). Returns a tuple with one array (K, M).
    """
    return (cotangent @ pixels.T / mixture.rates - cotangent.sum(axis=1)[:, None],)


def estimate_pullback(
    pixels: np.ndarray,
    responsibilities: np.ndarray,
    weights: np.ndarray,
    floor: np.ndarray,
    found: Estimate,
    previous: Poisson,
    cotangents: tuple[np.ndarray],
    covariance_type: str = "diag",
) -> np.ndarray:
    """Gradient at the responsibilities r of a function of their estimate [NG10].

    pixels: (M, N). responsibilities: r (K, N). weights: (N,). found: the `Estimate` for r. cotangents: the
    function's gradient at λ (K, M), in a tuple. Returns (K, N); 0 for degenerate classes.
    """
    (d_rates,) = cotangents
    rates = found.mixture.rates
    n = np.where(found.degenerate, 1, found.counts)[:, None]
    pull = np.where(found.degenerate[:, None] | (rates <= LEAST), 0, d_rates) / n
    return weights * (pull @ pixels - (pull * rates).sum(axis=1)[:, None])

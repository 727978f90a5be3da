"""The hidden Markov field [SV4]: a Gaussian mixture whose neighbouring pixels tend to share a class.

Mean field (Zhang, Brady, Smith 2001; Celeux, Forbes, Peyrard 2003). Maps lie over a grid of two or three
dimensions; the neighbours of a pixel are those that share an edge or face, or with `diagonals` a corner too.
"""

import numpy as np
from scipy.ndimage import correlate, generate_binary_structure
from scipy.special import log_softmax, xlogy

from . import em, gaussian, svgmm
from .checks import check_field, check_start
from .records import FieldFit, Mixture


def neighbour_sum(maps: np.ndarray, diagonals: bool = False) -> np.ndarray:
    """Σ_{y∈∂x} f_k(y) of maps f (K, *spatial); what lies beyond the border counts 0."""
    n_dimensions = maps.ndim - 1
    around = generate_binary_structure(n_dimensions, n_dimensions if diagonals else 1).astype(float)
    around[(1,) * n_dimensions] = 0
    return correlate(maps, around[None], mode="constant")


def colours(weights: np.ndarray, diagonals: bool = False) -> np.ndarray:
    """A colour for each pixel of the map (*spatial), from 0 on; no two neighbours share one.

    Two as on a checkerboard, with diagonals 2^dimensions. Returns (*spatial) int.
    """
    places = np.indices(weights.shape)
    if diagonals:
        return np.tensordot(2 ** np.arange(weights.ndim), places % 2, 1)
    return places.sum(axis=0) % 2


def sweep(
    responsibilities: np.ndarray,
    log_densities: np.ndarray,
    weights: np.ndarray,
    beta: float = 1.0,
    diagonals: bool = False,
) -> np.ndarray:
    """γ_k(x) ∝ N(I(x)|μ_k,Σ_k) exp(β Σ_{y∈∂x} w(y) γ_k(y)), colour by colour [SV4]: each lowers F.

    responsibilities: γ (K, *spatial). log_densities: log N (K, *spatial). weights: (*spatial). Returns γ.
    """
    colour = colours(weights, diagonals)
    for each in range(colour.max() + 1):
        field = beta * neighbour_sum(weights * responsibilities, diagonals)
        updated, _ = gaussian.posterior(field, log_densities)
        responsibilities = np.where(colour == each, updated, responsibilities)
    return responsibilities


def free_energy(
    responsibilities: np.ndarray,
    log_densities: np.ndarray,
    weights: np.ndarray,
    beta: float = 1.0,
    diagonals: bool = False,
) -> np.ndarray:
    """Each pixel's share of F (*spatial), of which F is the weighted mean [SV4]. Arguments as for `sweep`.

    F = (1/N) [Σ_x w Σ_k γ_k (log γ_k − log N) − β Σ_{x~y} w(x) w(y) Σ_k γ_k(x) γ_k(y)].
    """
    alone = xlogy(responsibilities, responsibilities) - responsibilities * log_densities
    agreement = responsibilities * neighbour_sum(weights * responsibilities, diagonals)  # meets every pair twice
    return (alone - beta / 2 * agreement).sum(axis=0)


def pseudo_nll(
    responsibilities: np.ndarray,
    log_densities: np.ndarray,
    weights: np.ndarray,
    beta: float = 1.0,
    diagonals: bool = False,
) -> float:
    """−(1/N) Σ_x w log Σ_k π_k(x) N(I(x)|μ_k,Σ_k), π_k(x) ∝ exp(β Σ_{y∈∂x} w(y) γ_k(y)) [SV5].

    Every pixel as its neighbours let it expect: least for the β that suits the image. Arguments as for `sweep`.
    """
    field = beta * neighbour_sum(weights * responsibilities, diagonals)
    _, log_likelihood = gaussian.posterior(log_softmax(field, axis=0), log_densities)
    return em.mean_nll(log_likelihood.ravel(), weights.ravel())


def fit(
    image: np.ndarray,
    start: Mixture,
    mask: np.ndarray | None = None,
    *,
    beta: float = 1.0,
    diagonals: bool = False,
    covariance_type: str = "diag",
    tol: float = 1e-3,
    max_iter: int = 100,
    floor: np.ndarray | None = None,
) -> FieldFit:
    """Fit a hidden Markov field to an image: a sweep and an M-step by turns [SV4].

    image: (M, *spatial), any unit. start: a fitted GMM, whose posteriors the field starts from.
    mask: (*spatial), bool or weights, 1 if not given. beta: β ≥ 0. tol: on the fall of F. max_iter: at most so
    many M-steps. The other arguments are those of `mixtures.gmm.fit`. Returns a `FieldFit`.
    Raises ValueError for β < 0, and as `mixtures.gmm.fit`.
    """
    pixels, weights = check_field(np.asarray(image, dtype=float), mask, beta, len(start.means))
    check_start(start, pixels, covariance_type)
    floor = gaussian.variance_floor(pixels, weights.ravel()) if floor is None else floor
    return solve(
        pixels,
        start,
        weights,
        floor,
        beta=beta,
        diagonals=diagonals,
        covariance_type=covariance_type,
        tol=tol,
        max_iter=max_iter,
    )


def solve(
    pixels: np.ndarray,
    start: Mixture,
    weights: np.ndarray,
    floor: np.ndarray,
    *,
    beta: float,
    diagonals: bool,
    covariance_type: str,
    tol: float,
    max_iter: int,
) -> FieldFit:
    """`fit` of input that has been checked: pixels (M, N) of the grid of the weights (*spatial)."""
    w = weights.ravel()
    maps = (len(start.means), *weights.shape)

    def e_step(mixture: Mixture) -> tuple[np.ndarray, np.ndarray]:
        densities = gaussian.log_density(pixels, mixture.means, mixture.covariances, covariance_type).reshape(maps)
        return sweep(mixture.proportions.reshape(maps), densities, weights, beta, diagonals), densities

    def step(mixture: Mixture) -> tuple[float, Mixture, np.ndarray]:
        responsibilities, densities = e_step(mixture)
        energy = free_energy(responsibilities, densities, weights, beta, diagonals)
        flat = responsibilities.reshape(len(responsibilities), -1)
        following, found = svgmm.m_step(pixels, flat, w, floor, mixture, covariance_type)
        return em.mean_nll(-energy.ravel(), w), following, found.degenerate

    ended = em.run(step, svgmm.begin(pixels, start, covariance_type), tol, max_iter)
    responsibilities, densities = e_step(ended.mixture)
    mean = responsibilities.reshape(len(responsibilities), -1) @ w / w.sum()
    return FieldFit(
        **ended._replace(mixture=ended.mixture._replace(proportions=mean))._asdict(),
        responsibilities=responsibilities,
        labels=responsibilities.argmax(axis=0),
        pseudo_nll=pseudo_nll(responsibilities, densities, weights, beta, diagonals),
    )

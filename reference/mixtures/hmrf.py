"""The hidden Markov (random) field [SV4]: a Gaussian mixture whose neighbouring pixels tend to share a class.

Mean field (Zhang, Brady, Smith 2001; Celeux, Forbes, Peyrard 2003). Maps lie over a grid of two or three
dimensions; the neighbours of a pixel are those that share an edge or face, or with `diagonals` a corner too.
"""

import numpy as np
from scipy.ndimage import correlate, generate_binary_structure
from scipy.special import log_softmax, softmax, xlogy

from ..checks import check_choice, plain
from . import em, families, gaussian, svgmm
from .checks import CLASS_SIZES, check_field, check_start, check_support
from .families import FAMILIES
from .forms import n_components
from .records import AnyMixture, FieldFit, FieldState


def neighbour_sum(maps: np.ndarray, diagonals: bool = False) -> np.ndarray:
    """Σ_{y∈∂x} f_k(y) of maps f (K, *spatial), 0 beyond the border. Returns (K, *spatial)."""
    n_dimensions = maps.ndim - 1
    around = generate_binary_structure(n_dimensions, n_dimensions if diagonals else 1).astype(float)
    around[(1,) * n_dimensions] = 0
    return correlate(maps, around[None], mode="constant")


def colours(weights: np.ndarray, diagonals: bool = False) -> np.ndarray:
    """A colour (0, 1, …) for each pixel of the map (*spatial); no two neighbours share one.

    Two colours, as on a checkerboard; with diagonals, 2^dimensions. Returns (*spatial) int.
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
    external: np.ndarray | None = None,
) -> np.ndarray:
    """γ_k(x) ∝ N(I(x)|μ_k,Σ_k) exp(α_k + β Σ_{y∈∂x} w(y) γ_k(y)), colour by colour; each lowers F [SV4].

    responsibilities: γ (K, *spatial). log_densities: log N (K, *spatial). weights: (*spatial). beta: β ≥ 0.
    diagonals: pixels that share a corner are neighbours too. external: α (K,), 0 if not given.
    Returns γ (K, *spatial).
    """
    colour = colours(weights, diagonals)
    for each in range(colour.max() + 1):
        field = _field(responsibilities, weights, beta, diagonals, external)
        updated, _ = gaussian.posterior(field, log_densities)
        responsibilities = np.where(colour == each, updated, responsibilities)
    return responsibilities


def free_energy(
    responsibilities: np.ndarray,
    log_densities: np.ndarray,
    weights: np.ndarray,
    beta: float = 1.0,
    diagonals: bool = False,
    external: np.ndarray | None = None,
) -> np.ndarray:
    """Each pixel's part of F (*spatial); F is their weighted mean [SV4]. Arguments as for `sweep`.

    F = (1/N) [Σ_x w Σ_k γ_k (log γ_k − log N − α_k) − β Σ_{x~y} w(x) w(y) Σ_k γ_k(x) γ_k(y)].
    """
    known = log_densities + _along(external, log_densities.ndim)
    alone = xlogy(responsibilities, responsibilities) - responsibilities * known
    agreement = responsibilities * neighbour_sum(weights * responsibilities, diagonals)  # meets every pair twice
    return (alone - beta / 2 * agreement).sum(axis=0)


def pseudo_nll(
    responsibilities: np.ndarray,
    log_densities: np.ndarray,
    weights: np.ndarray,
    beta: float = 1.0,
    diagonals: bool = False,
    external: np.ndarray | None = None,
) -> float:
    """−(1/N) Σ_x w log Σ_k π_k(x) N(I(x)|μ_k,Σ_k), π_k(x) ∝ exp(α_k + β Σ_{y∈∂x} w(y) γ_k(y)) [SV5].

    The negative logarithm of the pseudo-likelihood: of each pixel, given its neighbours. Arguments as for `sweep`.
    """
    foretold = log_softmax(_field(responsibilities, weights, beta, diagonals, external), axis=0)
    _, log_likelihood = gaussian.posterior(foretold, log_densities)
    return em.mean_nll(log_likelihood.ravel(), weights.ravel())


def information(proportions: np.ndarray, nll: float, pseudo_nll: float) -> tuple[float, float]:
    """The information I of the neighbours about a pixel, by the entropy H of the class sizes: I/H and I/√H [SV6].

    proportions: mean γ (K,). nll: the NLL of a mixture with these proportions [EM2]. pseudo_nll: the NLL with the
    proportions that the neighbours predict [SV5]. Returns both, 0 if one class has all pixels; I/√H is greatest
    for the β that suits the image. Source: Theil 1970; Strehl, Ghosh 2002.
    """
    told, entropy = nll - pseudo_nll, -xlogy(proportions, proportions).sum()
    return (told / entropy, told / np.sqrt(entropy)) if entropy > 0 else (0.0, 0.0)


def external_field(
    responsibilities: np.ndarray,
    weights: np.ndarray,
    external: np.ndarray,
    beta: float = 1.0,
    diagonals: bool = False,
) -> np.ndarray:
    """α_k + log(mean γ_k / mean π_k), π_k(x) as in `pseudo_nll` [SV7]: a step of iterative scaling; it lowers F.

    α_k rises while class k is larger than the neighbours predict; a class without a pixel keeps its α [G3].
    Arguments as for `sweep`. Returns α (K,). Source: Darroch & Ratcliff 1972.
    """
    foretold = softmax(_field(responsibilities, weights, beta, diagonals, external), axis=0)
    actual, expected = _mean(responsibilities, weights), _mean(foretold, weights)
    known = np.minimum(actual, expected) > 10 * np.finfo(float).tiny
    return external + np.log(np.where(known, actual, 1) / np.where(known, expected, 1))


def _field(
    responsibilities: np.ndarray, weights: np.ndarray, beta: float, diagonals: bool, external: np.ndarray | None
) -> np.ndarray:
    """α_k + β Σ_{y∈∂x} w(y) γ_k(y): the log-prior of each pixel, up to a constant."""
    field = beta * neighbour_sum(weights * responsibilities, diagonals)
    return field + _along(external, field.ndim)


def _along(of_classes: np.ndarray | None, n_axes: int) -> np.ndarray:
    """A number for each class (K,), 0 if not given, with as many axes as maps (K, *spatial)."""
    return np.reshape(0.0 if of_classes is None else of_classes, (-1, *[1] * (n_axes - 1)))


def _mean(maps: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The weighted mean (K,) of maps (K, *spatial)."""
    return maps.reshape(len(maps), -1) @ weights.ravel() / weights.sum()


def fit(
    image: np.ndarray,
    start: AnyMixture,
    mask: np.ndarray | None = None,
    *,
    beta: float = 1.0,
    diagonals: bool = False,
    class_sizes: str = "equal",
    covariance_type: str = "diag",
    family: str = "gaussian",
    tol: float = 1e-3,
    max_iter: int = 100,
    floor: np.ndarray | None = None,
) -> FieldFit:
    """Fit a hidden Markov field to an image: a sweep and an M-step in turn [SV4].

    image: (M, *spatial), any unit. start: a fitted GMM, whose posteriors the field starts from.
    mask: (*spatial), bool or weights, 1 if not given. beta: β ≥ 0. diagonals: pixels that share a corner are
    neighbours too. class_sizes: "equal" (α = 0) or "free" (α starts from π of the start, and each M-step makes one
    step of [SV7]). tol: the fit ends when F falls by less. max_iter: the largest number of M-steps.
    The other arguments are those of `mixtures.gmm.fit`. Returns a `FieldFit`.
    Raises ValueError for β < 0, other class sizes, and as `mixtures.gmm.fit`.
    """
    check_choice("class_sizes", class_sizes, CLASS_SIZES)
    pixels, weights = check_field(plain(image, float), mask, beta, n_components(start))
    check_start(start, pixels, covariance_type, family)
    pixels = check_support(pixels, weights.ravel(), family)
    floor = families.floor(pixels, weights.ravel(), family) if floor is None else floor
    return solve(
        pixels,
        start,
        weights,
        floor,
        beta=beta,
        diagonals=diagonals,
        class_sizes=class_sizes,
        covariance_type=covariance_type,
        family=family,
        tol=tol,
        max_iter=max_iter,
    )


def solve(
    pixels: np.ndarray,
    start: AnyMixture,
    weights: np.ndarray,
    floor: np.ndarray,
    *,
    beta: float,
    diagonals: bool,
    class_sizes: str,
    covariance_type: str,
    family: str,
    tol: float,
    max_iter: int,
) -> FieldFit:
    """`fit` of input that has been checked: pixels (M, N) of the grid of the weights (*spatial)."""
    w, free, maps = weights.ravel(), class_sizes == "free", (n_components(start), *weights.shape)

    def e_step(state: FieldState) -> tuple[np.ndarray, np.ndarray]:
        densities = FAMILIES[family].log_density(pixels, state.mixture, covariance_type).reshape(maps)
        before = state.mixture.proportions.reshape(maps)
        swept = sweep(before, densities, weights, beta, diagonals, state.external)
        return swept, densities

    def step(state: FieldState) -> tuple[float, FieldState, np.ndarray]:
        responsibilities, densities = e_step(state)
        energy = free_energy(responsibilities, densities, weights, beta, diagonals, state.external)
        flat = responsibilities.reshape(len(responsibilities), -1)
        mixture, found = svgmm.m_step(pixels, flat, w, floor, state.mixture, covariance_type, family)
        external = state.external
        if free:
            external = external_field(responsibilities, weights, external, beta, diagonals)
        return em.mean_nll(-energy.ravel(), w), FieldState(mixture=mixture, external=external), found.degenerate

    sizes = maps[0] * start.proportions  # relative to equal ones
    external = np.log(np.where(free & (sizes > 0), sizes, 1))
    begin = FieldState(mixture=svgmm.begin(pixels, start, covariance_type, family), external=external)
    ended = em.run(step, begin, tol, max_iter)
    state: FieldState = ended.mixture
    responsibilities, densities = e_step(state)
    mean = _mean(responsibilities, weights)
    _, alone = gaussian.posterior(gaussian.safe_log(mean)[:, None], densities.reshape(len(mean), -1))
    return FieldFit(
        value=ended.value,
        history=ended.history,
        status=ended.status,
        degenerate=ended.degenerate,
        mixture=state.mixture._replace(proportions=mean),
        responsibilities=responsibilities,
        labels=responsibilities.argmax(axis=0),
        external=state.external,
        nll=em.mean_nll(alone, w),
        pseudo_nll=pseudo_nll(responsibilities, densities, weights, beta, diagonals, state.external),
    )

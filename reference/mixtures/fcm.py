"""Fuzzy C-means [FC] (Bezdek 1981): centres and memberships in turn."""

import numpy as np

from .. import stopping
from ..checks import plain
from ..types import Status
from .checks import check_fuzzifier, check_memberships, check_pixels
from .records import FuzzyFit


def centres(
    pixels: np.ndarray,
    memberships: np.ndarray,
    weights: np.ndarray,
    previous: np.ndarray,
    fuzzifier: float = 2.0,
) -> tuple[np.ndarray, np.ndarray]:
    """c_j = Σ_i w_i u_ij^m x_i / Σ_i w_i u_ij^m [FC1].

    pixels: (M, N). memberships: (K, N). weights: (N,). previous: centres (K, M), kept by a class without members.
    fuzzifier: m > 1. Returns the centres (K, M), and (K,) bool, which classes have no member.
    """
    inside = np.where(weights > 0, memberships, 0)
    highest = inside.max(axis=1)
    empty = highest == 0
    # relative to the highest membership of the class: powers of small numbers underflow
    share = weights * (inside / np.where(empty, 1, highest)[:, None]) ** fuzzifier
    found = share @ pixels.T / np.where(empty, 1, share.sum(axis=1))[:, None]
    return np.where(empty[:, None], previous, found), empty


def memberships(pixels: np.ndarray, centres: np.ndarray, fuzzifier: float = 2.0) -> np.ndarray:
    """u_ij = 1 / Σ_k (‖x_i − c_j‖ / ‖x_i − c_k‖)^{2/(m−1)} [FC2].

    pixels: (M, N). centres: (K, M). fuzzifier: m > 1. Returns (K, N); a pixel on a centre belongs to that class
    alone, or in equal shares to all classes whose centres lie there.
    """
    squared = squared_distances(pixels, centres)
    on_centre = squared == 0
    # As powers of distances relative to the nearest centre's, which are at least 1: nothing overflows.
    nearest = squared.min(axis=0)
    ratio = nearest / np.where(on_centre, 1, squared)
    power = np.where(on_centre.any(axis=0), on_centre, ratio ** (1 / (fuzzifier - 1)))
    return power / power.sum(axis=0)


def objective(
    pixels: np.ndarray,
    memberships: np.ndarray,
    centres: np.ndarray,
    weights: np.ndarray,
    fuzzifier: float = 2.0,
) -> float:
    """J = Σ_i w_i Σ_j u_ij^m ‖x_i − c_j‖² [FC1], in the squared unit of the pixels; arguments as for `centres`."""
    return float((memberships**fuzzifier * squared_distances(pixels, centres)).sum(axis=0) @ weights)


def partition_coefficient(memberships: np.ndarray, weights: np.ndarray) -> float:
    """Σ_i w_i Σ_j u_ij² / Σ_i w_i [FC4]: 1 for a hard partition, 1/K if all memberships are equal.

    memberships: (K, N). weights: (N,).
    """
    return float((memberships**2).sum(axis=0) @ weights / weights.sum())


def fit(
    pixels: np.ndarray,
    start: np.ndarray,
    weights: np.ndarray | None = None,
    *,
    fuzzifier: float = 2.0,
    tol: float = 5e-3,
    max_iter: int = 100,
) -> FuzzyFit:
    """Fuzzy C-means, started from memberships: J falls in every round [FC1], [FC2].

    pixels: (M, N), any unit. start: memberships (K, N), such as `mixtures.initialization.random_memberships`.
    weights: (N,), 1 if not given. fuzzifier: m > 1. tol: the fit ends when no membership changes by tol or more
    [FC3]. max_iter: the largest number of rounds, at least 1. Returns a `FuzzyFit`.
    Raises ValueError for m ≤ 1, shapes that do not match, non-finite pixels or too few of them.
    """
    check_fuzzifier(fuzzifier, max_iter)
    x, w = check_pixels(plain(pixels, float), weights, len(start))
    u = check_memberships(plain(start, float), w)
    return solve(x, u, w, fuzzifier=fuzzifier, tol=tol, max_iter=max_iter)


def solve(
    pixels: np.ndarray,
    start: np.ndarray,
    weights: np.ndarray,
    *,
    fuzzifier: float,
    tol: float,
    max_iter: int,
) -> FuzzyFit:
    """`fit` of input that has been checked."""
    x, u, w = pixels, start, weights
    c = np.broadcast_to((x @ w / w.sum()), (len(u), len(x)))
    history: list[float] = []
    status = Status.running
    while status == Status.running:
        c, degenerate = centres(x, u, w, c, fuzzifier)  # [FC1]
        following = memberships(x, c, fuzzifier)  # [FC2]
        history.append(objective(x, following, c, w, fuzzifier))
        change = np.abs(following - u)[:, w > 0].max()
        u = following
        status = stopping.status(history[-1], change < tol, len(history) >= max_iter)  # [FC3]
    return FuzzyFit(
        value=history[-1],
        history=np.array(history),
        status=status,
        degenerate=degenerate,
        centres=c,
        memberships=u,
        labels=u.argmax(axis=0),
        partition_coefficient=partition_coefficient(u, w),  # [FC4]
    )


def squared_distances(pixels: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """‖x_i − c_j‖² (K, N), of pixels (M, N) and centres (K, M)."""
    return ((pixels - centres[:, :, None]) ** 2).sum(axis=1)

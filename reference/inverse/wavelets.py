"""Orthonormal wavelets, periodised [IP13] (Daubechies 1988).

One level along an axis of n pixels, with the scaling filter h of L taps and g_i = (−1)^i h_{L−1−i}:
low_k = Σ_i h_i x_{2k+i+1−L/2}, high_k = Σ_i g_i x_{2k+i+1−L/2}, indices modulo n. The lows come first; the next
level takes them alone.
"""

import numpy as np
from scipy.special import comb

from ..checks import check_divisible


def daubechies(moments: int, levels: int) -> np.ndarray:
    """The scaling filter with so many vanishing moments, once a level: 1 is Haar's, 4 that of db4 [IP13].

    The polynomial P with |h(ω)|² = 2 cos^{2p}(ω/2)·P(sin²(ω/2)) is factorised; of its zeros those inside the unit
    circle are taken. moments: p ≥ 1. levels: J ≥ 1. Returns (J, 2p), Σh = √2.
    """
    zeros: list[np.ndarray] = [-np.ones(moments)]
    for y in np.roots([comb(moments - 1 + k, k) for k in reversed(range(moments))]):
        pair = np.roots([1, 4 * y - 2, 1])
        zeros.append(pair[[np.abs(pair).argmin()]])
    taps = np.poly(np.concatenate(zeros)).real
    return np.tile(np.sqrt(2) * taps / taps.sum(), (levels, 1))


def transform(image: np.ndarray, scaling: np.ndarray) -> np.ndarray:
    """Ψx over all axes [IP13].

    image: (*spatial), each side a multiple of 2^J, real or complex. scaling: h of each level (J, L), the finest
    first. Returns the same shape: the coarsest lows in the first corner. Raises ValueError for other sides.
    """
    check_divisible(image.shape, 2 ** len(scaling))
    found = np.array(image)
    for level, taps in enumerate(scaling):
        corner = tuple(slice(side >> level) for side in image.shape)
        found[corner] = _along_axes(found[corner], taps, inverse=False)
    return found


def inverse(coefficients: np.ndarray, scaling: np.ndarray) -> np.ndarray:
    """Ψ*c, which is Ψ⁻¹c [IP13]. coefficients: as `transform` returns them. Raises ValueError as `transform`."""
    check_divisible(coefficients.shape, 2 ** len(scaling))
    found = np.array(coefficients)
    for level in reversed(range(len(scaling))):
        corner = tuple(slice(side >> level) for side in coefficients.shape)
        found[corner] = _along_axes(found[corner], scaling[level], inverse=True)
    return found


def details(image: np.ndarray, scaling: np.ndarray) -> np.ndarray:
    """Which coefficients are details: all but the coarsest lows [IP13].

    image: of which only the shape counts. scaling: (J, L). Returns booleans of that shape.
    """
    mask = np.ones(image.shape, bool)
    mask[tuple(slice(side >> len(scaling)) for side in image.shape)] = False
    return mask


def _along_axes(block: np.ndarray, taps: np.ndarray, inverse: bool) -> np.ndarray:
    """One level along every axis, or back."""
    for axis, side in enumerate(block.shape):
        matrix = _matrix(taps, side)
        block = np.moveaxis(np.tensordot(matrix.T if inverse else matrix, block, (1, axis)), 0, axis)
    return block


def _matrix(taps: np.ndarray, side: int) -> np.ndarray:
    """The orthogonal matrix (side, side) of one level along an axis, lows first."""
    n_taps = len(taps)
    mirrored = taps[::-1] * (-1.0) ** np.arange(n_taps)
    rows = np.arange(side // 2)[:, None]
    columns = (2 * rows + np.arange(n_taps) + 1 - n_taps // 2) % side
    matrix = np.zeros((side, side))
    np.add.at(matrix, (rows, columns), taps)
    np.add.at(matrix, (rows + side // 2, columns), mirrored)
    return matrix

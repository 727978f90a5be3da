"""Views of a fan as parallel ones [CT8]."""

import numpy as np

from .checks import angle_gaps, check_sinogram
from .records import ScanGeometry


def rebin(sinogram: np.ndarray, geometry: ScanGeometry) -> np.ndarray:
    """Parallel views at the same angles and places: g(θ, l) = g(β = θ + γ, u), sin γ = l/R, u = l/cos γ [CT8].

    The ray and its opposite (θ + π, −l) are both looked up, bilinearly in β and u, and averaged as far as they
    were measured; 0 if neither was. sinogram: (n, D) of a fan.
    Returns (n, D), as of `geometry` with the divergence 0. Raises ValueError as `radon.project_back`.
    """
    check_sinogram(sinogram, geometry)
    sine = geometry.divergence * geometry.detectors
    gamma = np.arcsin(np.clip(sine, -1, 1))
    place = geometry.detectors / np.sqrt(np.maximum(1 - sine**2, 1e-12))
    values, measured = np.zeros(sinogram.shape), np.zeros(sinogram.shape)
    for turn, sign in ((0, 1), (np.pi, -1)):
        found, known = _look_up(sinogram, geometry, geometry.angles[:, None] + turn + sign * gamma, sign * place)
        values, measured = values + found, measured + known
    return np.where(measured > 0, values / np.where(measured > 0, measured, 1), 0)


def _look_up(
    sinogram: np.ndarray, geometry: ScanGeometry, beta: np.ndarray, place: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Σ of the neighbours' values times weights, and Σ of the weights, 1 where all were measured: both (n, D)."""
    angles, beta = geometry.angles % (2 * np.pi), beta % (2 * np.pi)
    order = np.argsort(angles, kind="stable")
    _, counted = angle_gaps(angles, 2 * np.pi)
    before = np.searchsorted(angles[order], beta, side="right") - 1  # −1: the last, a turn ago
    after = (before + 1) % len(angles)
    reach = counted[before]
    place = np.clip((place - geometry.detectors[0]) / geometry.detector_spacing + 1, 0, sinogram.shape[1] + 1)
    left = place.astype(int)
    found, known = np.zeros(beta.shape), np.zeros(beta.shape)
    views, inside = (np.pad(each, ((0, 0), (1, 2))) for each in (sinogram[order], np.ones(sinogram.shape)))
    for view, away in ((before, beta - angles[order][before]), (after, angles[order][after] - beta)):
        near = np.maximum(0, 1 - away % (2 * np.pi) / reach)
        for column, share in ((left, 1 - (place - left)), (left + 1, place - left)):
            found += near * share * views[view, column]
            known += near * share * inside[view, column]
    return found, known

"""The figures of a page: maps of probability, entropy and ambiguity, the course of the fits, histograms."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy.ndimage import find_objects
from scipy.special import entr

from deepmix.report.densities import density
from deepmix.report.figures import class_colour, turned
from deepmix.segmentation.covariances import holds_matrices

_BINS = 80


def probabilities(maps: np.ndarray, labels: np.ndarray, view: str, aspect: float) -> bytes:
    """The probability of every class and their entropy, as a share of log K, in the fullest slice: a PNG."""
    entropy = entr(np.clip(maps, 0, 1)).sum(axis=0) / max(np.log(len(maps)), 1e-12)
    titled = {f"class {k + 1}": of_class for k, of_class in enumerate(maps)} | {"entropy": entropy}
    return _tiles(titled, labels, view, aspect)


def ambiguity(values: np.ndarray, labels: np.ndarray, view: str, aspect: float) -> bytes:
    """How unsure each label is, in the fullest slice: a PNG."""
    return _tiles({"ambiguity": values}, labels, view, aspect)


def _tiles(titled: Mapping[str, np.ndarray], labels: np.ndarray, view: str, aspect: float) -> bytes:
    """Maps (H, W[, D]) of values from 0 to 1 by their titles, where there are labels: a PNG."""
    fullest = ... if labels.ndim == 2 else (..., int((labels > 0).sum(axis=(0, 1)).argmax()))
    inside = labels[fullest] > 0
    (box,) = find_objects(inside.astype(np.int8))
    n_columns = min(len(titled), 5)
    n_rows = -(-len(titled) // n_columns)
    figure = Figure(figsize=(max(2.4 * n_columns, 4), 2.5 * n_rows), dpi=100, layout="constrained")
    cells = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    for axes in cells:
        axes.set_axis_off()
    for axes, (title, values) in zip(cells, titled.items(), strict=False):
        shown = turned(np.where(inside, values[fullest], np.nan)[box], view)
        picture = axes.imshow(shown, vmin=0, vmax=1, aspect=aspect)
        axes.set_title(title, fontsize=9)
    figure.colorbar(picture, ax=cells.tolist(), shrink=0.8)
    return _png(figure)


def courses(fits: Sequence[dict[str, Any]], measure: str) -> bytes:
    """The history of every fit: a PNG."""
    figure = Figure(figsize=(6, 3.2), dpi=100, layout="constrained")
    axes = figure.subplots()
    for number, fit in enumerate(fits):
        known = [(step, value) for step, value in enumerate(fit["history"]) if value is not None]
        name = "" if fit["slice"] is None else f"slice {fit['slice']}"
        axes.plot(*zip(*known, strict=True), label=name if number < 12 else "", linewidth=1.2)
    axes.set(xlabel="step", ylabel=measure)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    if any(fit["slice"] is not None for fit in fits):
        axes.legend(fontsize="x-small", ncols=2)
    return _png(figure)


def histograms(
    channels: np.ndarray,
    labels: np.ndarray,
    names: Sequence[str],
    fit: dict[str, Any],
    covariance_type: str,
    distribution: str = "gaussian",
) -> bytes:
    """Histograms of every channel by class, with the densities that were fitted: a PNG.

    fit: of report.json, with proportions (K,), means (K, M) and covariances in the unit of the image.
    """
    n_classes, n_channels = np.shape(fit["means"])
    variances = _variances(np.array(fit["covariances"]), covariance_type, n_classes, n_channels)
    figure = Figure(figsize=(min(4 * n_channels, 12), 3.2 * -(-n_channels // 3)), dpi=100, layout="constrained")
    cells = figure.subplots(-(-n_channels // 3), min(n_channels, 3), squeeze=False).ravel()
    for m, axes in enumerate(cells):
        if m >= n_channels:
            axes.set_axis_off()
            continue
        inside = channels[m][labels > 0]
        bins = _bins(inside)
        grid, width = np.linspace(bins[0], bins[-1], 400), bins[1] - bins[0]
        for k in range(n_classes):
            values, colour = channels[m][labels == k + 1], class_colour(k + 1)
            counts, _ = np.histogram(values, bins)
            axes.stairs(counts / len(inside) / width, bins, fill=True, color=colour, alpha=0.35)
            fitted = density(grid, distribution, fit, variances[k, m], k, m)
            axes.plot(grid, fit["proportions"][k] * fitted, color=colour, linewidth=1.5)
        axes.set(title=names[m], yticks=[])
    return _png(figure)


def _bins(values: np.ndarray) -> np.ndarray:
    """Edges of about eighty bins over nearly all values; if the values are whole numbers, each bin has as many."""
    low, high = np.percentile(values, (0.2, 99.8))
    if (values == np.round(values)).all():
        width = max(1, round((high - low) / _BINS))
        return np.arange(np.floor(low) - 0.5, high + 0.5 + width, width)
    return np.linspace(low, high if high > low else low + 1, _BINS + 1)


def _variances(covariances: np.ndarray, covariance_type: str, n_classes: int, n_channels: int) -> np.ndarray:
    """The variances (K, M) of covariances in the unit of the image; of the spherical type they are (K, M) too."""
    if holds_matrices(covariance_type):
        covariances = np.diagonal(covariances, axis1=-2, axis2=-1)
    return np.broadcast_to(covariances, (n_classes, n_channels))


def _png(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()

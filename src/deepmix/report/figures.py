"""Every plot, by Matplotlib without its global state."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

try:
    from matplotlib.colors import to_rgb
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch
except ImportError as error:
    raise ImportError("deepmix.figures needs Matplotlib: pip install 'deepmix[app]'") from error

from deepmix.files.outputs import replaced

# Told apart by the colour-blind too (after Okabe and Ito); class k has the same colour in every figure.
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#56B4E9", "#D55E00")
_OPACITY = 0.65
_MAX_ROWS = _MAX_CHANNELS = 4
_PANEL = 240  # dots of the longer side of a picture, about
_DPI = 100
_GREYS = 63  # as many greys as the eye tells apart; with more, noise would only make the file large


def overlay(
    path: str | Path,
    channels: np.ndarray,
    labels: np.ndarray,
    channel_names: Sequence[str],
    mask: np.ndarray | None = None,
    *,
    class_names: Sequence[str] | None = None,
    view: str = "rows",
    aspect: float = 1.0,
) -> None:
    """Draw the channels beside the labels, which colour the first channel, and write a PNG.

    channels: (M, H, W[, D]); the first four are drawn. labels: (H, W[, D]), classes 1 … K, 0 is not coloured.
    Of a volume, up to four evenly spaced slices of the last axis with labels are drawn, one per row.
    mask: (H, W[, D]) bool: what the figure is cut to, with a margin, and what the grey levels are chosen for.
    class_names: (K,), for the legend; "class 1" … if not given.
    view: how arrays lie on the page: "rows" (first axis down), "y-down" or "y-up" (first axis to the right,
    second down or up). aspect: height of a drawn pixel over its width. `records.Image` knows both.
    """
    mask = np.ones(labels.shape, bool) if mask is None else mask.astype(bool)
    flat, legend = labels.ndim == 2, _legend(class_names, int(labels.max()))
    if flat:
        channels, labels, mask = channels[..., None], labels[..., None], mask[..., None]
    slices = _slices(labels)
    box = _box(np.any(mask[..., slices], axis=-1), 1 / 8)
    channels, labels, mask = (array[..., *box, :][..., slices] for array in (channels, labels, mask))
    greys = [_grey(channel, mask) for channel in channels[:_MAX_CHANNELS]]
    volumes = [*map(colourless, greys), _coloured(greys[0], labels)]
    pictures = [[turned(volume[:, :, row], view) for volume in volumes] for row in range(len(slices))]
    titles = [[*channel_names[: len(greys)], "labels"]]
    sides = [] if flat else [f"slice {index}" for index in slices]
    write(path, pictures, titles, legend, sides, aspect)


def comparison(
    path: str | Path,
    channels: np.ndarray,
    truth: np.ndarray,
    results: Mapping[str, np.ndarray],
    scores: Mapping[str, float],
    channel_names: Sequence[str],
    *,
    class_names: Sequence[str] | None = None,
    view: str = "rows",
) -> None:
    """Draw the channels and the truth above the labels that each method found, and write a PNG.

    channels: (M, H, W); the first four are drawn. truth: (H, W), classes 1 … C, 0 is not coloured.
    results: labels (H, W) by method, numbered as the truth. scores: mean Dice by method, for the titles.
    The figure is cut to where the truth is, with a margin. class_names, view: as for `overlay`.
    """
    box = _box(truth > 0, 1 / 2)
    channels, truth = channels[:, *box], truth[box]
    greys = [_grey(channel, truth > 0) for channel in channels[:_MAX_CHANNELS]]
    above = [*map(colourless, greys), _coloured(greys[0], truth)]
    below = [_coloured(greys[0], labels[box]) for labels in results.values()]
    titles = [
        [*channel_names[: len(greys)], "truth"],
        [f"{method}, Dice {scores[method]:.2f}" for method in results],
    ]
    pictures = [[turned(picture, view) for picture in row] for row in (above, below)]
    write(path, pictures, titles, _legend(class_names, int(truth.max())))


def class_colour(label: int) -> tuple[float, float, float]:
    """RGB, 0 … 1, of a class 1 … K; from the eighth on, the colours return paler."""
    paler, index = divmod(label - 1, len(_COLOURS))
    red, green, blue = (1 - (1 - value) * 0.5**paler for value in to_rgb(_COLOURS[index]))
    return red, green, blue


def _slices(labels: np.ndarray) -> np.ndarray:
    """Indices of the slices to draw: the middles of up to four equal parts of the slices with labels."""
    found = np.flatnonzero((labels > 0).any(axis=(0, 1)))
    found = found if len(found) else np.arange(labels.shape[-1])
    n_rows = min(_MAX_ROWS, len(found))
    return found[((np.arange(n_rows) + 0.5) * len(found) / n_rows).astype(int)]


def _box(inside: np.ndarray, wider: float) -> tuple[slice, slice]:
    """The bounding box of a mask (H, W), wider by a part of itself on every side; everything if it is empty."""
    if not inside.any():
        return slice(None), slice(None)
    found = [np.flatnonzero(inside.any(axis=1 - axis)) for axis in (0, 1)]
    margin = max(8, int(wider * max(each[-1] - each[0] for each in found)))
    first, second = (slice(max(0, int(each[0]) - margin), int(each[-1]) + margin + 1) for each in found)
    return first, second


def _grey(channel: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """A channel scaled to 0 … 1, from the 1st to the 99th percentile of the pixels inside."""
    values = channel[inside & np.isfinite(channel)]
    low, high = np.percentile(values, (1, 99)) if len(values) else (0.0, 1.0)
    return windowed(np.nan_to_num(channel, nan=low), low, high)


def windowed(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Values scaled to 0 … 1 from low to high, in as many greys as are told apart."""
    return np.round(np.clip((values - low) / (high - low if high > low else 1), 0, 1) * _GREYS) / _GREYS


def colourless(grey: np.ndarray) -> np.ndarray:
    """(…, 3): red, green and blue of grey levels."""
    return np.stack([grey] * 3, axis=-1)


def _coloured(grey: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(…, 3): the grey levels under the colours of the classes."""
    picture = colourless(grey)
    for label in range(1, int(labels.max()) + 1):
        inside = labels == label
        picture[inside] = (1 - _OPACITY) * picture[inside] + _OPACITY * np.array(class_colour(label))
    return picture


def turned(picture: np.ndarray, view: str) -> np.ndarray:
    """A picture (H, W[, 3]) as it lies on the page by its `view`: rows from above, columns from the left."""
    if view == "rows":
        return picture
    columns_first = picture.swapaxes(0, 1)
    return columns_first[::-1] if view == "y-up" else columns_first


def _legend(class_names: Sequence[str] | None, n_classes: int) -> list[Patch]:
    names = class_names or [f"class {label}" for label in range(1, n_classes + 1)]
    return [Patch(color=class_colour(label), label=name) for label, name in enumerate(names, start=1)]


def _shortened(title: str, length: int) -> str:
    return title if len(title) <= length else title[: max(length, 2) - 1] + "…"


def write(
    path: str | Path,
    pictures: Sequence[Sequence[np.ndarray]],
    titles: Sequence[Sequence[str]],
    legend: Sequence[Patch] = (),
    sides: Sequence[str] = (),
    aspect: float = 1.0,
) -> None:
    """Write rows of pictures (H, W, 3), with titles above the rows that have any; no file is left half written.

    The layout is in dots: small pictures are enlarged a whole number of times, which keeps them sharp and the file
    small.
    """
    height, width, _ = pictures[0][0].shape
    zoom = _PANEL / max(height * aspect, width)
    zoom = max(1, round(zoom)) if zoom > 0.75 else zoom
    high, wide = height * aspect * zoom, width * zoom
    left, gap, line = (24 if sides else 8), 8, 24
    total_width = left + max(map(len, pictures)) * (wide + gap)
    legend_columns = max(1, int(total_width // 120))
    legend_height = line * -(-len(legend) // legend_columns)
    total_height = line * len(titles) + len(pictures) * (high + gap) + legend_height + gap
    figure = Figure(figsize=(total_width / _DPI, total_height / _DPI), dpi=_DPI)
    top = 0.0
    for row, cells in enumerate(pictures):
        top += line if row < len(titles) else 0
        for column, picture in enumerate(cells):
            x, y = left + column * (wide + gap), total_height - top - high
            axes = figure.add_axes((x / total_width, y / total_height, wide / total_width, high / total_height))
            axes.imshow(picture, aspect="auto", interpolation="nearest" if zoom >= 1 else "antialiased")
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
            if row < len(titles):
                axes.set_title(_shortened(titles[row][column], int(wide // 6)), fontsize=9)
            if sides and column == 0:
                axes.set_ylabel(sides[row], fontsize=9)
        top += high + gap
    if legend:
        columns = min(legend_columns, len(legend))
        figure.legend(handles=legend, loc="lower center", ncols=columns, fontsize=9, frameon=False, borderpad=0.2)
    with replaced(Path(path)) as temporary:
        figure.savefig(temporary, format="png")

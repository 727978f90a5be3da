"""One image of each row, the truth, and the label maps of all methods side by side."""

import io
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from deepmix.evaluation import relabelled
from deepmix.reference.evaluation import overlap
from deepmix.report.figures import class_colour

from .images import Case
from .scores import score

_INCHES = 1.6


def draw(cases: Sequence[Case], maps: Mapping[tuple[str, str, int], np.ndarray]) -> bytes:
    """A PNG, one row per image, of a volume its middle slice. maps: labels by case, method and seed 0."""
    methods = list(dict.fromkeys(method for _, method, _ in maps))
    figure = Figure((_INCHES * (2 + len(methods)), _INCHES * 1.25 * len(cases)), layout="constrained")
    for row, case in zip(figure.subplots(len(cases), 2 + len(methods), squeeze=False), cases, strict=True):
        at = ... if case.mask.ndim == 2 else (..., case.mask.shape[2] // 2)
        image, mask, truth = (array[at] for array in (case.image[0], case.mask, case.truth))
        rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
        box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        for axes in row:
            axes.axis("off")
        row[0].imshow(np.where(mask, image, np.nan)[box], cmap="gray")
        row[0].set_title(case.row, fontsize=7)
        _labels(row[1], truth[box], "truth")
        for axes, method in zip(row[2:], methods, strict=True):
            labels = maps.get((case.name, method, 0))
            if labels is not None:
                _labels(axes, _named(labels, case)[at][box], f"{method}\n{score(labels, case):.3f}")
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=110)
    return buffer.getvalue()


def _named(labels: np.ndarray, case: Case) -> np.ndarray:
    """The labels with the numbers of the true classes that they match; the others get larger numbers."""
    n_classes = int(case.truth.max())
    matched = overlap.match_classes(labels, case.truth, case.n_components, n_classes)
    free = iter(sorted(set(range(1, case.n_components + 1)) - set(matched.tolist())))
    return relabelled(labels, {int(code) or next(free): k + 1 for k, code in enumerate(matched)})


def _labels(axes: Axes, labels: np.ndarray, title: str) -> None:
    colours = ListedColormap(["white", *(class_colour(k) for k in range(1, max(2, int(labels.max())) + 1))])
    axes.imshow(labels, cmap=colours, vmin=0, vmax=colours.N - 1, interpolation="nearest")
    axes.set_title(title, fontsize=7)

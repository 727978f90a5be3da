"""Pictures of a reconstruction: lines through the middle, the way there, the difference from the truth."""

from pathlib import Path

import numpy as np

try:
    from matplotlib.figure import Figure
except ImportError as error:
    raise ImportError("deepmix.report needs Matplotlib: pip install 'deepmix[app]'") from error

from deepmix.files.outputs import replaced


def profile(path: Path, image: np.ndarray, unit: str, truth: np.ndarray | None = None) -> None:
    """Write a PNG of the middle row and the middle column. image, truth: (H, W), in the unit."""
    height, width = image.shape
    lines = {f"row {height // 2}": np.s_[height // 2], f"column {width // 2}": np.s_[:, width // 2]}
    figure = Figure(figsize=(12, 4), layout="constrained")
    for axes, (title, line) in zip(figure.subplots(1, 2, sharey=True), lines.items(), strict=True):
        if truth is not None:
            axes.plot(truth[line], color="0.6", linewidth=2, label="truth")
        axes.plot(image[line], color="#0072B2", linewidth=1, label="image")
        axes.set(title=title, xlabel="pixel", ylabel=unit)
    axes.legend()
    _write(path, figure)


def convergence(path: Path, history: np.ndarray) -> None:
    """Write a PNG of the objective at the start and after every step. history: (steps + 1,)."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(history, color="#0072B2")
    axes.set(xlabel="step", ylabel="objective", yscale="log" if (history > 0).all() else "linear")
    _write(path, figure)


def difference(path: Path, image: np.ndarray, truth: np.ndarray, unit: str) -> None:
    """Write a PNG of image and truth in the grey levels of the truth, and of their difference in its own."""
    low, high = np.percentile(truth, (0.5, 99.5))
    apart = image - truth
    most = float(np.percentile(np.abs(apart), 99.5))
    panels = {"image": (image, low, high), "truth": (truth, low, high), "image − truth": (apart, -most, most)}
    figure = Figure(figsize=(12, 4.2), layout="constrained")
    for axes, (title, (values, least, largest)) in zip(figure.subplots(1, 3), panels.items(), strict=True):
        shown = axes.imshow(values, cmap="gray", vmin=least, vmax=largest)
        axes.set(title=f"{title}, {unit}", xlabel="column", ylabel="row")
        figure.colorbar(shown, ax=axes, fraction=0.046)
    _write(path, figure)


def _write(path: Path, figure: Figure) -> None:
    with replaced(path) as temporary:
        figure.savefig(temporary, format="png", dpi=100)

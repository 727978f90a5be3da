"""A picture of a scan: the sinogram, the image found, and what the image does not explain."""

from pathlib import Path

import numpy as np

try:
    from matplotlib.figure import Figure
except ImportError as error:
    raise ImportError("deepmix.report needs Matplotlib: pip install 'deepmix[app]'") from error

from deepmix.files.outputs import replaced


def draw(path: Path, sinogram: np.ndarray, image: np.ndarray, residual: np.ndarray) -> None:
    """Write a PNG. sinogram, residual: (n, D), without unit. image: (H, W), a mm; its rows from above."""
    panels = {"sinogram": sinogram, "image, 1/mm": image, "sinogram − projection of the image": residual}
    figure = Figure(figsize=(12, 4.2), layout="constrained")
    for axes, (title, values) in zip(figure.subplots(1, 3), panels.items(), strict=True):
        low, high = np.percentile(values, (0.5, 99.5))
        shown = axes.imshow(
            values, cmap="gray", vmin=low, vmax=high, aspect="auto" if values is not image else "equal"
        )
        axes.set_title(title, fontsize=10)
        labels = ("column", "row") if values is image else ("detector", "view")
        axes.set(xlabel=labels[0], ylabel=labels[1])
        figure.colorbar(shown, ax=axes, fraction=0.046)
    with replaced(path) as temporary:
        figure.savefig(temporary, format="png", dpi=100)

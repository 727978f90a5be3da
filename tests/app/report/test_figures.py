"""The figures: what they show, how large they are, and that none is left half written."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from deepmix.datasets.phantoms import CHANNELS, TISSUES, left_ventricle
from deepmix.report import figures

RNG = np.random.default_rng(0)
SIX = tuple(f"c{k}" for k in range(6))


def pixels(path: Path) -> np.ndarray:
    """RGB (height, width, 3), 0 … 255."""
    return np.round(imread(path)[..., :3] * 255).astype(int)


def coloured(path: Path, label: int, grey: float | None = None) -> np.ndarray:
    """Where the colour of a class occurs: of the legend, or laid over that grey level (0 … 1)."""
    colour = np.array(figures.class_colour(label))
    if grey is not None:
        colour = figures._OPACITY * colour + (1 - figures._OPACITY) * grey
    return (np.abs(pixels(path) - colour * 255) <= 1).all(axis=-1)


def middle(where: np.ndarray) -> np.ndarray:
    """The mean row and column of what is set."""
    return np.argwhere(where).mean(axis=0)


def test_every_class_in_its_colour_and_in_the_legend(tmp_path: Path) -> None:
    channels = np.stack([np.indices((40, 30))[1] < 15] * 2).astype(float)  # bright on the left
    labels = np.zeros((40, 30), int)
    labels[5:15, 2:8], labels[5:15, 20:26], labels[25:35, 20:26] = 1, 2, 3
    figures.overlay(tmp_path / "o.png", channels, labels, ("a", "b"))
    assert coloured(tmp_path / "o.png", 1, grey=1).sum() >= 60
    assert coloured(tmp_path / "o.png", 2, grey=0).sum() >= 60
    assert coloured(tmp_path / "o.png", 3, grey=0).sum() == coloured(tmp_path / "o.png", 2, grey=0).sum()
    for label in (1, 2, 3):
        assert coloured(tmp_path / "o.png", label).sum() > 50
    assert not coloured(tmp_path / "o.png", 4).any()
    figures.overlay(tmp_path / "n.png", channels, labels, ("a", "b"), class_names=("x", "y", "z", "nowhere"))
    assert coloured(tmp_path / "n.png", 4).sum() > 50


def test_colours_are_many_and_fixed() -> None:
    colours = np.array([figures.class_colour(label) for label in range(1, 22)])
    assert ((colours >= 0) & (colours <= 1)).all()
    distances = np.abs(colours[:, None] - colours).max(axis=-1) + np.eye(21)
    assert distances.min() > 0.02
    assert distances[:7, :7].min() > 0.2


@pytest.mark.parametrize(
    ("view", "vertical", "horizontal"),
    [("rows", "first", "second"), ("y-down", "second", "first"), ("y-up", "-second", "first")],
)
def test_views(tmp_path: Path, view: str, vertical: str, horizontal: str) -> None:
    axes = {"first": (1, 0), "second": (0, 1), "-second": (0, -1)}
    labels = np.zeros((60, 40), int)
    labels[25:35, 15:25] = 1
    start = np.array([30, 20])
    for axis, step in ((vertical, 2), (horizontal, 3)):
        i, j = start + 12 * np.array(axes[axis])
        labels[i - 2 : i + 2, j - 2 : j + 2] = step
    figures.overlay(tmp_path / "o.png", np.zeros((1, 60, 40)), labels, ("a",), view=view)
    centre, below, right = (middle(coloured(tmp_path / "o.png", label, grey=0)) for label in (1, 2, 3))
    assert below[0] > centre[0] + 30
    assert abs(below[1] - centre[1]) < 5
    assert right[1] > centre[1] + 30
    assert abs(right[0] - centre[0]) < 5


def test_aspect_is_height_over_width(tmp_path: Path) -> None:
    labels = np.zeros((50, 50), int)
    labels[10:40, 10:40] = 1
    figures.overlay(tmp_path / "o.png", np.zeros((1, 50, 50)), labels, ("a",), aspect=3)
    down, right = np.ptp(np.argwhere(coloured(tmp_path / "o.png", 1, grey=0)), axis=0) + 1
    assert down / right == pytest.approx(3, rel=0.1)


def test_cut_to_the_mask(tmp_path: Path) -> None:
    channels = RNG.random((1, 400, 400))
    labels = np.zeros((400, 400), int)
    labels[200:220, 300:320] = 1
    mask = np.zeros((400, 400), bool)
    mask[195:225, 295:325] = True
    figures.overlay(tmp_path / "all.png", np.zeros_like(channels), labels, ("a",))
    figures.overlay(tmp_path / "cut.png", np.zeros_like(channels), labels, ("a",), mask)
    small, large = (coloured(tmp_path / f"{name}.png", 1, grey=0).sum() for name in ("all", "cut"))
    assert large > 20 * small
    mask[:] = False
    figures.overlay(tmp_path / "empty.png", np.zeros_like(channels), labels, ("a",), mask)
    assert coloured(tmp_path / "empty.png", 1, grey=0).sum() == small


def test_greys_are_chosen_inside_the_mask(tmp_path: Path) -> None:
    channels = np.full((1, 40, 40), np.nan)
    channels[0, :, :20] = 1e6
    mask = np.zeros((40, 40), bool)
    mask[10:30, 25:35] = True
    channels[0, 10:20, 25:35], channels[0, 20:30, 25:35] = 1.0, 2.0
    labels = np.where(mask, np.where(channels[0] > 1.5, 2, 1), 0)
    figures.overlay(tmp_path / "o.png", channels, labels, ("a",), mask)
    assert coloured(tmp_path / "o.png", 1, grey=0).sum() == coloured(tmp_path / "o.png", 2, grey=1).sum() > 100


def test_slices_of_a_volume(tmp_path: Path) -> None:
    channels, labels = RNG.random((1, 20, 20, 9)), np.zeros((20, 20, 9), int)
    heights = []
    for n_labelled in (1, 2, 4, 9):
        labels[5:15, 5:15, :n_labelled] = 1
        figures.overlay(tmp_path / "o.png", channels, labels, ("a",))
        heights.append(len(pixels(tmp_path / "o.png")))
    assert heights[0] < heights[1] < heights[2] == heights[3]
    assert figures._slices(labels).tolist() == [1, 3, 5, 7]
    labels[..., 3:] = 0
    assert figures._slices(labels).tolist() == [0, 1, 2]
    labels[..., 1] = 0
    assert figures._slices(labels).tolist() == [0, 2]
    labels[0, 0, :2] = 5, 0  # in a slice that is not drawn, but a class all the same
    labels[5:15, 5:15] = 1
    figures.overlay(tmp_path / "legend.png", channels, labels, ("a",))
    assert coloured(tmp_path / "legend.png", 5).sum() > 50
    labels[:] = 0
    figures.overlay(tmp_path / "none.png", channels, labels, ("a",))
    assert len(pixels(tmp_path / "none.png")) > 100


@pytest.mark.parametrize("shape", [(6, 200, 240), (4, 200, 240, 12), (1, 9, 7), (1, 300, 10), (1, 1000, 900)])
def test_any_image_makes_a_figure_of_modest_size(tmp_path: Path, shape: tuple[int, ...]) -> None:
    channels = np.stack([np.sin(np.indices(shape[1:]).sum(axis=0) / (9 + k)) for k in range(shape[0])])
    labels = (channels[0] > 0) + 1
    figures.overlay(tmp_path / "o.png", channels + 0.03 * RNG.standard_normal(shape), labels, SIX)
    assert max(pixels(tmp_path / "o.png").shape) < 1500
    assert (tmp_path / "o.png").stat().st_size < (1.2e6 if len(shape) == 4 else 4e5)  # with 20 panels, or few


def test_a_constant_channel(tmp_path: Path) -> None:
    figures.overlay(tmp_path / "o.png", np.full((1, 20, 20), 7.0), np.ones((20, 20), int), ("a",))
    assert coloured(tmp_path / "o.png", 1, grey=0).any()


def test_comparison(tmp_path: Path) -> None:
    image, truth, _ = left_ventricle(64)
    results = {"one": truth, "two": np.where(truth == 4, 3, truth), "three": np.zeros_like(truth)}
    scores = {"one": 1.0, "two": 0.7, "three": float("nan")}
    figures.comparison(tmp_path / "c.png", image, truth, results, scores, CHANNELS, class_names=TISSUES)
    assert (tmp_path / "c.png").stat().st_size < 4e5
    for label in (1, 2, 3, 4):
        assert coloured(tmp_path / "c.png", label).sum() > 50  # in the legend
    height, width, _ = pixels(tmp_path / "c.png").shape
    # The scar's colour over whatever grey: in the truth (above right) and in "one" (below left) only.
    found = pixels(tmp_path / "c.png") / 255 - figures._OPACITY * np.array(figures.class_colour(4))
    scar = (np.ptp(found, axis=-1) < 0.01) & (found.min(axis=-1) > -0.01) & (found.max(axis=-1) < 0.36)
    scar[: height // 2, : 3 * width // 4] &= False
    quarters = [
        scar[: height // 2, 3 * width // 4 :],
        *np.array_split(scar[height // 2 : height - 30], 4, axis=1),
    ]
    assert [int(quarter.sum()) > 50 for quarter in quarters] == [True, True, False, False, False]


def test_no_half_written_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "o.png"
    path.write_text("what was there before", encoding="utf-8")

    def fail(self: Figure, target: Path, **options: object) -> None:
        Path(target).write_text("half", encoding="utf-8")
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(Figure, "savefig", fail)
        with pytest.raises(OSError, match="no space left"):
            figures.overlay(path, np.zeros((1, 9, 9)), np.ones((9, 9), int), ("a",))
    assert os.listdir(tmp_path) == ["o.png"]
    assert path.read_text(encoding="utf-8") == "what was there before"
    figures.overlay(path, np.zeros((1, 9, 9)), np.ones((9, 9), int), ("a",))
    assert os.listdir(tmp_path) == ["o.png"]
    assert pixels(path).size


def test_arguments_are_left_alone(tmp_path: Path) -> None:
    channels, labels = RNG.random((2, 30, 30)), RNG.integers(0, 3, (30, 30))
    for array in (channels, labels):
        array.setflags(write=False)
    figures.overlay(tmp_path / "o.png", channels, labels, ("a", "b"), labels > 0)


def test_pyplot_and_its_global_state_are_not_touched() -> None:
    code = "import deepmix.report.figures, sys; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_matplotlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.delitem(sys.modules, "deepmix.report.figures")
    with pytest.raises(ImportError, match=r"needs Matplotlib: pip install 'deepmix\[app\]'"):
        importlib.import_module("deepmix.report.figures")

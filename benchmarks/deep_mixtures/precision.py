"""The effect of the dtype on deepSVG: its NLL by step in float64, in float32, and with products in bfloat16."""

import io
import statistics
from typing import Any, NamedTuple

import jax
import numpy as np
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from deepmix.datasets.phantoms import TISSUES, left_ventricle
from deepmix.evaluation import scores
from deepmix.reference.deep_mixtures.records import DeepModel, Optimization
from deepmix.reference.networks.records import UNetConfig

from ..harness import report
from ..harness.problems import network, phantom
from ..harness.setting import Setting
from ..harness.timing import seconds_of_a_turn

EXACT = "float64"
# By name: the dtype of the image, and of the products if it is another one.
PRECISIONS = {
    EXACT: ("float64", None),
    "float32": ("float32", None),
    "bfloat16 products": ("float32", "bfloat16"),
}


class Course(NamedTuple):
    """The fit in a precision. history: (steps,). seconds: of a step. labels: of Ω. dice: mean, matched."""

    history: list[float]
    seconds: float
    labels: np.ndarray
    dice: float


def run(setting: Setting) -> None:
    """The same fit in every precision: print a table, write it with a figure; see the module."""
    jax.config.update("jax_enable_x64", True)  # float32 stays float32
    config, size, steps = (UNetConfig(depth=2, filters=4), 64, 4) if setting.quick else (UNetConfig(), 160, 100)
    courses = {
        who: _course(setting, config, size, steps, dtype, product_dtype)
        for who, (dtype, product_dtype) in PRECISIONS.items()
    }
    Console().print(table(courses))
    if not setting.quick:
        kept = {who: course._asdict() | {"labels": _differing(courses, who)} for who, course in courses.items()}
        name = f"precision-{setting.name}-{report.device(setting)}"
        report.keep(f"deep_mixtures/{name}", {"courses": kept}, setting, draw(courses))


def _course(
    setting: Setting, config: UNetConfig, size: int, steps: int, dtype: str, product_dtype: str | None
) -> Course:
    image, truth, parameters = phantom(size, dtype), left_ventricle(size), network(config)

    def fit(n: int) -> Any:
        exactly = Optimization(min_steps=n, max_steps=n)
        options = {"model": DeepModel(unet=config), "optimization": exactly, "product_dtype": product_dtype}
        return setting.module().deep_mixtures.one_image.fit(image, parameters, truth.mask, **options)

    found = fit(steps)
    labels = np.asarray(found.labels)[truth.mask] + 1
    seconds = [seconds_of_a_turn(fit, max(1, steps // 20)) for _ in range(setting.repeats)]
    return Course(
        history=[float(nll) for nll in found.history],
        seconds=statistics.median(seconds),
        labels=labels,
        dice=scores(labels, truth.labels[truth.mask], len(TISSUES))["mean_dice"],
    )


def _differing(courses: dict[str, Course], who: str) -> float:
    """The share of the pixels whose label differs from that in float64."""
    return float((courses[who].labels != courses[EXACT].labels).mean())


def table(courses: dict[str, Course]) -> Table:
    """A line per precision; differences are to float64."""
    steps = len(courses[EXACT].history)
    columns = ("", "a step", "last NLL", "NLL off by at most", "other labels", "matched Dice")
    result = Table(*columns, title=f"deepSVG in several precisions, {steps} steps; differences are to {EXACT}")
    exact = np.array(courses[EXACT].history)
    for who, course in courses.items():
        off = np.abs(np.array(course.history) - exact).max()
        last, other = f"{course.history[-1]:.4f}", f"{_differing(courses, who):.2%}"
        result.add_row(who, report.seconds(course.seconds), last, f"{off:.2g}", other, f"{course.dice:.3f}")
    return result


def draw(courses: dict[str, Course]) -> bytes:
    """A PNG: the histories, and their distances from that of float64."""
    figure = Figure(figsize=(9, 3.5), dpi=110, layout="constrained")
    left, right = figure.subplots(1, 2)
    exact = np.array(courses[EXACT].history)
    for who, course in courses.items():
        history = np.array(course.history)
        left.plot(history, label=who)
        if who != EXACT:
            right.semilogy(np.abs(history - exact), label=who, color=left.lines[-1].get_color())
    left.set(xlabel="step", ylabel="NLL")
    right.set(xlabel="step", ylabel=f"|NLL − NLL in {EXACT}|")
    for axes in (left, right):
        axes.legend()
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()

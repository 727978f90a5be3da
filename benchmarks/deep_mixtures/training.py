"""The paper's findings about Algorithm 4, on phantoms: 20 cases to train on, 5 to test, and labels for a few."""

import io
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from deepmix.accelerated.deep_mixtures import many_images as algorithm
from deepmix.accelerated.mixtures import gmm, svgmm
from deepmix.datasets import drawn
from deepmix.datasets.phantoms import TISSUES
from deepmix.evaluation import scores
from deepmix.reference.mixtures import initialization
from deepmix.report.figures import class_colour
from deepmix.settings import changed, nested
from deepmix.training import data, job, runs
from deepmix.training.data import Data
from deepmix.training.execution import Execution
from deepmix.training.items import Item
from deepmix.training.runs import Run
from deepmix.training.settings import TrainSettings

from ..harness import report
from ..harness.setting import Setting

K = len(TISSUES)
EM, DEEP = ("SVGMM", "SVGMM_μ"), ("deepSVG", "deepSVG_μ")
LABELLED = (1, 2, 5, 20)  # labelled cases of 20; deepSVG has none


class Plan(NamedTuple):
    """The size of the experiment. cases: of the data set, five of them for testing."""

    settings: TrainSettings
    cases: int = 25
    seeds: tuple[int, ...] = (0, 1, 2)
    labelled: tuple[int, ...] = LABELLED


class Score(NamedTuple):
    """A method on a slice of a test case.

    direct, matched: Dice of each tissue (K,), class k as tissue k or by the best assignment [EV2].
    """

    method: str
    seed: int
    direct: list[float]
    matched: list[float]
    nll: float
    seconds: float


def plan(setting: Setting) -> Plan:
    """The default plan; with `--paper` the published sizes, with `--quick` one that only shows that it runs."""
    if setting.quick:
        tiny = nested(TrainSettings, n_components=K, crop=96, depth=2, filters=2, max_epochs=2, seed=0)
        return Plan(tiny, cases=22, seeds=(0,), labelled=(2,))
    if setting.paper:
        return Plan(TrainSettings(n_components=K))
    return Plan(nested(TrainSettings, n_components=K, crop=96, filters=16))


def run(setting: Setting) -> None:
    """Train, test, print a table, write it with a figure; see the module."""
    chosen, console = plan(setting), Console()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        phantoms = folder / "phantoms"
        phantoms.mkdir()
        for number in range(drawn.FIRST, drawn.FIRST + chosen.cases):
            drawn.write(phantoms, number, drawn.draw(number))
        found = list(_scores(chosen, phantoms, folder, console))
    console.print(table(found))
    if not setting.quick:
        kept = {"plan": str(chosen), "scores": [score._asdict() for score in found]}
        report.keep(
            f"deep_mixtures/training-{'paper' if setting.paper else 'default'}", kept, setting, draw(found)
        )


def _scores(chosen: Plan, phantoms: Path, folder: Path, console: Console) -> Iterator[Score]:
    for seed in chosen.seeds:
        settings = changed(chosen.settings, seed=seed)
        guided = changed(settings, means_init="auto")
        found = data.read(phantoms, guided)
        for method in EM:
            yield from _by_em(method, found, seed)
        trainings = dict(zip(DEEP, (settings, guided), strict=True)) | {
            _labelled(number): changed(settings, supervision=1.0, labelled_fraction=number / 20)
            for number in chosen.labelled
        }
        for method, asked in trainings.items():
            console.print(f"{method}, seed {seed}")
            yield from _by_network(method, phantoms, folder / f"{method}, {seed}", asked, found.watched)


def _labelled(number: int) -> str:
    return f"{number} labelled"


def _by_em(method: str, found: Data, seed: int) -> Iterator[Score]:
    """A fit for each image: from k-means, or from the means of labelled cases."""
    for item in found.watched:
        for _ in range(2):  # the first call compiles
            began = time.perf_counter()
            pixels = item.image[:, item.mask]
            if method == "SVGMM_μ":
                start = initialization.from_means(pixels, found.means)
            else:
                start = initialization.kmeans(pixels, K, seed=seed)
            mixture = gmm.fit(pixels, start).mixture
            fit = svgmm.fit(pixels, svgmm.begin(pixels, mixture))
            seconds = time.perf_counter() - began
        proportions = np.asarray(fit.mixture.proportions)
        yield _score(method, seed, proportions.argmax(axis=0) + 1, item, float(fit.value), seconds)


def _by_network(
    method: str, phantoms: Path, folder: Path, settings: TrainSettings, watched: Sequence[Item]
) -> Iterator[Score]:
    """For each image, one forward pass of a network that has been trained on the other cases."""
    job.train(phantoms, folder, settings, Execution(mesh=None, part=(0, 1)))
    trained = runs.load(folder)
    for item in watched:
        yield _through(trained, item, method)


def _through(trained: Run, item: Item, method: str) -> Score:
    model = trained.model
    for _ in range(2):  # the first call compiles
        began = time.perf_counter()
        found = algorithm.predict(trained.parameters, item.image, item.mask, model=model)
        labels = np.asarray(found.labels)[item.mask] + 1
        seconds = time.perf_counter() - began
    return _score(method, trained.settings.seed, labels, item, float(found.value), seconds)


def _score(method: str, seed: int, labels: np.ndarray, item: Item, nll: float, seconds: float) -> Score:
    direct, matched = (
        list(scores(labels, item.truth[item.mask], K, named)["dice"].values()) for named in (True, False)
    )
    return Score(method, seed, direct, matched, nll, seconds)


def table(found: Sequence[Score]) -> Table:
    """A line per method: means over test slices and seeds; for summaries, the standard deviation too."""
    result = Table(
        "method", *TISSUES, "mean Dice", "unmatched", "NLL", "per image", title="test cases, matched Dice"
    )
    for method in dict.fromkeys(score.method for score in found):
        of = [score for score in found if score.method == method]
        matched = np.array([score.matched for score in of])
        result.add_row(
            method,
            *(f"{matched[:, c].mean():.2f}" for c in range(K)),
            _spread(matched.mean(axis=1)),
            _spread(np.mean([score.direct for score in of], axis=1)),
            _spread(np.array([score.nll for score in of])),
            report.seconds(float(np.median([score.seconds for score in of]))),
        )
    return result


def _spread(values: np.ndarray) -> str:
    return f"{values.mean():.3f} ± {values.std():.3f}"


def draw(found: Sequence[Score]) -> bytes:
    """Dice of each tissue by method, and how it grows with the labelled cases."""
    figure = Figure(figsize=(10, 4), dpi=110, layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    unlabelled = (*EM, *DEEP)
    grown = ("deepSVG", *map(_labelled, LABELLED))
    for c, tissue in enumerate(TISSUES):
        dice = {
            name: np.array([score.matched[c] for score in found if score.method == name])
            for name in (*unlabelled, *grown)
        }
        places = np.arange(len(unlabelled)) + 0.2 * (c - (K - 1) / 2)
        means, deviations = ([function(dice[name]) for name in unlabelled] for function in (np.mean, np.std))
        left.bar(places, means, 0.18, yerr=deviations, color=class_colour(c + 1), label=tissue)
        curve = [dice[name].mean() for name in grown]
        right.plot(range(len(grown)), curve, marker="o", color=class_colour(c + 1))
    unmatched = [np.mean([score.direct for score in found if score.method == name]) for name in grown]
    right.plot(range(len(grown)), unmatched, linestyle="--", color="grey", label="mean, class k as tissue k")
    right.legend(fontsize="small", loc="lower right")
    left.set(title="unsupervised", ylabel="matched Dice", ylim=(0, 1))
    left.set_xticks(range(len(unlabelled)), unlabelled)
    right.set(title="deepSVG with known labels", xlabel="labelled cases of 20")
    right.set_xticks(range(len(grown)), ["0", *map(str, LABELLED)])
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=K)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()

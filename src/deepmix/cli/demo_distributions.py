"""`deepmix demo --distributions`: three distorted phantoms, each by Gaussians and by the family that fits it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deepmix import evaluation
from deepmix.datasets import corruptions, phantoms
from deepmix.files import outputs
from deepmix.report import description, figures
from deepmix.segmentation import presets
from deepmix.segmentation.run import run

from . import console

LEVELS = np.array([0.0, 40.0, 80.0, 120.0, 160.0])  # of the image without noise, by label
NOISE = 20.0  # of the magnitude image; the signal-to-noise ratio of the darkest tissue is 2
LOOKS = 3.0


class Distortion(NamedTuple):
    """A distortion, the distribution that fits it, and what of the parameters is known.

    known: name in the report, true value.
    """

    title: str
    distort: Callable[[np.ndarray, int], np.ndarray]
    settings: dict[str, Any]
    known: tuple[str, float] | None = None


def _textured(image: np.ndarray, seed: int) -> np.ndarray:
    """With noise that is Gaussian."""
    return image + 8 * np.random.default_rng(seed).standard_normal(image.shape)


DISTORTIONS = (
    Distortion(
        title="2 % outliers",
        distort=lambda image, seed: corruptions.with_spikes(_textured(image, seed), 0.02, seed),
        settings={"distribution": "student"},
    ),
    Distortion(
        title=f"magnitudes, noise {NOISE:g}",
        distort=lambda image, seed: corruptions.magnitude(image, NOISE, seed),
        settings={"distribution": "rician"},
        known=("noise", NOISE),
    ),
    Distortion(
        title=f"speckle, {LOOKS:g} looks",
        distort=lambda image, seed: corruptions.speckled(image, LOOKS, seed),
        settings={"distribution": "gamma"},
        known=("shapes", LOOKS),
    ),
)


def show(output: Path, size: int, seed: int, backend: str) -> None:
    """Segment the three images by a Markov field, print a table, and write a figure of each and the report."""
    from rich.box import SIMPLE
    from rich.table import Table

    phantom = phantoms.left_ventricle(size, 0, seed)
    about: dict[str, Any] = {"n_components": len(phantoms.TISSUES), "backend": backend, "seed": seed}
    table = Table(
        "image", "Gaussian", "its family", "found", "true", title="Matched Dice", box=SIMPLE, pad_edge=False
    )
    reports: dict[str, dict[str, Any]] = {}
    with outputs.new_results(output) as folder:
        for number, distortion in enumerate(DISTORTIONS, 1):
            image = distortion.distort(LEVELS[phantom.labels], seed)
            labels, each = {}, {}
            for settings in ({"distribution": "gaussian"}, distortion.settings):
                name = settings["distribution"]
                result = run(image, phantom.mask, presets.settings("robust", method="hmrf", **about, **settings))
                scores = evaluation.scores(result.labels, phantom.labels, len(phantoms.TISSUES))
                each[name] = description.report_of(result) | scores
                labels[name] = evaluation.relabelled(result.labels, scores["matched"])
            reports[distortion.title] = each
            table.add_row(distortion.title, *_row(distortion, each))
            figures.comparison(
                folder / f"distribution{number}.png",
                _shown(image, phantom.mask)[None],
                phantom.labels,
                labels,
                {name: report["mean_dice"] for name, report in each.items()},
                (distortion.title,),
                class_names=phantoms.TISSUES,
            )
        outputs.write_report(folder, {"size": size, "distortions": reports})
    console.out.print(table)
    console.out.print(f"results in {output}; look at {output / 'distribution1.png'} and the two beside it")


def _row(distortion: Distortion, reports: dict[str, dict[str, Any]]) -> list[str]:
    """The Dice of both, and what was found of a parameter beside its true value."""
    dice = [f"{report['mean_dice']:.3f}" for report in reports.values()]
    if distortion.known is None:
        return [*dice, "", ""]
    name, value = distortion.known
    of_classes = np.ravel(reports[distortion.settings["distribution"]]["fits"][0][name])
    found = ", ".join(dict.fromkeys(f"{each:.3g}" for each in of_classes))
    return [*dice, f"{name} {found}", f"{value:g}"]


def _shown(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The image within its middle 96 %, so that outliers do not blacken all others."""
    return np.clip(image, *np.percentile(image[mask], (2, 98)))

"""`deepmix demo reconstruction`: scans of phantoms with exact sinograms, and what each method makes of them."""

import csv
from pathlib import Path
from typing import Any

import numpy as np

from deepmix.evaluation.images import nrmse, psnr, ssim
from deepmix.files import outputs
from deepmix.progress import OnProgress, Place
from deepmix.reconstruction.job import Reconstruction, reconstruct
from deepmix.report import grids

from . import console, demo_scans
from .demo_scans import Experiment, Subject

SMALLEST = 32  # pixels a side, in which the parts of the phantoms are still seen
MEASURES = {"psnr": psnr, "ssim": ssim, "nrmse": nrmse}
COLUMNS = {  # of the table: by the name in the files, the title and how values are printed
    "phantom": ("of", "{}"), "method": ("method", "{}"), "views": ("views", "{}"),
    "photons": ("photons", "{:g}"), "psnr": ("PSNR", "{:.1f}"), "ssim": ("SSIM", "{:.3f}"),
    "nrmse": ("NRMSE", "{:.3f}"), "cupping": ("cupping", "{:.1f}"), "seconds": ("s", "{:.1f}"),
}  # fmt: skip
TABLE, FIGURE = "reconstruction.csv", "reconstruction.png"


def show(output: Path, size: int, seed: int, backend: str) -> None:
    """Reconstruct all scans, print a table, and write it as CSV, with a figure of all images and the report."""
    from rich.box import SIMPLE
    from rich.table import Table

    if size < SMALLEST or seed < 0:
        raise ValueError(f"--size must be at least {SMALLEST} and --seed not negative; got {size} and {seed}")
    subjects = demo_scans.head(size, seed), demo_scans.body(size)
    n_images = sum(len(subject.experiments) for subject in subjects)
    rows: list[dict[str, Any]] = []
    strips: list[grids.Strip] = []
    with console.progress_bar("demo", "image") as progress:
        for subject in subjects:
            images = {"truth": subject.truth}
            for each in subject.experiments:
                within = _part(progress, len(rows), n_images)
                found = reconstruct(each.data, each.geometry, backend=backend, progress=within, **each.settings)
                rows.append(_row(subject, each, found))
                images[_title(rows[-1])] = found.image
            strips += grids.strips(images, subject.window, subject.said)
    with outputs.new_results(output) as folder:
        with (folder / TABLE).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        grids.draw(folder / FIGURE, strips)
        outputs.write_report(folder, {"size": size, "seed": seed, "backend": backend, "rows": rows})
    titles = (title for title, _ in COLUMNS.values())
    said = "Against the exact image; cupping in Hounsfield units"
    table = Table(*titles, title=said, box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    for row in rows:
        table.add_row(
            *("" if row[name] is None else shown.format(row[name]) for name, (_, shown) in COLUMNS.items())
        )
    console.out.print(table)
    console.out.print(f"results in {output}; look at {output / FIGURE}")


def _part(progress: OnProgress, part: int, n_parts: int) -> OnProgress:
    """What tells the progress of one image of many."""

    def told(place: Place) -> None:
        progress(place._replace(part=part, n_parts=n_parts))

    return told


def _row(subject: Subject, experiment: Experiment, found: Reconstruction) -> dict[str, Any]:
    """A row of the table, with what else the report says."""
    return {
        "phantom": subject.title,
        "method": experiment.title,
        "views": len(experiment.data),
        "photons": experiment.photons,
        **{name: measure(found.image, subject.truth) for name, measure in MEASURES.items()},
        "cupping": subject.cupping(np.asarray(found.image, float)) if subject.cupping else None,
        "settings": experiment.settings,
        **found.report,
    }


def _title(row: dict[str, Any]) -> str:
    """Of an image in the figure."""
    noise = "" if row["photons"] is None else ", noise"
    return f"{row['method']}, {row['views']} views{noise}: {row['psnr']:.1f} dB"

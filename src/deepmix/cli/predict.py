"""`deepmix predict`: new images through a trained network."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from deepmix.files.inputs import existing
from deepmix.progress import OnProgress, Place
from deepmix.segmentation.settings import Settings

from . import options


def predict(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run of deepmix train.")],
    output: options.Results,
    channels: Annotated[
        list[Path] | None, typer.Argument(help="One file per channel, in the order of the run.")
    ] = None,
    table: Annotated[
        Path | None, typer.Option(help="Many cases instead: a table (.csv) or a folder; each gets its folder.")
    ] = None,
    mask: options.Mask = None,
    truth: Annotated[Path | None, typer.Option(help="Label map; adds Dice to the report.")] = None,
    probabilities: options.Probabilities = False,
    skip_bad: options.SkipBad = False,
    backend: options.Backend = Settings.backend,
    overwrite: options.Overwrite = False,
) -> None:
    """Segment images by a network that deepmix train has trained: one forward pass for each, or each window."""
    from deepmix.files import outputs

    if bool(channels) == (table is not None):
        raise ValueError("name the files of the channels, or a table of cases with --table")
    if table is not None and (mask is not None or truth is not None):
        raise ValueError("a table names masks and labels itself; leave --mask and --truth out")
    files = [existing(path) for path in (*(channels or ()), mask, truth, table) if path is not None]
    existing(run)
    outputs.check_folder(output, overwrite, [run, *files])

    from deepmix import compilation_cache, datasets
    from deepmix.backends import opened
    from deepmix.training import prediction, runs

    from . import console

    trained = runs.load(run)
    with console.warnings_in_lines(), outputs.claimed(output, overwrite):
        if backend == "accelerated":
            compilation_cache.enable()
        with opened(backend, trained.settings.dtype) as twin:
            if table is None:
                case = prediction.case_of(list(channels or ()), mask, truth, trained)
                with outputs.new_results(output) as folder, console.progress_bar("predict", "case") as progress:
                    passed = partial(_tell, progress, 0, 1)
                    report = prediction.segment(case, trained, twin, folder, probabilities, passed)
            else:
                cases = [prediction.fitted(case, trained) for case in datasets.find(table)]
                outputs.check_folder(
                    output, overwrite, [path for case in cases for path in prediction.files(case)]
                )
                dimension, spacing = trained.settings.data.dimension, trained.spacing
                loaded, skipped = datasets.load_all(cases, skip_bad, dimension=dimension, spacing=spacing)
                good = [items[0].case for items in loaded]
                del loaded  # the images; each is read again when its turn comes
                found = {}
                with outputs.new_results(output) as folder, console.progress_bar("predict", "case") as progress:
                    for number, case in enumerate(good):
                        passed = partial(_tell, progress, number, len(good))
                        found[case.name] = prediction.segment(
                            case, trained, twin, folder / case.name, probabilities, passed
                        )
                    report = {"run": run, "cases": found, "skipped": skipped}
                    outputs.write_report(folder, report)
    console.print_predictions(report, output)


def _tell(progress: OnProgress, number: int, n_cases: int, done: int, n: int) -> None:
    """Tell how many slices or windows of a case are done."""
    progress(Place(part=number, n_parts=n_cases, step=done, n_steps=n, values={}))

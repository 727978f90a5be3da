"""`deepmix predict`: new images through a trained network."""

from pathlib import Path
from typing import Annotated

import typer

from deepmix.inputs import existing


def predict(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run of deepmix train.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the results.")],
    channels: Annotated[
        list[Path] | None, typer.Argument(help="One file a channel, in the order of the run.")
    ] = None,
    table: Annotated[
        Path | None, typer.Option(help="Many cases instead: a table (.csv) or a folder of them; a folder a case.")
    ] = None,
    mask: Annotated[Path | None, typer.Option(help="Pixels that count: those that are not 0.")] = None,
    truth: Annotated[Path | None, typer.Option(help="Label map; adds Dice to the report.")] = None,
    probabilities: Annotated[bool, typer.Option("--probabilities", help="Write the class probabilities.")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave out cases that cannot be used.")] = False,
    backend: Annotated[str, typer.Option(help="accelerated or reference.")] = "accelerated",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Allow a folder that is not empty.")] = False,
) -> None:
    """Segment images by one forward pass each of a network that deepmix train has trained."""
    from deepmix import outputs

    if bool(channels) == (table is not None):
        raise ValueError("name the files of the channels, or a table of cases with --table")
    if table is not None and (mask is not None or truth is not None):
        raise ValueError("a table names masks and labels itself; leave --mask and --truth out")
    files = [existing(path) for path in (*(channels or ()), mask, truth, table) if path is not None]
    existing(run)
    outputs.check_folder(output, overwrite, files)

    from deepmix import compilation_cache, datasets
    from deepmix.backends import backend as chosen
    from deepmix.settings import Settings
    from deepmix.training import prediction, runs

    from . import console

    trained = runs.load(run)
    settings = Settings(trained.settings.n_components, backend=backend)
    with console.warnings_in_lines():
        if backend == "accelerated":
            compilation_cache.enable()
        with chosen(settings) as twin, outputs.new_results(output) as folder:
            if table is None:
                case = prediction.case_of(list(channels or ()), mask, truth, trained)
                report = prediction.segment(case, trained, twin, folder, probabilities)
            else:
                loaded, skipped = datasets.load_all(datasets.find(table), skip_bad)
                names = [items[0].case for items in loaded]
                found = {
                    case.name: prediction.segment(case, trained, twin, folder / case.name, probabilities)
                    for case in console.counted("predict", names)
                }
                report = {"run": run, "cases": found, "skipped": skipped}
                outputs.write_report(folder, report)
    console.print_predictions(report, output)

"""`deepmix evaluate`: label maps against the truth."""

import math
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from deepmix.files.inputs import existing

from . import options


def evaluate(
    prediction: Annotated[Path, typer.Argument(help="Label map, or a folder of results or of many label maps.")],
    truth: Annotated[Path, typer.Argument(help="True label map, or a folder or a table (.csv) of them.")],
    match: Annotated[bool, typer.Option("--match", help="Match the classes to the true ones first.")] = False,
    classes: Annotated[
        str | None, typer.Option(help="Names of the classes, separated by commas, in the order of their codes.")
    ] = None,
    tolerance: Annotated[
        float, typer.Option(help="Tolerance of the surface Dice, in mm, or in pixels if the file has no mm.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(help="Seed of the bootstrap.")] = 0,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder for a table and a figure.")] = None,
    overwrite: options.Overwrite = False,
) -> None:
    """Compare label maps with the truth: overlap, surface distances, agreement; means over the cases."""
    from deepmix.files import outputs

    if not 0 <= tolerance < math.inf or seed < 0:
        raise ValueError(f"--tolerance and --seed must not be negative; got {tolerance:g} and {seed}")
    for path in (prediction, truth):
        existing(path)
    if output is not None:
        outputs.check_folder(output, overwrite, [prediction, truth])
    given = [name.strip() for name in classes.split(",")] if classes else []

    from deepmix.evaluation import measures, pairs, report

    from . import console
    from .evaluation_table import print_evaluation

    claim = nullcontext() if output is None else outputs.claimed(output, overwrite)
    with console.warnings_in_lines(), claim:
        found, without = pairs.find(prediction, truth)
        if without:
            console.err.print(f"warning: no prediction for {', '.join(without)}", style="yellow")
        cases = [measures.of_pair(pair, match, tolerance) for pair in console.counted("evaluate", found)]
        report.check_classes(cases, match)
        names = report.class_names(cases, given)
        scores = report.of_cases(cases, names, seed)
        if output is not None:
            settings = {"prediction": prediction, "truth": truth, "match": match}
            settings |= {"tolerance": tolerance, "seed": seed, "without_prediction": without}
            with outputs.new_results(output, report.INDEX) as folder:
                report.write_files(folder, cases, names)
                outputs.write_report(folder, settings | scores | {"versions": outputs.versions()}, report.INDEX)
    print_evaluation(scores, len(cases))
    if output is not None:
        console.out.print(f"results in {output}")

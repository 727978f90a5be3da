"""`deepmix phantoms`: a data set with known truth, in the layout of MyoPS 2020."""

import math
from pathlib import Path
from typing import Annotated

import typer

from . import options

SMALLEST, FEWEST = 48, 4  # the limits of `phantoms.ventricle_slices`, checked before the slow imports


def phantoms(
    folder: Annotated[Path, typer.Argument(help="Folder for the files.")],
    cases: Annotated[int, typer.Option("--cases", "-n", help="Number of cases; they count from 101.")] = 25,
    size: Annotated[int, typer.Option(help="Pixels per side.")] = 160,
    slices: Annotated[
        int | None,
        typer.Option(help="Slices of one ventricle, base to apex; else two to four, each of another one."),
    ] = None,
    noise: Annotated[float, typer.Option(help="Noise; 1 is that of a real case.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Seed of the data set.")] = 0,
    overwrite: options.Overwrite = False,
) -> None:
    """Write phantoms of the left ventricle as NIfTI in the layout of MyoPS 2020, for training or for a try."""
    from deepmix.files import outputs

    if cases < 1 or size < SMALLEST or not 0 <= noise < math.inf or seed < 0:
        needed = f"-n must be at least 1, --size at least {SMALLEST}, --noise and --seed not negative"
        raise ValueError(f"{needed}; got {cases}, {size}, {noise:g} and {seed}")
    if slices is not None and slices < FEWEST:
        raise ValueError(f"--slices must be at least {FEWEST}, got {slices}")
    outputs.check_folder(folder, overwrite)

    from deepmix.datasets import drawn

    from . import console

    with outputs.claimed(folder, overwrite), outputs.new_results(folder) as temporary:
        for number in console.counted("phantoms", range(drawn.FIRST, drawn.FIRST + cases), cases):
            drawn.write(temporary, number, drawn.draw(number, size, noise, seed, slices), slices is not None)
        settings = {"cases": cases, "size": size, "slices": slices, "noise": noise, "seed": seed}
        outputs.write_report(temporary, settings)
    console.out.print(f"{cases} cases in {folder}, in the layout of MyoPS 2020")

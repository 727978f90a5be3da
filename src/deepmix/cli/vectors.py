"""`deepmix vectors`: test vectors for ports in any language, in a folder."""

from pathlib import Path
from typing import Annotated

import typer

from deepmix.conformance.question import HELP


def vectors(
    folder: Annotated[Path, typer.Argument(help="Folder for the vectors; new or empty.")],
    preset: Annotated[
        str, typer.Option(help="minimal (all functions, small) or paper (the paper's sizes).")
    ] = "minimal",
    dtype: Annotated[
        str, typer.Option(help="float64 or float32: of the inputs; the tolerances follow from it.")
    ] = "float64",
    form: Annotated[
        str,
        typer.Option("--format", help="npz (archives) or npy (plain files, and the options as text in case.txt)."),
    ] = "npz",
    only: Annotated[list[str] | None, typer.Option(help=HELP["only"])] = None,
) -> None:
    """Write test vectors: inputs, expected outputs and tolerances for every function. FORMAT.md explains them."""
    from deepmix.conformance import arrays, files, selection, vectors
    from deepmix.conformance.cases import PRESETS, cases
    from deepmix.conformance.tolerances import DTYPES
    from deepmix.files import outputs
    from deepmix.reference.checks import check_choice

    from . import console

    check_choice("preset", preset, PRESETS)
    check_choice("dtype", dtype, DTYPES)
    check_choice("format", form, tuple(arrays.WRITERS))
    outputs.check_folder(folder, overwrite=None)
    chosen = [case for case in cases(preset, dtype) if selection.wanted(case.function, case.name, only or [])]
    if not chosen:
        raise ValueError(selection.nobody(only or []))
    with outputs.claimed(folder, overwrite=None), outputs.new_results(folder) as temporary:
        written = []
        for case in console.counted("vectors", chosen, len(chosen)):
            vector = vectors.make(case, preset, dtype)
            files.write(temporary, vector, form)
            written.append(vector.description)
        files.write_index(temporary, written)
    console.out.print(f"{len(chosen)} vectors in {folder}; {folder / 'FORMAT.md'} explains them")

"""`deepmix export`: the compiled functions as StableHLO and as serialised programs, in a folder."""

from pathlib import Path
from typing import Annotated

import typer

from deepmix.conformance.examples import Sizes
from deepmix.conformance.tolerances import DTYPES
from deepmix.export.options import PLATFORMS, check_installed, check_sizes

from . import options

DEFAULT = Sizes()


def export(
    folder: Annotated[Path, typer.Argument(help="Folder for the programs.")],
    platforms: Annotated[
        str, typer.Option(help="Some of cpu, cuda, rocm, tpu, with commas; this machine need not have them.")
    ] = ",".join(PLATFORMS),
    dtype: Annotated[str, typer.Option(help="float32 or float64.")] = "float32",
    channels: Annotated[int, typer.Option(help="Channels of the image.")] = DEFAULT.channels,
    classes: Annotated[int, typer.Option("--classes", "-k", help="Number of classes.")] = DEFAULT.classes,
    size: Annotated[int, typer.Option(help="Pixels per side of the image.")] = DEFAULT.size,
    depth: Annotated[int, typer.Option(help="Number of poolings of the network.")] = DEFAULT.depth,
    filters: Annotated[int, typer.Option(help="Filters of its first level.")] = DEFAULT.filters,
    only: Annotated[list[str] | None, typer.Option(help="Function, with * as wildcard; can be repeated.")] = None,
    overwrite: options.Overwrite = False,
) -> None:
    """Write every compiled function of flat arrays: its StableHLO, its program of jax.export, its arguments."""
    from deepmix.files import outputs
    from deepmix.reference.checks import check_choice

    from . import console

    sizes, named = (
        Sizes(channels=channels, classes=classes, size=size, depth=depth, filters=filters),
        list(dict.fromkeys(platforms.split(","))),
    )
    check_sizes(sizes)
    check_choice("dtype", dtype, DTYPES)
    for platform in named:
        check_choice("platforms", platform, PLATFORMS)
    outputs.check_folder(folder, overwrite)
    check_installed()

    from deepmix.export import programs

    functions = programs.chosen(sizes, dtype, only or [])
    with outputs.claimed(folder, overwrite), outputs.new_results(folder, programs.MANIFEST) as temporary:
        written = programs.write(temporary, functions, dtype, named)
        done = list(console.counted("export", written, len(functions)))
        programs.write_manifest(temporary, done, sizes, dtype, named)
    console.out.print(f"{len(done)} functions in {folder}; {folder / programs.MANIFEST} lists them")

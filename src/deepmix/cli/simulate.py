"""`deepmix simulate`: an image in, what a scanner would measure of it out."""

from pathlib import Path
from typing import Annotated, Any

import typer

from deepmix.files.inputs import existing
from deepmix.reconstruction.settings import SimulationSettings

from . import options

simulate = typer.Typer(help="Simulate what would be measured of an image.", no_args_is_help=True)


@simulate.callback()
def _of_what() -> None:
    """Keeps `ct` a word of its own while it is the only one."""


@simulate.command()
@options.of_settings(SimulationSettings)
def ct(
    image: Annotated[Path, typer.Argument(help="A CT image: DICOM, NIfTI, .npy and the like.")],
    output: options.Results,
    geometry: Annotated[
        Path | None, typer.Option(help="geometry.json; else parallel views, evenly over half a turn.")
    ] = None,
    *,
    overwrite: options.Overwrite = False,
    **typed: Any,
) -> None:
    """Simulate a scan of computed tomography: a sinogram or noisy counts, and geometry.json for reconstruct ct."""
    from deepmix.files import outputs

    outputs.check_folder(output, overwrite, [existing(path) for path in (image, geometry) if path is not None])
    settings = SimulationSettings(**options.values(SimulationSettings, typed))

    import dataclasses

    from deepmix.files import images
    from deepmix.reconstruction import scans, simulation

    from . import console

    with console.warnings_in_lines(), outputs.claimed(output, overwrite):
        said = None if geometry is None else scans.read(geometry)
        found = simulation.run(images.read_image([image]), said, settings)
        with outputs.new_results(output) as folder:
            simulation.write(folder, found, settings)
            report = {"image": image, "settings": dataclasses.asdict(settings), "versions": outputs.versions()}
            outputs.write_report(folder, report)
    n_views, n_detectors = found.values.shape
    console.out.print(f"{n_views} views of {n_detectors} detectors in {output}")

"""`deepmix reconstruct`: measurements in, a folder with the image and a report out."""

from pathlib import Path
from typing import Annotated, Any

import typer

from deepmix.files.inputs import existing
from deepmix.reconstruction.settings import ReconstructionSettings

from . import options

reconstruct = typer.Typer(help="Reconstruct an image from what was measured.", no_args_is_help=True)


@reconstruct.callback()
def _from_what() -> None:
    """Keeps `ct` a word of its own while it is the only one."""


@reconstruct.command()
@options.of_settings(ReconstructionSettings)
def ct(
    sinogram: Annotated[
        Path,
        typer.Argument(help="Line integrals, or counts, a view a row: .npy, .npz, .tif, .nii[.gz], .h5 or .mat."),
    ],
    output: options.Results,
    geometry: Annotated[
        Path | None, typer.Option(help="geometry.json: how the scan was made, if the file does not say.")
    ] = None,
    flat: Annotated[
        Path | None, typer.Option(help="Counts without an object; the values are counts then.")
    ] = None,
    dark: Annotated[Path | None, typer.Option(help="Counts without a beam.")] = None,
    truth: Annotated[
        Path | None, typer.Option(help="The true image, in the same unit: PSNR, SSIM, NRMSE and a picture.")
    ] = None,
    *,
    overwrite: options.Overwrite = False,
    no_compilation_cache: options.NoCompilationCache = False,
    **typed: Any,
) -> None:
    """Reconstruct a slice from computed tomography, parallel or fan beam."""
    from deepmix.files import outputs

    given = [existing(path) for path in (sinogram, geometry, flat, dark, truth) if path is not None]
    outputs.check_folder(output, overwrite, given)
    settings = ReconstructionSettings(**options.values(ReconstructionSettings, typed))

    import dataclasses

    from deepmix import compilation_cache
    from deepmix.reconstruction import job, results, scans, sinograms, truths

    from . import console

    with console.warnings_in_lines(), outputs.claimed(output, overwrite):
        if settings.backend == "accelerated" and not no_compilation_cache:
            compilation_cache.enable()
        measurement = sinograms.read(sinogram, settings.row)
        fields: dict[str, Any] = {
            name: sinograms.field(path, settings.row)
            for name, path in (("flat", flat), ("dark", dark))
            if path is not None
        }
        scan = measurement.scan if geometry is None else scans.read(geometry)
        if scan is None:
            raise ValueError(f"{sinogram} does not say how the scan was made; name a file by --geometry")
        results.check_lengths(scan, settings)
        true = None if truth is None else truths.read(truth, scan.size or (measurement.values.shape[1],) * 2)
        with console.progress_bar(settings.method, "strength") as progress:
            found = job.run(measurement._replace(**fields), scan, settings, progress)
        report = dataclasses.asdict(settings) | {
            "sinogram": sinogram,
            "flat": flat,
            "dark": dark,
            "geometry": scans.written(scan),
            "truth": truth,
        }
        with outputs.new_results(output) as folder:
            beside = results.write(folder, found, scan, settings, true)
            said = {"settings": report, **found.report, **beside, "versions": outputs.versions()}
            outputs.write_report(folder, said)
    height, width = found.image.shape
    unexplained = f"{found.report['residual']:.1%} of the sinogram is not explained"
    if "residual_sigma" in found.report:
        unexplained += f" ({found.report['residual_sigma']:.3g} σ)"
    console.out.print(
        f"{settings.method}: {height}×{width} pixels, {unexplained}, {found.report['seconds']:.1f} s"
    )
    if (message := found.report.get("message")) is not None:
        console.err.print(f"warning: {message}", style="yellow")
    if settings.strength == "auto":
        console.out.print(f"strength {found.report['strength']:.3g} by the noise")
    if settings.axis is not None:
        console.out.print(f"axis {found.report['axis']:.4g} mm from where the geometry has it")
    if truth is not None:
        console.out.print(
            "PSNR {psnr:.1f} dB, SSIM {ssim:.3f}, NRMSE {nrmse:.3f} of the truth".format(**beside["truth"])
        )
    console.out.print(f"results in {output}")

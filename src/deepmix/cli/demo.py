"""`deepmix demo`: a phantom with known truth, segmented by four methods as published and by deepSVG robust."""

from typing import Annotated, Any

import typer

from deepmix.segmentation import presets
from deepmix.segmentation.settings import Settings

from . import options

PUBLISHED = ("gmm", "svgmm", "deepg", "deepsvg")
# A network that two CPU cores train in seconds; `--paper` takes the defaults of `Settings` instead.
SMALL: dict[str, Any] = {"depth": 3, "filters": 16, "learning_rate": 1e-3}


def demo(
    output: options.Results,
    size: Annotated[int, typer.Option(help="Pixels per side of the phantom.")] = 160,
    noise: Annotated[float, typer.Option(help="Noise of the phantom; 1 is that of a real case.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Seed of the phantom and of the methods.")] = 0,
    backend: options.Backend = Settings.backend,
    distributions: Annotated[
        bool,
        typer.Option(
            "--distributions",
            help="Instead: outliers, magnitudes and speckle, by Gaussians and by what fits them.",
        ),
    ] = False,
    paper: Annotated[
        bool, typer.Option("--paper", help="The paper's network and learning rate: minutes instead of seconds.")
    ] = False,
    overwrite: options.Overwrite = False,
    no_compilation_cache: options.NoCompilationCache = False,
) -> None:
    """Segment a phantom of the left ventricle by four methods as published and by deepSVG robust; compare them."""
    from deepmix.files import outputs

    outputs.check_folder(output, overwrite)

    import numpy as np
    from rich.box import SIMPLE
    from rich.table import Table

    from deepmix import compilation_cache, evaluation
    from deepmix.datasets import phantoms
    from deepmix.report import description, figures
    from deepmix.segmentation.run import run

    from . import console

    if distributions:
        from . import demo_distributions

        with console.warnings_in_lines(), outputs.claimed(output, overwrite):
            if backend == "accelerated" and not no_compilation_cache:
                compilation_cache.enable()
            demo_distributions.show(output, size, seed, backend)
        return

    network: dict[str, Any] = {} if paper else SMALL
    about: dict[str, Any] = {"n_components": len(phantoms.TISSUES), "backend": backend, "seed": seed}
    jobs = {method: presets.settings("paper", method=method, **about, **network) for method in PUBLISHED}
    jobs["robust"] = presets.settings("robust", method="deepsvg", **about)
    phantom = phantoms.left_ventricle(size, noise, seed)
    columns = "method", "Dice", *phantoms.TISSUES, "NLL", "steps", "s"
    table = Table(*columns, title="Left-ventricle phantom, matched Dice", box=SIMPLE, pad_edge=False)
    labels, reports = {}, {}
    with console.warnings_in_lines(), outputs.claimed(output, overwrite):
        if backend == "accelerated" and not no_compilation_cache:
            compilation_cache.enable()
        for method, settings in jobs.items():
            with console.progress_bar(method, "slice") as progress:
                result = run(phantom.image, phantom.mask, settings, progress)
            dice = evaluation.scores(result.labels, phantom.labels, len(phantoms.TISSUES))
            report = description.report_of(result) | dice
            labels[method] = evaluation.relabelled(result.labels, report["matched"])
            reports[method] = report
            fit = report["fits"][0]
            nll = f"{fit['nll']:.4f}" if "nll" in fit else ""  # of the free energy, that is no NLL
            numbers = nll, str(fit["steps"]), f"{result.seconds:.1f}"
            of_tissues = [f"{each:.3f}" for each in dice["dice"].values()]
            table.add_row(method, f"{dice['mean_dice']:.3f}", *of_tissues, *numbers)
        with outputs.new_results(output) as folder:
            np.save(folder / "phantom.npy", phantom.image.astype(np.float32))
            np.save(folder / "truth.npy", phantom.labels.astype(np.uint8))
            figures.comparison(
                folder / "comparison.png",
                phantom.image,
                phantom.labels,
                labels,
                {method: report["mean_dice"] for method, report in reports.items()},
                phantoms.CHANNELS,
                class_names=phantoms.TISSUES,
            )
            outputs.write_report(folder, {"size": size, "noise": noise, "methods": reports})
    console.out.print(table)
    console.out.print(f"results in {output}; look at {output / 'comparison.png'}")

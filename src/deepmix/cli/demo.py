"""`deepmix demo`: a phantom with known truth, segmented by four methods as published and by deepSVG robust.

Two more are `demo_distributions` and `demo_reconstruction`.
"""

import importlib
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from deepmix.reference.checks import check_choice
from deepmix.segmentation import presets
from deepmix.segmentation.settings import Settings

from . import options

OTHERS = ("distributions", "reconstruction")
PUBLISHED = ("gmm", "svgmm", "deepg", "deepsvg")
# A network that two CPU cores train in seconds; `--paper` takes the defaults of `Settings` instead.
SMALL: dict[str, Any] = {"depth": 3, "filters": 16, "learning_rate": 1e-3}


def demo(
    output: options.Results,
    subject: Annotated[
        str | None,
        typer.Argument(help=f"{' or '.join(OTHERS)}, as by the option of that name.", show_default=False),
    ] = None,
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
    reconstruction: Annotated[
        bool,
        typer.Option(
            "--reconstruction",
            help="Instead: computed tomography of phantoms: few views, noise, windows, beam hardening.",
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
    other = _other(subject, {"distributions": distributions, "reconstruction": reconstruction})
    if other and (paper or noise != 1.0):
        raise ValueError(f"--paper and --noise are not of the demo of {other}")

    import numpy as np
    from rich.box import SIMPLE
    from rich.table import Table

    from deepmix import compilation_cache, evaluation
    from deepmix.datasets import phantoms
    from deepmix.report import description, figures
    from deepmix.segmentation.run import run

    from . import console

    if other:
        show = importlib.import_module(f"{__package__}.demo_{other}").show
        with console.warnings_in_lines(), outputs.claimed(output, overwrite):
            if backend == "accelerated" and not no_compilation_cache:
                compilation_cache.enable()
            show(output, size, seed, backend)
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


def _other(subject: str | None, options: Mapping[str, bool]) -> str | None:
    """Which of `OTHERS` is asked for, by its name or by the option of its name; None: none of them."""
    if subject is not None:
        check_choice("the subject of the demo", subject, OTHERS)
    asked = {name for name in OTHERS if options[name] or name == subject}
    if len(asked) > 1:
        raise ValueError(f"{' and '.join(sorted(asked))} are two demos; ask for one")
    return asked.pop() if asked else None

"""`deepmix segment`: image files in, a folder with the labels and a report out."""

from pathlib import Path
from typing import Annotated, Any

import typer

from deepmix.files.inputs import existing
from deepmix.segmentation import presets, selection
from deepmix.segmentation.settings import Settings

from . import options


@options.of_settings(Settings, besides=("n_components",), by_preset=presets.defaults())
def segment(
    channels: Annotated[
        list[Path], typer.Argument(help="One file a channel, or a multi-channel file; a folder is a DICOM series.")
    ],
    classes: Annotated[
        str,
        typer.Option(
            "--classes",
            "-k",
            help="Number of classes; auto (1 to 8) or auto:FROM:TO takes that with the least BIC.",
        ),
    ],
    output: options.Results,
    mask: options.Mask = None,
    truth: Annotated[Path | None, typer.Option(help="Label map; adds matched Dice to the report.")] = None,
    preset: Annotated[
        str,
        typer.Option(help="robust, or paper for the published settings; what is given below replaces its own."),
    ] = presets.DEFAULT,
    *,
    probabilities: options.Probabilities = False,
    ambiguity: options.Ambiguity = False,
    overwrite: options.Overwrite = False,
    no_compilation_cache: options.NoCompilationCache = False,
    **typed: Any,
) -> None:
    """Segment an image or a volume into classes, without training data."""
    from deepmix.files import outputs

    given = (*channels, mask, truth, *options.files(typed))
    outputs.check_folder(output, overwrite, [existing(path) for path in given if path is not None])
    candidates = selection.candidates(classes)
    settings = presets.settings(preset, n_components=candidates[-1], **options.values(Settings, typed))
    # what takes a second to import comes after what can be wrong at once
    from deepmix import compilation_cache, evaluation, memory
    from deepmix.files import extents, images
    from deepmix.report import description, figures
    from deepmix.segmentation import room
    from deepmix.segmentation.run import run

    from . import console

    with console.warnings_in_lines(), outputs.claimed(output, overwrite):
        if settings.backend == "accelerated" and not no_compilation_cache:
            compilation_cache.enable()
        if (extent := extents.of_image(channels)) is not None:
            room.check(*extent, settings=settings, source=str(channels[0]))
        image = images.read_image(channels)
        inside = None if mask is None else images.read_labels(mask, image) != 0
        true_labels = None if truth is None else images.read_labels(truth, image)
        if true_labels is not None:
            evaluation.check_truth(true_labels, inside, settings)
        with console.progress_bar(settings.method, "slice") as progress:
            result = run(image.channels, inside, settings, progress, candidates)
        report = description.report_of(result) | {"channels": channels, "mask": mask, "peak_memory": memory.peak()}
        if true_labels is not None:
            report |= {"truth": truth} | evaluation.scores(
                result.labels, true_labels, result.settings.n_components
            )
        with outputs.new_results(output) as folder:
            images.write_labels(folder / "labels", result.labels, image)
            if probabilities:
                images.write_maps(folder / "probabilities", result.probabilities, image)
            if ambiguity:
                images.write_maps(folder / "ambiguity", result.ambiguity, image)
            figures.overlay(
                folder / "overlay.png",
                image.channels,
                result.labels,
                description.channel_names(channels, len(image.channels)),
                inside,
                view=image.view,
                aspect=image.aspect,
            )
            outputs.write_report(folder, report)
    console.print_summary(result, report, output)

"""`deepmix segment`: image files in, a folder with the labels and a report out."""

from pathlib import Path
from typing import Annotated, Any

import typer

from deepmix.files.inputs import existing
from deepmix.files.records import CHANNELS_ARE, TIFF
from deepmix.reference.checks import check_choice
from deepmix.segmentation import presets, selection
from deepmix.segmentation.settings import Settings
from deepmix.settings import changed

from . import options


@options.of_settings(Settings, besides=("n_components",), by_preset=presets.defaults())
def segment(
    channels: Annotated[
        list[Path], typer.Argument(help="A file per channel, or a multi-channel file; a folder is a DICOM series.")
    ],
    classes: Annotated[
        str,
        typer.Option(
            "--classes",
            "-k",
            help="Number of classes; auto (1 to 8) or auto:FROM:TO chooses the number with the least BIC.",
        ),
    ],
    output: options.Results,
    mask: options.Mask = None,
    mask_threshold: Annotated[
        float | None, typer.Option(help="For a mask with shades: pixels above this value count.")
    ] = None,
    truth: Annotated[Path | None, typer.Option(help="Label map; adds matched Dice to the report.")] = None,
    preset: Annotated[
        str,
        typer.Option(help="robust, or paper for the published settings; options below replace its own."),
    ] = presets.DEFAULT,
    *,
    channels_are: options.ChannelsAre = None,
    probabilities: options.Probabilities = False,
    ambiguity: options.Ambiguity = False,
    overwrite: options.Overwrite = False,
    no_compilation_cache: options.NoCompilationCache = False,
    **typed: Any,
) -> None:
    """Segment an image or a volume into classes, without training data."""
    from deepmix.files import outputs, signatures

    given = (*channels, mask, truth, *options.files(typed))
    outputs.check_folder(output, overwrite, [existing(path) for path in given if path is not None])
    if channels_are is not None:
        check_choice("channels_are", channels_are, CHANNELS_ARE)
        if not any({path.suffix.lower(), signatures.suffix(path)} & set(TIFF) for path in channels):
            raise ValueError("--channels-are is for TIFF; other formats say themselves what their channels are")
    if mask_threshold is not None and mask is None:
        raise ValueError("--mask-threshold goes with --mask")
    candidates = selection.candidates(classes)
    settings = presets.settings(preset, n_components=candidates[-1], **options.values(Settings, typed))
    # what takes a second to import comes after what can be wrong at once
    from deepmix import compilation_cache, evaluation, memory
    from deepmix.files import extents, images
    from deepmix.report import description, figures
    from deepmix.segmentation import duration, room
    from deepmix.segmentation.run import run
    from deepmix.segmentation.size import Size

    from . import console

    with console.warnings_in_lines(), outputs.claimed(output, overwrite):
        if settings.backend == "accelerated" and not no_compilation_cache:
            compilation_cache.enable()
        needed = ""
        if (extent := extents.of_image(channels, channels_are)) is not None:
            size = Size(n_pixels=extent.n_pixels, n_channels=extent.n_channels, of_slice=extent.of_slice)
            peak = room.check(size, extent.held, extent.reading, settings=settings, source=str(channels[0]))
            needed = f"; about {memory.said(peak)} of memory"
        image = images.read_image(channels, channels_are)
        if settings.dimension == 3 and settings.spacing is None and len(image.spacing) == 3:
            settings = changed(settings, spacing=image.spacing)
        inside = None if mask is None else images.read_mask(mask, image, mask_threshold)
        true_labels = None if truth is None else images.read_labels(truth, image)
        if true_labels is not None:
            evaluation.check_truth(true_labels, inside, settings)
        if (words := duration.said(image.channels, inside, settings, candidates)) is not None:
            console.err.print(words + needed)
        with console.progress_bar(settings.method, "slice") as progress:
            result = run(image.channels, inside, settings, progress, candidates)
        report = description.report_of(result) | {"channels": channels, "channels_are": channels_are}
        report |= {"mask": mask, "mask_threshold": mask_threshold, "peak_memory": memory.peak()}
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
            if result.outliers is not None:
                images.write_maps(folder / "outliers", result.outliers, image)
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

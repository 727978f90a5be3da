"""`deepmix segment`: image files in, a folder with the labels and a report out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deepmix.files.inputs import existing
from deepmix.segmentation import presets, selection
from deepmix.segmentation.settings import Settings

from . import options
from .options import LOOP, MIXTURE, NETWORK, RUN

if TYPE_CHECKING:
    import numpy as np

DEFAULT = Settings(n_components=3)


def _by_preset(setting: str, panel: str, text: str) -> Any:
    """An option that replaces what the preset says."""
    each = (
        f"{preset}: {getattr(presets.settings(preset, n_components=3), setting)}" for preset in presets.PRESETS
    )
    return typer.Option(help=text, rich_help_panel=panel, show_default="; ".join(each))


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
    method: Annotated[
        str, typer.Option(help="gmm, svgmm, deepg, deepsvg, hmrf or fcm; robust, deepg is deepsvg.")
    ] = DEFAULT.method,
    preset: Annotated[
        str,
        typer.Option(help="robust, or paper for the published settings; what is given below replaces its own."),
    ] = presets.DEFAULT,
    backend: options.Backend = DEFAULT.backend,
    seed: Annotated[int, typer.Option(help="Of the k-means start and of the network's weights.")] = DEFAULT.seed,
    slices: Annotated[
        str | None, typer.Option(help="Slices A:B of the last axis of a volume, as in Python.")
    ] = None,
    standardize: Annotated[str, typer.Option(help="Over the mask, the image, or none.")] = DEFAULT.standardize,
    probabilities: options.Probabilities = False,
    overwrite: options.Overwrite = False,
    covariance_type: Annotated[
        str | None, _by_preset("covariance_type", MIXTURE, "diag, spherical, tied or full.")
    ] = None,
    initialization: Annotated[
        str | None,
        _by_preset(
            "initialization", MIXTURE, "kmeans (k-means++), multiscale (also on smoothed images) or random."
        ),
    ] = None,
    means_init: Annotated[
        Path | None,
        typer.Option(
            help="File with one row of channel means a class (text, .npy, .json): start and order of the classes.",
            rich_help_panel=MIXTURE,
        ),
    ] = None,
    restarts: Annotated[
        int | None, _by_preset("restarts", MIXTURE, "Seeds to start from, of which the best fit is kept.")
    ] = None,
    svgmm_start: Annotated[
        str, typer.Option(help="A fitted GMM, or an initial one.", rich_help_panel=MIXTURE)
    ] = DEFAULT.svgmm_start,
    tol: Annotated[
        float | None,
        _by_preset("tol", MIXTURE, "Stop when the NLL (hmrf: F; fcm: every membership) changes by less."),
    ] = None,
    max_iter: Annotated[
        int | None, _by_preset("max_iter", MIXTURE, "Most M-steps of gmm, svgmm and hmrf, rounds of fcm.")
    ] = None,
    fuzzifier: Annotated[
        float, typer.Option(help="m of fcm: 1 is K-means.", rich_help_panel=MIXTURE)
    ] = DEFAULT.fuzzifier,
    beta: Annotated[
        str | None,
        _by_preset("beta", MIXTURE, "How strongly neighbours agree in hmrf; auto: as the image has it."),
    ] = None,
    diagonals: Annotated[
        bool, typer.Option("--diagonals", help="Neighbours across corners too, in hmrf.", rich_help_panel=MIXTURE)
    ] = DEFAULT.diagonals,
    depth: options.Depth = DEFAULT.depth,
    filters: Annotated[int | None, _by_preset("filters", NETWORK, "Filters at the top.")] = None,
    negative_slope: options.NegativeSlope = DEFAULT.negative_slope,
    margin: Annotated[
        int, typer.Option(help="Pixels round the mask's bounding box.", rich_help_panel=NETWORK)
    ] = DEFAULT.margin,
    learning_rate: Annotated[float | None, _by_preset("learning_rate", LOOP, "Of AdamW.")] = None,
    weight_decay: options.WeightDecay = DEFAULT.weight_decay,
    max_norm: options.MaxNorm = DEFAULT.max_norm,
    min_steps: Annotated[int | None, _by_preset("min_steps", LOOP, "Least steps.")] = None,
    max_steps: Annotated[int | None, _by_preset("max_steps", LOOP, "Most steps.")] = None,
    objective: Annotated[
        str | None, _by_preset("objective", LOOP, "nll, or free_energy, which starts from the guide.")
    ] = None,
    contamination: Annotated[
        float | None,
        _by_preset(
            "contamination", LOOP, "Share of pixels whose intensity says nothing of their class (free energy)."
        ),
    ] = None,
    m_step_every: Annotated[
        int | None,
        _by_preset("m_step_every", LOOP, "Steps from one M-step of the free energy to the next; 0: none."),
    ] = None,
    m_step_damping: Annotated[
        float, typer.Option(help="How far the M-step of the free energy goes, 0 to 1.", rich_help_panel=LOOP)
    ] = DEFAULT.m_step_damping,
    m_step_gradient: Annotated[
        str, typer.Option(help="through or held.", rich_help_panel=LOOP)
    ] = DEFAULT.m_step_gradient,
    m_step_weights: Annotated[
        str, typer.Option(help="prior, or posterior (with held only).", rich_help_panel=LOOP)
    ] = DEFAULT.m_step_weights,
    label_rule: options.LabelRule = DEFAULT.label_rule,
    total_variation: Annotated[
        str | None,
        _by_preset(
            "total_variation", LOOP, "Weight of the total variation; auto: as strong as the field that guides."
        ),
    ] = None,
    mean_prior: Annotated[
        float, typer.Option(help="Weight of the distance to --means-init.", rich_help_panel=LOOP)
    ] = DEFAULT.mean_prior,
    guide: Annotated[
        str | None, _by_preset("guide", LOOP, "Where a deep method starts: gmm, or hmrf with its --beta.")
    ] = None,
    warm_start: Annotated[
        int | None, _by_preset("warm_start", LOOP, "Steps on the guide's posteriors before the loop.")
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="Such as cpu, gpu or gpu:1.", rich_help_panel=RUN)
    ] = DEFAULT.device,
    dtype: options.Dtype = DEFAULT.dtype,
    no_compilation_cache: options.NoCompilationCache = False,
) -> None:
    """Segment an image or a volume into classes, without training data."""
    from deepmix.files import outputs

    inputs = [existing(path) for path in (*channels, mask, truth, means_init) if path is not None]
    outputs.check_folder(output, overwrite, inputs)
    candidates = selection.candidates(classes)
    by_preset = {
        "covariance_type": covariance_type,
        "initialization": initialization,
        "tol": tol,
        "max_iter": max_iter,
        "restarts": restarts,
        "beta": _number_or_word(beta),
        "filters": filters,
        "learning_rate": learning_rate,
        "min_steps": min_steps,
        "max_steps": max_steps,
        "objective": objective,
        "contamination": contamination,
        "m_step_every": m_step_every,
        "total_variation": _number_or_word(total_variation),
        "guide": guide,
        "warm_start": warm_start,
    }
    settings = presets.settings(
        preset,
        n_components=candidates[-1],
        method=method,
        backend=backend,
        seed=seed,
        dtype=dtype,
        device=device,
        standardize=standardize,
        slices=_slices(slices),
        means_init=None if means_init is None else _means(means_init),
        svgmm_start=svgmm_start,
        fuzzifier=fuzzifier,
        diagonals=diagonals,
        depth=depth,
        negative_slope=negative_slope,
        margin=margin,
        weight_decay=weight_decay,
        max_norm=max_norm,
        m_step_damping=m_step_damping,
        m_step_gradient=m_step_gradient,
        m_step_weights=m_step_weights,
        label_rule=label_rule,
        mean_prior=mean_prior,
        **{name: value for name, value in by_preset.items() if value is not None},
    )
    # what takes a second to import comes after what can be wrong at once
    from deepmix import compilation_cache, evaluation
    from deepmix.files import images
    from deepmix.report import figures
    from deepmix.segmentation.run import run

    from . import console

    with console.warnings_in_lines():
        if backend == "accelerated" and not no_compilation_cache:
            compilation_cache.enable()
        image = images.read_image(channels)
        inside = None if mask is None else images.read_labels(mask, image) != 0
        true_labels = None if truth is None else images.read_labels(truth, image)
        if true_labels is not None:
            evaluation.check_truth(true_labels, inside, settings)
        with console.progress_bar(method, settings) as progress:
            result = run(image.channels, inside, settings, progress, candidates)
    report = outputs.report_of(result) | {"channels": channels, "mask": mask}
    if true_labels is not None:
        report |= {"truth": truth} | evaluation.scores(result.labels, true_labels, result.settings.n_components)
    with outputs.new_results(output) as folder:
        images.write_labels(folder / "labels", result.labels, image)
        if probabilities:
            images.write_probabilities(folder / "probabilities", result.probabilities, image)
        names = outputs.channel_names(channels, len(image.channels))
        figures.overlay(
            folder / "overlay.png",
            image.channels,
            result.labels,
            names,
            inside,
            view=image.view,
            aspect=image.aspect,
        )
        outputs.write_report(folder, report)
    console.print_summary(result, report, output)


def _means(path: Path) -> "np.ndarray":
    from deepmix.files import images

    return images.read_means(path)


def _number_or_word(text: str | None) -> float | str | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return text


def _slices(text: str | None) -> tuple[int | None, int | None] | None:
    if text is None:
        return None
    try:
        first, end = (int(part) if part else None for part in text.split(":"))
    except ValueError:
        raise ValueError(f"--slices takes A:B, such as 5:10 or :3; got {text!r}") from None
    return first, end

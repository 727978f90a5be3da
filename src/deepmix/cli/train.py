"""`deepmix train`: a data set in, a run folder with a network out."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deepmix.files.inputs import existing
from deepmix.training.settings import TrainSettings

from . import options
from .options import LOOP, MIXTURE, RUN

if TYPE_CHECKING:
    from deepmix.training.execution import Cluster

DEFAULT = TrainSettings(n_components=1)
DATA, PRIOR, CLUSTER = "Data", "What the classes mean", "Several processes (jax.distributed)"
STOPPED = 143  # what a shell sees of a command that SIGTERM ended


def train(
    data: Annotated[Path, typer.Argument(help="A table of cases (.csv), or a folder of them.")],
    classes: options.Classes,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the run.")],
    method: Annotated[str, typer.Option(help="deepg or deepsvg.")] = DEFAULT.method,
    seed: Annotated[int, typer.Option(help="Of the network, the order, the augmentation.")] = DEFAULT.seed,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint, if any.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Begin anew in another run's folder.")] = False,
    skip_bad: options.SkipBad = False,
    test: Annotated[
        str | None,
        typer.Option(help="Patients that never train, with commas between.", rich_help_panel=DATA),
    ] = None,
    crop: Annotated[
        int | None, typer.Option(help="Pixels a side of the window round each mask.", rich_help_panel=DATA)
    ] = DEFAULT.crop,
    standardize: Annotated[
        str, typer.Option(help="Each image over its mask, or none.", rich_help_panel=DATA)
    ] = DEFAULT.standardize,
    augment: Annotated[
        bool, typer.Option(help="Flip, turn, scale, deform and add noise.", rich_help_panel=DATA)
    ] = DEFAULT.augment,
    mean_prior: Annotated[
        str | None,
        typer.Option(
            help="Means that draw the classes to tissues: auto (of labelled training cases), or a file with one "
            "row of standardised channel means a class.",
            rich_help_panel=PRIOR,
        ),
    ] = None,
    strength: Annotated[
        float, typer.Option("--lambda", help="Weight of the distance to the means.", rich_help_panel=PRIOR)
    ] = DEFAULT.mean_prior,
    batch_strength: Annotated[
        float,
        typer.Option(
            "--lambda-batch", help="Weight of the distance of a batch's average means.", rich_help_panel=PRIOR
        ),
    ] = DEFAULT.mean_prior_of_batch,
    prior_cases: Annotated[
        int, typer.Option(help="Cases for --mean-prior auto.", rich_help_panel=PRIOR)
    ] = DEFAULT.prior_cases,
    supervision: Annotated[
        float, typer.Option(help="Weight of cross-entropy and Dice where labels are known.", rich_help_panel=PRIOR)
    ] = DEFAULT.supervision,
    labelled_fraction: Annotated[
        float, typer.Option(help="Of the labelled cases, those that count as such.", rich_help_panel=PRIOR)
    ] = DEFAULT.labelled_fraction,
    covariance_type: Annotated[
        str, typer.Option(help="diag, spherical, tied or full.", rich_help_panel=MIXTURE)
    ] = DEFAULT.covariance_type,
    label_rule: options.LabelRule = DEFAULT.label_rule,
    total_variation: options.TotalVariation = DEFAULT.total_variation,
    batch_size: Annotated[int, typer.Option(help="Images a step.", rich_help_panel=LOOP)] = DEFAULT.batch_size,
    learning_rate: options.LearningRate = DEFAULT.learning_rate,
    weight_decay: options.WeightDecay = DEFAULT.weight_decay,
    max_norm: options.MaxNorm = DEFAULT.max_norm,
    tol: Annotated[
        float, typer.Option(help="Stop when an epoch's mean NLL changes by less.", rich_help_panel=LOOP)
    ] = DEFAULT.tol,
    min_epochs: Annotated[int, typer.Option(help="Least epochs.", rich_help_panel=LOOP)] = DEFAULT.min_epochs,
    max_epochs: Annotated[int, typer.Option(help="Most epochs.", rich_help_panel=LOOP)] = DEFAULT.max_epochs,
    depth: options.Depth = DEFAULT.depth,
    filters: options.Filters = DEFAULT.filters,
    negative_slope: options.NegativeSlope = DEFAULT.negative_slope,
    checkpoint_every: Annotated[
        int, typer.Option(help="Steps between checkpoints; each epoch ends with one.", rich_help_panel=RUN)
    ] = 100,
    device: Annotated[
        str | None, typer.Option(help="One device, such as gpu:1; else all share each batch.", rich_help_panel=RUN)
    ] = None,
    dtype: Annotated[str, typer.Option(help="float32 or float64.", rich_help_panel=RUN)] = DEFAULT.dtype,
    product_dtype: Annotated[
        str | None, typer.Option(help="bfloat16: what convolutions multiply in.", rich_help_panel=RUN)
    ] = DEFAULT.product_dtype,
    no_compilation_cache: options.NoCompilationCache = False,
    distributed: Annotated[
        bool,
        typer.Option("--distributed", help="Join those of a SLURM, MPI or TPU job.", rich_help_panel=CLUSTER),
    ] = False,
    coordinator: Annotated[
        str | None, typer.Option(help="HOST:PORT of process 0, where no scheduler says.", rich_help_panel=CLUSTER)
    ] = None,
    processes: Annotated[int | None, typer.Option(help="How many there are.", rich_help_panel=CLUSTER)] = None,
    process: Annotated[
        int | None, typer.Option(help="Which this one is, from 0.", rich_help_panel=CLUSTER)
    ] = None,
) -> None:
    """Train one network on many images, without labels or with a few."""
    existing(data)
    if mean_prior not in (None, "auto"):
        existing(Path(mean_prior))
    settings = TrainSettings(
        n_components=classes,
        method=method,
        seed=seed,
        dtype=dtype,
        product_dtype=product_dtype,
        standardize=standardize,
        crop=crop,
        test=None if test is None else tuple(name.strip() for name in test.split(",") if name.strip()),
        means_init=mean_prior,
        prior_cases=prior_cases,
        mean_prior=strength,
        mean_prior_of_batch=batch_strength,
        total_variation=total_variation,
        supervision=supervision,
        labelled_fraction=labelled_fraction,
        batch_size=batch_size,
        augment=augment,
        covariance_type=covariance_type,
        label_rule=label_rule,
        depth=depth,
        filters=filters,
        negative_slope=negative_slope,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        max_norm=max_norm,
        tol=tol,
        min_epochs=min_epochs,
        max_epochs=max_epochs,
    )
    if checkpoint_every < 1:
        raise ValueError(f"checkpoint_every must be at least 1, got {checkpoint_every}")
    cluster = _cluster(distributed, coordinator, processes, process, device)
    # what takes a second to import comes after what can be wrong at once
    from deepmix.training import extras

    extras.check()
    from deepmix import compilation_cache
    from deepmix.training import job, runs
    from deepmix.training.execution import executing

    from . import console

    with console.warnings_at_once(), executing(dtype, device, cluster) as execution:
        execution.led(lambda: runs.check_folder(output, [data], overwrite, resume))
        if not no_compilation_cache:
            compilation_cache.enable()
        with console.training_bar(f"{method} on {data.name}", max_epochs, execution.leads) as progress:
            status = job.train(
                data,
                output,
                settings,
                execution,
                skip_bad=skip_bad,
                resume=resume and not overwrite,
                every=checkpoint_every,
                progress=progress,
                say=console.err.print if execution.leads else lambda line: None,
            )
    if not status:
        console.err.print(f"deepmix: stopped by a signal; go on with the same command and --resume ({output})")
        sys.exit(STOPPED)
    if execution.leads:
        console.print_training(output)


def _cluster(
    distributed: bool, coordinator: str | None, processes: int | None, process: int | None, device: str | None
) -> "Cluster | None":
    """The processes that train together; None for one alone. ValueError for options that do not go together."""
    if coordinator is None and not (processes is None and process is None):
        raise ValueError(
            "--processes and --process go with --coordinator HOST:PORT, or with none for --distributed"
        )
    if coordinator is None and not distributed:
        return None
    if device is not None:
        raise ValueError("--device is for one process; several use all devices that they see")
    from deepmix.training.execution import Cluster

    return Cluster(coordinator, processes, process)

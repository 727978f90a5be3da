"""`deepmix train`: a data set in, a run folder with a network out."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deepmix.files.inputs import existing
from deepmix.settings import RUN
from deepmix.training.settings import TrainSettings, chosen, defaults

from . import options

if TYPE_CHECKING:
    from deepmix.training.execution import Cluster

CLUSTER = "Several processes (jax.distributed)"  # a panel of the help
STOPPED = 143  # what a shell sees of a command that SIGTERM ended


@options.of_settings(TrainSettings, by_preset=defaults())
def train(
    data: Annotated[Path, typer.Argument(help="A table of cases (.csv), or a folder of them.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the run.")],
    *,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint, if any.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the run in the folder.")] = False,
    skip_bad: options.SkipBad = False,
    checkpoint_every: Annotated[
        int, typer.Option(help="Steps between checkpoints; each epoch ends with one.", rich_help_panel=RUN)
    ] = 100,
    device: Annotated[
        str | None, typer.Option(help="The one device to use, such as gpu:1; else all.", rich_help_panel=RUN)
    ] = None,
    no_compilation_cache: options.NoCompilationCache = False,
    distributed: Annotated[
        bool,
        typer.Option("--distributed", help="Join the SLURM, MPI or TPU job.", rich_help_panel=CLUSTER),
    ] = False,
    coordinator: Annotated[
        str | None, typer.Option(help="HOST:PORT of process 0, without a scheduler.", rich_help_panel=CLUSTER)
    ] = None,
    processes: Annotated[int | None, typer.Option(help="Number of processes.", rich_help_panel=CLUSTER)] = None,
    process: Annotated[
        int | None, typer.Option(help="Number of this process, from 0.", rich_help_panel=CLUSTER)
    ] = None,
    **typed: Any,
) -> None:
    """Train one network on many images, without labels or with labels for some of them."""
    existing(data)
    settings = chosen(**options.values(TrainSettings, typed))
    if settings.prior.means_init not in (None, "auto"):
        existing(Path(settings.prior.means_init))
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

    with (
        console.warnings_at_once(),
        executing(settings.dtype, device, cluster) as execution,
        ExitStack() as claims,
    ):
        execution.led(lambda: claims.enter_context(runs.claimed(output, [data], overwrite, resume)))
        if not no_compilation_cache:
            compilation_cache.enable()
        with console.progress_bar(f"{settings.method} on {data.name}", "epoch", execution.leads) as progress:
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
    """The processes that train together; None for a single one.

    Raises ValueError for options that do not go together.
    """
    if coordinator is None and not (processes is None and process is None):
        raise ValueError(
            "--processes and --process go with --coordinator HOST:PORT, or with none for --distributed"
        )
    if coordinator is None and not distributed:
        return None
    if device is not None:
        raise ValueError("--device is for one process; several use all devices that they see")
    from deepmix.training.execution import Cluster

    return Cluster(coordinator=coordinator, n_processes=processes, process=process)

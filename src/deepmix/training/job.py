"""The work of `deepmix train`: from a data set to a run folder, at once or with interruptions."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from deepmix.accelerated.deep_mixtures import many_images
from deepmix.accelerated.deep_mixtures.many_images import Course
from deepmix.accelerated.optimization.schedules import polynomial_decay
from deepmix.files import outputs
from deepmix.progress import OnProgress, Place
from deepmix.reference.deep_mixtures.checks import check_training
from deepmix.reference.deep_mixtures.records import TrainingModel
from deepmix.reference.types import Status

from . import curves, data, learner, runs, watching
from .checkpoints import Checkpoints
from .data import Data
from .execution import Execution
from .pipeline import Pipeline
from .runs import Epoch
from .settings import TrainSettings
from .signals import stopping_on_signals


def train(
    path: Path,
    folder: Path,
    settings: TrainSettings,
    execution: Execution,
    *,
    skip_bad: bool = False,
    resume: bool = False,
    every: int = 100,
    progress: OnProgress = lambda place: None,
    say: Callable[[str], None] = lambda line: None,
) -> Status:
    """Train on a data set, with checkpoints on the way; the folder then holds all that `predict` needs.

    every: steps between checkpoints; each epoch ends with one in any case. say: called with a line when training
    is resumed or about to stop. Returns how it ended; `running` if a signal stopped it, and it can be resumed.
    Raises ValueError for bad data, and for a run that cannot be resumed.
    """
    began = time.perf_counter()
    found = data.read(path, settings, skip_bad)
    wanted = runs.config(settings, found.record)
    resuming = resume and (folder / runs.CONFIG).exists()
    if resuming:
        written = runs.read(folder)
        runs.check_same(folder, written, wanted)
        means = written["data"]["means"]
        found = found._replace(means=None if means is None else np.array(means))
    model = learner.model(settings, found)
    check_training(model)
    course = many_images.begin(learner.parameters(settings, found), execution.mesh)
    pipeline = Pipeline(
        found.training,
        settings.n_components,
        batch_size=settings.epochs.batch_size,
        seed=settings.seed,
        changes=learner.changes(settings, found),
        known=settings.prior.supervision > 0,
        part=execution.part,
    )
    if not resuming:
        execution.led(partial(runs.begin, folder, wanted))
    with stopping_on_signals(execution, say) as stopping, Checkpoints(folder / runs.CHECKPOINTS) as checkpoints:
        if resuming and (last := checkpoints.last(course)) is not None:
            course = last
            say(f"going on after step {_steps(course, pipeline)}, epoch {len(course.history)}")
        execution.led(partial(runs.keep_epochs, folder, len(course.history)))
        epoch = None
        begun = course
        for course in many_images.run(
            begun,
            pipeline,
            model=model,
            training=settings.training(),
            mesh=execution.mesh,
            product_dtype=settings.product_dtype,
        ):
            if execution.leads and not course.sums:
                epoch = _epoch(course, settings, found, model)
                runs.add_epoch(folder, epoch)
            progress(
                Place(
                    part=len(course.history),
                    n_parts=settings.epochs.max_epochs,
                    step=len(course.sums),
                    n_steps=pipeline.n_batches,
                    values={} if epoch is None else _shown(epoch),
                )
            )
            if len(course.sums) == pipeline.n_batches:
                continue  # the end of the epoch comes next
            step = _steps(course, pipeline)
            stop = stopping(step)
            if not course.sums or step % every == 0 or stop:
                checkpoints.save(step, course)
            if stop:
                break
    if course.status != Status.running and execution.leads:
        _finish(folder, course, time.perf_counter() - began)
    return course.status


def _steps(course: Course, pipeline: Pipeline) -> int:
    """How many steps have been done."""
    return len(course.history) * pipeline.n_batches + len(course.sums)


def _epoch(course: Course, settings: TrainSettings, found: Data, model: TrainingModel) -> Epoch:
    """The line of the metrics for the epoch that has just ended."""
    epoch = len(course.history) - 1
    rate = polynomial_decay(settings.epochs.learning_rate, epoch, settings.epochs.max_epochs)
    nll, objective = course.history[-1], course.objective[-1]
    dice = watching.scores(course.state.parameters, found, model.deep, settings.named)
    more = model.deep.regularizers or model.of_batch or model.supervision
    return Epoch(
        epoch=epoch,
        learning_rate=float(rate),
        nll=nll,
        regularizer=objective - nll if more else 0.0,  # else their rounding
        dice=dice,
    )


def _shown(epoch: Epoch) -> dict[str, float]:
    """The numbers of an epoch: the NLL, what the loss adds, and the mean Dice if truth is known."""
    scores = [score for score in (epoch.dice or {}).values() if score is not None]
    dice = {"Dice": float(np.mean(scores))} if scores else {}
    return {"NLL": epoch.nll, "regulariser": epoch.regularizer} | dice


def _finish(folder: Path, course: Course, seconds: float) -> None:
    """Write the parameters and the report. seconds: since training began or was resumed."""
    epochs = runs.metrics(folder)
    report: dict[str, Any] = {
        "status": course.status,
        "epochs": len(course.history),
        "seconds": seconds,
        "nll": course.history[-1],
        "dice": epochs[-1].dice if epochs else None,
        "versions": outputs.versions(),
    }
    with outputs.new_results(folder) as temporary:
        runs.save_parameters(temporary / runs.PARAMETERS, course.parameters)
        if epochs:
            curves.write_table(temporary / runs.TABLE, epochs)
            curves.draw(temporary / runs.CURVES, epochs)
        outputs.write_report(temporary, report)

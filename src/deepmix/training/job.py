"""The work of `deepmix train`: from a data set to a run folder, in one go or in several."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax

from deepmix import outputs
from deepmix.accelerated import adamw, regularizers, training
from deepmix.accelerated.training import Course
from deepmix.reference import initialization
from deepmix.reference.types import Status, TrainingModel

from . import curves, data, runs, watching
from .checkpoints import Checkpoints
from .data import Data
from .execution import Execution
from .fitting import Watch, followed
from .pipeline import Pipeline
from .runs import Epoch
from .settings import TrainSettings


class Place(NamedTuple):
    """How far training has come: the epoch, how many batches of it, of how many, are done; the last line."""

    epoch: int
    done: int
    n_batches: int
    last: Epoch | None


def train(
    path: Path,
    folder: Path,
    settings: TrainSettings,
    execution: Execution,
    *,
    skip_bad: bool = False,
    resume: bool = False,
    every: int = 100,
    progress: Callable[[Place], None] = lambda place: None,
) -> dict[str, Any] | None:
    """Train on a data set; the folder then holds all that `predict` needs, and checkpoints on the way.

    every: steps between checkpoints. Returns the report; None if a signal stopped it: resume it then.
    Raises ValueError for bad data, and for a run that cannot be resumed.
    """
    began = time.perf_counter()
    found = data.read(path, settings, skip_bad)
    wanted = runs.config(settings, found.record)
    resuming = resume and (folder / runs.CONFIG).exists()
    if resuming:
        runs.check_same(folder, wanted)
    elif execution.leads:
        runs.begin(folder, wanted)
    model = _model(settings, found)
    course = training.begin(_parameters(settings, found), model, execution.mesh)
    pipeline = Pipeline(
        found.training,
        settings.n_components,
        batch_size=settings.batch_size,
        seed=settings.seed,
        augmented=settings.augment,
        known=settings.supervision > 0,
        part=execution.part,
    )
    with Checkpoints(folder / runs.CHECKPOINTS) as checkpoints, _signals() as stopping:
        if resuming and (last := checkpoints.last(course)) is not None:
            course = last
        if execution.leads:
            runs.keep_epochs(folder, len(course.history))
        follower = _Follower(folder, settings, found, model, execution, pipeline.n_batches, progress)
        course = followed(
            course,
            training.run(
                course,
                pipeline,
                model=model,
                training=settings.training(),
                mesh=execution.mesh,
                product_dtype=settings.product_dtype,
            ),
            pipeline.n_batches,
            every,
            checkpoints,
            Watch(follower.step_done, follower.epoch_ended, stopping),
        )
    return (
        None
        if course.status == Status.running
        else _finish(folder, course, time.perf_counter() - began, execution.leads)
    )


def _model(settings: TrainSettings, found: Data) -> TrainingModel:
    of_image, of_batch = [], []
    if settings.total_variation:
        of_image.append((regularizers.total_variation, settings.total_variation))
    if found.means is not None:
        means = found.means.astype(settings.dtype)
        if settings.mean_prior:
            of_image.append((partial(regularizers.mean_prior, means=means), settings.mean_prior))
        if settings.mean_prior_of_batch:
            of_batch.append((partial(regularizers.mean_prior_of_batch, means=means), settings.mean_prior_of_batch))
    return settings.model(tuple(of_image), tuple(of_batch))


def _parameters(settings: TrainSettings, found: Data) -> dict:
    parameters = initialization.unet_parameters(
        len(found.record["channels"]), settings.n_components, settings.model().deep.unet, seed=settings.seed
    )
    return jax.tree.map(lambda leaf: leaf.astype(settings.dtype), parameters)


class _Follower:
    """Writes the metrics and tells the progress, as training goes on."""

    def __init__(
        self,
        folder: Path,
        settings: TrainSettings,
        found: Data,
        model: TrainingModel,
        execution: Execution,
        n_batches: int,
        progress: Callable[[Place], None],
    ) -> None:
        self._folder, self._settings, self._found, self._model = folder, settings, found, model
        self._execution, self._n_batches, self._progress = execution, n_batches, progress
        self._last: Epoch | None = None

    def step_done(self, course: Course) -> None:
        self._progress(Place(len(course.history), len(course.sums), self._n_batches, self._last))

    def epoch_ended(self, course: Course) -> None:
        settings, epoch = self._settings, len(course.history) - 1
        rate = adamw.polynomial_decay(settings.learning_rate, epoch, settings.max_epochs)
        nll, objective = course.history[-1], course.objective[-1]
        dice = watching.scores(course.state.parameters, self._found, self._model.deep, settings.named)
        self._last = Epoch(epoch, float(rate), nll, objective - nll, dice)
        if self._execution.leads:
            runs.add_epoch(self._folder, self._last)


def _finish(folder: Path, course: Course, seconds: float, leads: bool) -> dict[str, Any]:
    """Write what was learned, and how."""
    epochs = runs.metrics(folder)
    report = {
        "status": course.status,
        "epochs": len(epochs),
        "seconds": seconds,
        "nll": epochs[-1].nll,
        "dice": epochs[-1].dice,
        "versions": outputs.versions(),
    }
    if leads:
        with outputs.new_results(folder) as temporary:
            runs.save_parameters(temporary / runs.PARAMETERS, course.parameters)
            curves.write_table(temporary / "curves.csv", epochs)
            curves.draw(temporary / "curves.png", epochs)
            outputs.write_report(temporary, report)
    return report


@contextmanager
def _signals() -> Iterator[Callable[[], bool]]:
    """Whether SIGTERM or SIGINT has asked to stop, which waits for the step and its checkpoint."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():  # signals come to the main thread only
        yield asked.is_set
        return
    before = {each: signal.signal(each, lambda *_: asked.set()) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield asked.is_set
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)

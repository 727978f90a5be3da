"""Algorithm 4 with what long work needs: checkpoints, numbers while it runs, a way to stop it."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from deepmix.accelerated.training import Course

from .checkpoints import Checkpoints


class Watch(NamedTuple):
    """Who follows a training.

    step_done, epoch_ended: called with the course after each. stopping: whether to stop after this step.
    """

    step_done: Callable[[Course], None]
    epoch_ended: Callable[[Course], None]
    stopping: Callable[[], bool]


def followed(
    begun: Course,
    courses: Iterable[Course],
    n_batches: int,
    every: int,
    checkpoints: Checkpoints,
    watch: Watch,
) -> Course:
    """Take training to its end, or to where the watch stops it; the course it returns is on disk.

    begun: what it returns if there is no step to do. n_batches: of an epoch.
    every: steps between checkpoints; there is one after each epoch in any case.
    """
    course = begun
    for course in courses:
        within = len(course.sums)
        if not within:
            watch.epoch_ended(course)
        watch.step_done(course)
        if within == n_batches:
            continue  # the end of the epoch comes next
        step, stopping = len(course.history) * n_batches + within, watch.stopping()
        if not within or step % every == 0 or stopping:
            checkpoints.save(step, course)
        if stopping:
            break
    return course

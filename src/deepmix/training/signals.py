"""Stops training after a step, with a checkpoint, when a signal asks for it."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from jax.experimental import multihost_utils

from .execution import Execution


@contextmanager
def stopping_on_signals(execution: Execution, say: Callable[[str], None]) -> Iterator[Callable[[int], bool]]:
    """A function of the step that tells whether to stop after it, because SIGTERM or SIGINT has come.

    A second SIGINT interrupts at once. If several processes train, JAX notices SIGTERM to any of them, and all
    stop after the same step.
    """
    several, asked = execution.part[1] > 1, threading.Event()

    def heard(number: int, frame: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if several:
            os.kill(os.getpid(), signal.SIGTERM)
        asked.set()
        say("stopping after this step")

    numbers: tuple[signal.Signals, ...] = (signal.SIGINT,) if several else (signal.SIGTERM, signal.SIGINT)
    if threading.current_thread() is not threading.main_thread():
        numbers = ()  # signals are the main thread's
    before = {number: signal.signal(number, heard) for number in numbers}
    try:
        yield multihost_utils.reached_preemption_sync_point if several else lambda step: asked.is_set()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

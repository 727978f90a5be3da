"""Whole jobs, as people run them: from an image to labels with the defaults, beside peers that do the same."""

import json
import subprocess
import sys
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from rich.console import Console

from ..harness import report
from ..harness.setting import Setting
from ..harness.timing import say
from .contestants import METHODS
from .table import table


class Job(NamedTuple):
    """A method on an image.

    shape: of the image. repeats: calls after the first one; peers make one less. way: one of `ways.WAYS`.
    """

    method: str
    n_channels: int
    shape: tuple[int, ...]
    repeats: int = 2
    way: str = "array"

    @property
    def name(self) -> str:
        """The name in the table."""
        sides = "×".join(map(str, self.shape))
        return f"{self.method}, {sides}, {self.n_channels} channels{', NIfTI' * (self.way == 'NIfTI')}"


WIDTH = 150  # that the table needs
SLICE, LARGE, VOLUME, HUGE = (160, 160), (512, 512), (128, 128, 128), (256, 256, 256)
# Each takes one process a few minutes; scikit-fuzzy alone would take two on a volume.
JOBS = (
    *(Job(method=method, n_channels=3, shape=SLICE) for method in METHODS if method != "deepsvg"),
    Job(method="deepsvg", n_channels=3, shape=SLICE, repeats=1),
    *(Job(method=method, n_channels=3, shape=LARGE) for method in METHODS if method != "deepsvg"),
    Job(method="hmrf", n_channels=1, shape=LARGE, repeats=1),  # because dipy takes one channel only
    *(Job(method=method, n_channels=2, shape=VOLUME, repeats=1) for method in ("gmm", "svgmm", "hmrf")),
    Job(method="gmm", n_channels=2, shape=VOLUME, repeats=1, way="NIfTI"),
)
FULL = (
    *(Job(method=method, n_channels=1, shape=HUGE, repeats=1) for method in ("gmm", "hmrf", "fcm")),
    *(Job(method=method, n_channels=2, shape=VOLUME, repeats=1) for method in ("fcm", "deepsvg")),
    Job(method="hmrf", n_channels=2, shape=VOLUME, repeats=1, way="NIfTI"),
)
QUICK = (
    *(Job(method=method, n_channels=2, shape=(24, 24), repeats=1) for method in ("gmm", "hmrf", "fcm")),
    Job(method="gmm", n_channels=2, shape=(24, 24), repeats=1, way="NIfTI"),
)


def run(setting: Setting) -> None:
    """Run each job by each contestant in its own process; print a table, and write the results.

    `--full` adds the largest ones, `--only` takes a pattern of jobs, such as 'gmm*'.
    """
    rows = []
    jobs = QUICK if setting.quick else JOBS + FULL * setting.full
    for job in (job for job in jobs if fnmatchcase(job.name, setting.only)):
        for who, contestant in METHODS[job.method].items():
            if contestant.missing() or (contestant.one_channel and job.n_channels > 1):
                continue
            say(f"{job.name}: {who}")
            rows.append({"job": job.name, "who": who} | _in_its_own_process(job, who))
    Console(width=max(WIDTH, Console().width)).print(table(rows))
    if not setting.quick and setting.only == "*":
        report.keep(f"jobs/{report.stem('jobs', setting)}", {"rows": rows}, setting)


def _in_its_own_process(job: Job, who: str) -> dict[str, Any]:
    repeats = job.repeats if who == "deepmix" else job.repeats - 1  # peers compile nothing
    numbers = map(str, (job.n_channels, repeats, *job.shape))
    command = [sys.executable, "-m", "benchmarks.jobs.one", job.way, job.method, who, *numbers]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8")
    return json.loads(done.stdout.splitlines()[-1])

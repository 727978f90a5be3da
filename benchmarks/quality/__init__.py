"""Which method finds what is there: label maps against the truth, on phantoms and on real images.

What is tuned is tuned on even slices and on phantoms below 100; these images are others.
"""

import time
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from functools import partial

from rich.console import Console
from rich.progress import track

from .. import report
from ..setting import Setting
from . import figure, images, table
from .cache import Cache, Found
from .images import Case
from .methods import METHODS, Method
from .scores import Score, collapsed, score

SEEDS = (0, 1, 2)
QUICK = ("gmm", "hmrf", "fcm")
_WIDTH = 170  # that the table needs

Job = tuple[Case, str, int]


def run(setting: Setting) -> None:
    """Every method on every image; prints a table, and writes the scores and a figure."""
    console, cache = Console(), Cache(report.RESULTS / ".quality")
    offered = {name: method for name, method in METHODS.items() if fnmatchcase(name, setting.only)}
    if setting.quick:
        offered = {name: method for name, method in offered.items() if name in QUICK}
    for name in [name for name, method in offered.items() if method.missing()]:
        del offered[name]
        console.print(f"{name} is left out: pip install 'deepmix[quality]'", markup=False)
    jobs = list(_jobs(list(images.cases(setting.data, setting.full, setting.quick)), offered))
    found, maps = [], {}
    for case, name, seed in track(jobs, "segmenting", console=console):
        segmented = partial(_segment, offered[name], case, seed)
        if not setting.quick:
            made_of = name, *offered[name].made_of(), case.name, case.image, case.mask, seed
            segmented = partial(cache.get, made_of, segmented)
        labels, seconds = segmented()
        found.append(Score(case.row, case.name, name, seed, score(labels, case), collapsed(labels, case), seconds))
        maps[case.name, name, seed] = labels
    Console(width=max(console.width, _WIDTH)).print(table.dice(found))
    if not setting.quick and setting.only == "*":
        drawn = figure.draw(_first_of_each_row(jobs), maps)
        report.keep(f"quality{'-full' * setting.full}", {"scores": [s._asdict() for s in found]}, setting, drawn)


def _jobs(cases: Sequence[Case], offered: dict[str, Method]) -> Iterator[Job]:
    for case in cases:
        for name, method in offered.items():
            if method.takes(case):
                yield from ((case, name, seed) for seed in (SEEDS if method.random else SEEDS[:1]))


def _segment(method: Method, case: Case, seed: int) -> Found:
    began = time.perf_counter()
    labels = method.labels(case, seed)
    return Found(labels, time.perf_counter() - began)


def _first_of_each_row(jobs: Sequence[Job]) -> list[Case]:
    first: dict[str, Case] = {}
    for case, _, _ in jobs:
        first.setdefault(case.row, case)
    return list(first.values())

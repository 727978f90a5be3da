"""How good the methods are: label maps against the truth, on phantoms and on real images.

Settings were tuned on even slices and on phantoms with numbers below 100; the images here are others.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial

from rich.console import Console
from rich.progress import track

from ..harness import report
from ..harness.setting import Setting
from . import figure, images, table
from .cache import Cache, Found
from .images import Case
from .methods import DIMENSIONS, DISTRIBUTIONS, METHODS, PARTS, Method
from .scores import Score, collapsed, score

SEEDS = (0, 1, 2)
QUICK = ("gmm", "hmrf", "fcm")
QUICK_PARTS = ("as it is", "λ = 0")
QUICK_DISTRIBUTIONS = ("gmm, gaussian", "gmm, student")
QUICK_DIMENSIONS = ("hmrf",)
_WIDTH = 170  # that the table needs

Job = tuple[Case, str, int]


def run(setting: Setting) -> None:
    """Every method on every image; prints a table, and writes the scores and a figure."""
    cases = list(images.cases(setting.data, setting.full, setting.quick))
    methods = {name: METHODS[name] for name in QUICK} if setting.quick else METHODS
    _compare(f"quality{'-full' * setting.full}", cases, methods, SEEDS, setting)


def run_parts(setting: Setting) -> None:
    """The preset robust with one part changed, on the first image of each row; prints and writes as `run`."""
    cases = _first_of_each_row(images.cases(setting.data, False, setting.quick))
    parts = {name: PARTS[name] for name in QUICK_PARTS} if setting.quick else PARTS
    _compare("parts", cases, parts, SEEDS[:1], setting)


def run_distributions(setting: Setting) -> None:
    """The GMM and the field with each distribution, on distorted slices of a brain; prints and writes as `run`."""
    cases = list(images.distorted(setting.data, setting.quick))
    chosen = {name: DISTRIBUTIONS[name] for name in QUICK_DISTRIBUTIONS} if setting.quick else DISTRIBUTIONS
    _compare("distributions", cases, chosen, SEEDS[:1], setting)


def run_dimensions(setting: Setting) -> None:
    """The field and deepSVG, slice by slice and in three dimensions, on volumes; prints and writes as `run`."""
    cases = list(images.volumes(setting.data, setting.quick))
    chosen = {name: DIMENSIONS[name] for name in QUICK_DIMENSIONS} if setting.quick else DIMENSIONS
    _compare("dimensions", cases, chosen, SEEDS[:1], setting)


def _compare(
    stem: str, cases: Sequence[Case], methods: Mapping[str, Method], seeds: Sequence[int], setting: Setting
) -> None:
    console, cache = Console(), Cache(report.RESULTS / ".quality")
    offered = {name: method for name, method in methods.items() if fnmatchcase(name, setting.only)}
    for name in [name for name, method in offered.items() if method.missing()]:
        del offered[name]
        console.print(f"{name} is left out: pip install 'deepmix[quality]'", markup=False)
    found, maps = [], {}
    for case, name, seed in track(list(_jobs(cases, offered, seeds)), "segmenting", console=console):
        segmented = partial(_segment, offered[name], case, seed)
        if not setting.quick:
            made_of = *offered[name].made_of(), case.name, case.image, case.mask, seed
            segmented = partial(cache.get, made_of, segmented)
        labels, seconds = segmented()
        found.append(Score(case.row, case.name, name, seed, score(labels, case), collapsed(labels, case), seconds))
        maps[case.name, name, seed] = labels
    Console(width=max(console.width, _WIDTH)).print(table.dice(found))
    if not setting.quick and setting.only == "*":
        drawn = figure.draw(_first_of_each_row(cases), maps)
        report.keep(f"quality/{stem}", {"scores": [s._asdict() for s in found]}, setting, drawn)


def _jobs(cases: Sequence[Case], offered: Mapping[str, Method], seeds: Sequence[int]) -> Iterator[Job]:
    for case in cases:
        for name, method in offered.items():
            if method.takes(case):
                yield from ((case, name, seed) for seed in (seeds if method.random else seeds[:1]))


def _segment(method: Method, case: Case, seed: int) -> Found:
    began = time.perf_counter()
    labels = method.labels(case, seed)
    return Found(labels, time.perf_counter() - began)


def _first_of_each_row(cases: Iterable[Case]) -> list[Case]:
    first: dict[str, Case] = {}
    for case in cases:
        first.setdefault(case.row, case)
    return list(first.values())

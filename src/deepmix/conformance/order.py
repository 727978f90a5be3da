"""Which modules of a package with subjects use which, and their order from the bottom up."""

import ast
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path

Uses = dict[str, set[str]]  # of each, which others it imports


def modules(folder: Path | str) -> list[str]:
    """`<subject>.<algorithm>` of a package's modules, each after those that it imports, subject by subject."""
    within = uses(folder)
    return [
        module
        for subject in bottom_up(subjects(within))
        for module in bottom_up({name: each for name, each in within.items() if name.startswith(f"{subject}.")})
    ]


def uses(folder: Path | str) -> Uses:
    """What each module `<subject>.<algorithm>` of a package imports of its subjects, or of the reference's."""
    paths = {
        ".".join(path.relative_to(folder).with_suffix("").parts): path for path in Path(folder).glob("*/*.py")
    }
    paths = {name: path for name, path in sorted(paths.items()) if not name.endswith(".__init__")}
    known = {name.split(".")[0] for name in paths}
    found = {
        name: {each for each in _imported(name, path) if each.split(".")[0] in known}
        for name, path in paths.items()
    }
    return {name: each - {name} for name, each in found.items()}


def subjects(uses: Uses) -> Uses:
    """Which other subjects each subject uses."""
    found: Uses = {}
    for name, used in uses.items():
        subject = name.split(".")[0]
        found.setdefault(subject, set()).update({each.split(".")[0] for each in used} - {subject})
    return found


def bottom_up(uses: Mapping[str, set[str]]) -> Iterator[str]:
    """Each after those that it uses, by name where neither uses the other. Raises CycleError for a cycle."""
    sorter = TopologicalSorter({name: used & uses.keys() for name, used in uses.items()})
    sorter.prepare()
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        yield from ready
        sorter.done(*ready)


def _imported(name: str, path: Path) -> Iterator[str]:
    """Subject and module of `from ..mixtures.em import mean_nll`, `from . import em`; by full name likewise."""
    place = ["deepmix", "reference", *name.split(".")]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            base = place[: len(place) - node.level] if node.level else []
            base += node.module.split(".") if node.module else []
            if base[:2] == place[:2]:
                yield from (".".join([*base[2:], alias.name][:2]) for alias in node.names)

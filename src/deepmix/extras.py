"""The libraries of an extra, as the package's own metadata has them: are all there, and new enough?"""

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

# As "typer>=0.15; extra == "app"", or with the brackets that older tools write.
_REQUIREMENT = re.compile(r"""([\w.-]+) ?\(?>=([\w.]+)\)? ?; ?extra ?== ?["'](\w+)["']""")


def trouble(extra: str) -> str:
    """What is missing of an extra, or too old, and what to do; "" if nothing is."""
    troubles = ", ".join(_troubles(extra))
    return troubles and f"the command needs {troubles}; install with: pip install 'deepmix[{extra}]'"


def _troubles(extra: str) -> Iterator[str]:
    """What is needed, and what there is instead."""
    for name, least in _needed(extra):
        try:
            found = version(name)
        except PackageNotFoundError:
            yield f"{name}>={least} (missing)"
        else:
            if _release(found) < _release(least):
                yield f"{name}>={least} (found {found})"


def _needed(extra: str) -> list[tuple[str, str]]:
    """Names and least versions; none where the package runs without being installed."""
    try:
        matches = [_REQUIREMENT.fullmatch(each) for each in requires("deepmix") or ()]
    except PackageNotFoundError:
        return []
    return [(each[1], each[2]) for each in matches if each and each[3] == extra]


def _release(version: str) -> tuple[int, ...]:
    """The numbers of a version before any letter: of 0.15.1rc2 those of 0.15.1."""
    numbers = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, numbers[0].split("."))) if numbers else ()

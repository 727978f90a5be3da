"""The libraries of the extras, as the package's own metadata has them: are they there, and new enough?"""

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

# As "typer>=0.15; extra == "app"", or with the brackets that older tools write.
_REQUIREMENT = re.compile(r"""([\w.-]+) ?\(?>=([\w.]+)\)? ?; ?extra ?== ?["'](\w+)["']""")
# Of the command's extras: whether it needs all libraries, or only some of its commands do.
_EXTRAS = {"app": True, "accelerated": False, "train": False, "export": False}


def trouble() -> str:
    """What the command is missing, or has in too old a version, and what to do; "" if it is nothing."""
    for extra, always in _EXTRAS.items():
        if troubles := ", ".join(_troubles(extra, always)):
            return f"the command needs {troubles}; install with: pip install 'deepmix[{extra}]'"
    return ""


def _troubles(extra: str, always: bool) -> Iterator[str]:
    """What is needed, and what there is instead. always: a library that is missing is a trouble too."""
    for name, least in _needed(extra):
        try:
            found = version(name)
        except PackageNotFoundError:
            if always:
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

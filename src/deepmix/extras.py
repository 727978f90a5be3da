"""Whether the libraries of the extras, by the package's own metadata, are installed and new enough."""

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

# As "typer>=0.15; extra == "app"", or with the brackets that older tools write.
_REQUIREMENT = re.compile(r"""([\w.-]+) ?\(?>=([\w.]+)\)? ?; ?extra ?== ?["'](\w+)["']""")
# For each extra of the command: whether every subcommand needs it.
_EXTRAS = {"app": True, "accelerated": False, "train": False, "export": False}


def trouble() -> str:
    """Which libraries of the command are missing or too old, and what to do; "" if none is."""
    for extra, always in _EXTRAS.items():
        if troubles := ", ".join(_troubles(extra, always)):
            return f"the command needs {troubles}; install with: pip install 'deepmix[{extra}]'"
    return ""


def _troubles(extra: str, always: bool) -> Iterator[str]:
    """What is needed, and what is installed instead. always: a library that is missing counts too."""
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
    """Names and lowest versions; none if the package runs without being installed."""
    try:
        matches = [_REQUIREMENT.fullmatch(each) for each in requires("deepmix") or ()]
    except PackageNotFoundError:
        return []
    return [(each[1], each[2]) for each in matches if each and each[3] == extra]


def _release(version: str) -> tuple[int, ...]:
    """The numbers of a version before any letter: (0, 15, 1) of 0.15.1rc2."""
    numbers = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, numbers[0].split("."))) if numbers else ()

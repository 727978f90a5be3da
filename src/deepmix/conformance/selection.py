"""Which functions and cases patterns name."""

from collections.abc import Iterable
from difflib import get_close_matches
from fnmatch import fnmatchcase

from .operations import OPERATIONS


def wanted(function: str, case: str, only: Iterable[str]) -> bool:
    """Whether one of the patterns names the function or the case; no patterns name all."""
    only = tuple(only)
    return not only or any(fnmatchcase(function, each) or fnmatchcase(f"{function}/{case}", each) for each in only)


def nobody(only: Iterable[str]) -> str:
    """What to say where patterns name no function and no case."""
    only = list(only)
    near = [name for each in only for name in get_close_matches(each.partition("/")[0], OPERATIONS, 2, 0.4)]
    hint = f"perhaps {' or '.join(near)}" if near else "FORMAT.md lists the functions"
    return f"nothing is named {', '.join(only)}; {hint}"

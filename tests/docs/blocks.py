"""The blocks of code in the pages, and the commands in them."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    """The blocks of a page that are in a language; a block that names none is of the shell."""
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [dedent(text) for _, named, text in found if (named or "sh") == language]


def commands(page: Path) -> Iterator[list[str]]:
    """The arguments of every `deepmix …` in the shell's blocks of a page, also where another program calls it."""
    for block in blocks(page, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            for part in line.split("&&"):
                yield from _arguments(shlex.split(part, comments=True))


def _arguments(words: list[str]) -> Iterator[list[str]]:
    for place, word in enumerate(words):
        if re.fullmatch(r"(\S+/)?deepmix", word):
            yield words[place + 1 :]
        elif inner := re.fullmatch(r"--\w+=(deepmix .*)", word):
            yield from _arguments(shlex.split(inner[1]))

"""SHA256SUMS: what the files of a folder of vectors were when they were written; for `sha256sum --check` too."""

import hashlib
import re
from pathlib import Path

FILE = "SHA256SUMS"
REMEDY = f"make the vectors anew, or delete {FILE} if that is meant"

Sums = dict[str, dict[str, str]]  # of each case, function/case, the sums of its files


def line(name: str, content: bytes) -> str:
    """The line of a file of that name."""
    return f"{hashlib.sha256(content).hexdigest()}  {name}\n"


def write(folder: Path) -> None:
    """Write the sums of all files in a folder, at any depth, in the order of their paths."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    text = "".join(line(name, (folder / name).read_bytes()) for name in names if name != FILE)
    (folder / FILE).write_text(text, encoding="utf-8", newline="\n")


def listed(folder: Path) -> dict[str, str]:
    """The sum of each file that SHA256SUMS in a folder names.

    Raises FileNotFoundError if there is none, ValueError if it cannot be read.
    """
    try:
        lines = (folder / FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        message = f"there is no {folder / FILE}; name a whole folder that deepmix vectors wrote"
        raise FileNotFoundError(message) from None
    found = {}
    for number, text in enumerate(lines, 1):
        match = re.fullmatch("([0-9a-f]{64})  (.+)", text)
        if match is None:
            raise ValueError(f"{folder / FILE} has no sum of a file in line {number}; {REMEDY}")
        found[match[2]] = match[1]
    return found


def of_cases(folder: Path) -> Sums | None:
    """The sums of the cases in a folder of vectors, or of those of a function, or of one; None if there are none.

    Raises ValueError for a list that cannot be read.
    """
    here = folder.resolve()
    homes = (
        each for each in (here, *here.parents[:2]) if (each / FILE).is_file() and (each / "FORMAT.md").is_file()
    )
    home = next(homes, None)
    if home is None:
        return None
    sums: Sums = {}
    for name, digest in listed(home).items():
        if here in (home / name).parents and name.count("/") > 1:
            function, case, rest = name.split("/", 2)
            sums.setdefault(f"{function}/{case}", {})[rest] = digest
    return sums


def check_case(place: Path, sums: Sums) -> None:
    """Raise ValueError, naming the file, if one of a case is not as it was written."""
    name = "/".join(place.resolve().parts[-2:])
    if name not in sums:
        raise ValueError(f"{place} is not in {FILE}; {REMEDY}")
    check(place, sums[name])


def check(folder: Path, sums: dict[str, str]) -> None:
    """Raise ValueError for the first file in a folder that is missing, cut or changed."""
    for name, digest in sums.items():
        path = folder / name
        if not path.is_file():
            raise ValueError(f"{path} is missing, {FILE} names it; {REMEDY}")
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise ValueError(f"{path} is not as it was written, by its sum in {FILE}; {REMEDY}")

"""Cases by a table: CSV with the column case, one for each channel, and optionally mask, labels and patient."""

import csv
from pathlib import Path

from .cases import CaseFiles

_RESERVED = ("case", "mask", "labels", "patient")


def find(path: Path) -> list[CaseFiles]:
    """The cases of a CSV file, in its order; relative paths start from the file's folder.

    A case without a cell for a channel or the mask gets a fault; labels and patient may be left empty.
    Raises ValueError for what is wrong with the table itself.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [
                (number, cells)
                for number, line in enumerate(csv.reader(file, skipinitialspace=True), start=1)
                if any(cells := [cell.strip() for cell in line])
            ]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"cannot read {path} as CSV in UTF-8: {error}") from error
    header = [cell.lower() if cell.lower() in _RESERVED else cell for cell in (rows[0][1] if rows else [])]
    channels = _channels(path, header)
    if len(rows) == 1:
        raise ValueError(f"{path} names no case below its header")
    cases: dict[str, CaseFiles] = {}
    for number, cells in rows[1:]:
        where = f"row {number} of {path}"
        if len(cells) > len(header):
            raise ValueError(f"{where} has {len(cells)} cells, its header {len(header)}; quote cells with commas")
        row = dict(zip(header, [*cells, *[""] * (len(header) - len(cells))], strict=True))
        case = _case(row, channels, path.parent)
        if not case.name or case.name in (".", "..") or set(case.name) & set("/\\"):  # results get a folder a case
            raise ValueError(f"{where} names its case {case.name!r}; a name must fit a folder")
        if case.name in cases:
            raise ValueError(f"{where} names the case {case.name} again; every case needs a name of its own")
        cases[case.name] = case
    return list(cases.values())


def _channels(path: Path, header: list[str]) -> list[str]:
    """The columns that are channels; ValueError for a header that cannot be used."""
    shown = f"the header of {path} is {','.join(header)!r}"
    if "case" not in header:
        raise ValueError(f"{shown}, without a column case; it must be case,CHANNEL,…,mask,labels")
    if "" in header or len(set(header)) < len(header):
        raise ValueError(f"{shown}; every column needs a name of its own")
    channels = [name for name in header if name not in _RESERVED]
    if not channels:
        raise ValueError(f"{shown}, without a channel; add a column for each, named as you like")
    return channels


def _case(row: dict[str, str], channels: list[str], folder: Path) -> CaseFiles:
    files = {column: folder / row[column] for column in (*channels, "mask", "labels") if row.get(column)}
    needed = [column for column in (*channels, "mask") if column in row]
    return CaseFiles(
        name=row["case"],
        channels={name: files[name] for name in channels if name in files},
        mask=files.get("mask"),
        labels=files.get("labels"),
        patient=row.get("patient") or row["case"],
        faults=tuple(f"no {column} file" for column in needed if column not in files),
    )

"""The files of MyoPS 2020, the challenge on pathology of the myocardium in three sequences of cardiac MR."""

import re
from collections import defaultdict
from pathlib import Path

from deepmix.datasets.phantoms import CHANNELS, TISSUES

from .cases import CaseFiles, Layout

SEQUENCES = dict(zip(CHANNELS, ("C0", "DE", "T2"), strict=True))  # channel to the ending of its file's name
TRUTH = "gd"
CODES = dict(zip(TISSUES, (500, 200, 1220, 2221), strict=True))  # beside 600, the blood of the right ventricle
LAYOUT = Layout(codes=tuple(CODES.items()), size=(160, 160), test_patients=("109", "114", "117", "120", "122"))

# not ._…, which macOS leaves beside a file
_NAME = re.compile(rf"(?!\.).*?(\d+)_({'|'.join([*SEQUENCES.values(), TRUTH])})\.nii(\.gz)?")


def find(folder: Path) -> list[CaseFiles]:
    """The cases in a folder and in its subfolders, ordered by number; the number names the case and the patient.

    A case that lacks a file, or has one twice, gets a fault. Raises ValueError if there is no such file.
    """
    files: defaultdict[str, defaultdict[str, list[Path]]] = defaultdict(lambda: defaultdict(list))
    for path in sorted(folder.rglob("*.nii*")):
        if match := _NAME.fullmatch(path.name):
            files[match[1]][match[2]].append(path)
    if not files:
        raise ValueError(f"neither cases.csv nor files of MyoPS 2020 (…101_C0.nii.gz, …) in {folder}")
    return [_case(number, files[number]) for number in sorted(files, key=int)]


def _case(number: str, files: dict[str, list[Path]]) -> CaseFiles:
    faults = []
    for kind in (*SEQUENCES.values(), TRUTH):
        found = files[kind]
        if not found:
            faults.append(f"no {kind} file")
        elif len(found) > 1:
            faults.append(f"{len(found)} {kind} files: {', '.join(map(str, found))}")
    channels = {name: files[kind][0] for name, kind in SEQUENCES.items() if files[kind]}
    truth = files[TRUTH][0] if files[TRUTH] else None
    return CaseFiles(
        name=number,
        channels=channels,
        mask=None,
        labels=truth,
        patient=number,
        layout=LAYOUT,
        faults=tuple(faults),
    )

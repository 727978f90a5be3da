"""Ports with one plausible mistake each: the reference with a line written otherwise.

`wrong/<subject>/<algorithm>.py` holds the mistakes in `reference/<subject>/<algorithm>.py`.
"""

import importlib
import itertools
import shutil
from pathlib import Path

import deepmix.reference
from deepmix.conformance.ports import Port, load_folder
from tests.ports.wrong.mistake import Mistake

_count = itertools.count()  # every copy is loaded under a name of its own

# (file of the reference without its ending, mistake)
MISTAKES: tuple[tuple[str, Mistake], ...] = tuple(
    (f"{path.parent.name}/{path.stem}", mistake)
    for path in sorted(Path(__file__).parent.glob("*/*.py"))
    if path.stem != "__init__"
    for mistake in importlib.import_module(f"{__name__}.{path.parent.name}.{path.stem}").MISTAKES
)


def port_of(folder: Path, file: str = "", mistake: Mistake | None = None) -> Port:
    """A copy of the reference with the mistake in a file (none: without), in a new folder, as a port.

    Raises ValueError if what the mistake replaces does not stand in the file exactly once.
    """
    shutil.copytree(deepmix.reference.__path__[0], folder, ignore=shutil.ignore_patterns("__pycache__"))
    if mistake is not None:
        path = folder / f"{file}.py"
        text = path.read_text(encoding="utf-8")
        if text.count(mistake.right) != 1:
            raise ValueError(f"{file}.py holds {text.count(mistake.right)} times: {mistake.right}")
        path.write_text(text.replace(mistake.right, mistake.wrong), encoding="utf-8")
    return Port(module=load_folder(folder, f"wrong_port_{next(_count)}"), adapter=None)

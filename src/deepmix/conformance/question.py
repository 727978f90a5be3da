"""What can be asked of a port: what both fronts, `deepmix conform` and `python -m deepmix.conformance`, take.

Imports nothing: help is answered at once.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

# What an option is for, by the names below.
HELP = {
    "module": "Importable module with functions named as in deepmix.reference.",
    "vectors": "Run the module on the vectors in this folder instead of new ones.",
    "outputs": "Instead of a module: folder of vectors with what was computed beside them.",
    "preset": "minimal (all functions, small; the default) or paper (the paper's sizes).",
    "dtype": "float64 or float32; can be repeated. Default: those the module declares, else both.",
    "only": "Function or function/case, with * as wildcard; can be repeated.",
    "require": "all: functions and outputs that the module does not have are failures.",
    "xfail": "File of cases (function/case, a line each) that are expected to fail.",
    "json": "Write all results to this file.",
}
REPEATED = ("dtype", "only")
PATHS = ("vectors", "outputs", "xfail", "json")


class Question(NamedTuple):
    """A module or a folder of outputs, and what is to be known of it; None: not said."""

    module: str | None = None
    vectors: Path | None = None
    outputs: Path | None = None
    preset: str | None = None
    dtype: Sequence[str] | None = None
    only: Sequence[str] | None = None
    require: str | None = None
    xfail: Path | None = None
    json: Path | None = None

"""Files that a command is given."""

from pathlib import Path


def existing(path: Path) -> Path:
    """The path. Raises FileNotFoundError, in one line, if nothing is there."""
    if not path.exists():
        raise FileNotFoundError(f"no such file: {path}")
    return path

"""Files that a command is given."""

from pathlib import Path


def existing(path: Path) -> Path:
    """The path. Raises FileNotFoundError, in one line, if nothing is there."""
    if not path.exists():
        raise FileNotFoundError(f"no such file: {path}")
    return path


def one_line(error: Exception) -> str:
    """The last line of an error, which says what is wrong."""
    return (str(error).strip() or type(error).__name__).splitlines()[-1]

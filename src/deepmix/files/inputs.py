"""Checks of the files that a command is given."""

from pathlib import Path


def existing(path: Path) -> Path:
    """The path itself, if a file or a folder is there.

    Raises FileNotFoundError if not, and ValueError for a pipe or a device: these can be read only once, but
    headers are read before the rest.
    """
    if not path.exists():
        raise FileNotFoundError(f"no such file: {path}")
    if not (path.is_file() or path.is_dir()):
        raise ValueError(f"{path} is a pipe or a device: save what comes from it to a file, and name that")
    return path


def one_line(error: Exception) -> str:
    """The last line of an error, which says what is wrong."""
    return (str(error).strip() or type(error).__name__).splitlines()[-1]


def unreadable(path: Path, error: Exception) -> ValueError:
    """The error to raise if a library cannot read a file: in the library's words, or that the file is damaged."""
    speaks = isinstance(error, (ValueError, OSError, ImportError, SyntaxError, MemoryError, NotImplementedError))
    return ValueError(f"cannot read {path}: {one_line(error) if speaks else 'the file is cut short or damaged'}")

"""Files that a command is given."""

from pathlib import Path


def existing(path: Path) -> Path:
    """The path of a file or a folder.

    Raises, in one line, FileNotFoundError if nothing is there, and ValueError for a pipe or a device: they can be
    read but once, and a header is looked at before the rest.
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
    """What to raise for a file where a library fails: what it says of the file, or that it stumbled."""
    speaks = isinstance(error, (ValueError, OSError, ImportError, SyntaxError, MemoryError, NotImplementedError))
    return ValueError(f"cannot read {path}: {one_line(error) if speaks else 'the file is cut short or damaged'}")

"""Lets one process at a time write to a folder; the others are told which one does."""

import contextlib
import json
import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

FILE = ".deepmix-held"  # in the folder, while a process holds it


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder; it is made if it does not exist, and removed afterwards if it was made here and is empty.

    A lock of the file system does it, on a shared file system for all machines; it ends with the process, even if
    the process crashes. Raises ValueError, naming the process, if another one holds the folder; warns if the file
    system has no locks.
    """
    path = folder / FILE
    made = [each for each in (folder.absolute(), *folder.absolute().parents) if not each.exists()]
    try:
        with _locked(path) as file:
            file.truncate(0)
            json.dump(_myself(), file)
            file.flush()
            try:
                yield
            finally:
                with contextlib.suppress(OSError):  # some systems do not let open files go
                    path.unlink()
    finally:
        with contextlib.suppress(OSError):  # not empty
            for each in made:
                each.rmdir()


@contextmanager
def _locked(path: Path) -> Iterator[IO[str]]:
    """The file of a folder, locked."""
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+", encoding="utf-8") as file:
            try:
                _lock(file)
            except BlockingIOError:
                raise ValueError(
                    f"{path.parent} is being written to by {_holder(file)}; wait until it ends"
                ) from None
            except OSError as error:
                trouble = f"{path.parent} cannot be locked ({error}); make sure that nothing else writes to it"
                warnings.warn(trouble, stacklevel=5)
            if _stands(path, file):  # else the process that held it has just removed it
                yield file
                return


def _stands(path: Path, file: IO[str]) -> bool:
    """Whether an open file is still that of its path."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _lock(file: IO[str]) -> None:
    """Lock a file. Raises BlockingIOError if another process holds it, OSError if the system has no locks."""
    try:
        import fcntl
    except ModuleNotFoundError:
        raise OSError("no locks on this system") from None
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _myself() -> dict[str, str | int]:
    since = datetime.now().astimezone().isoformat(" ", "seconds")
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": since}


def _holder(file: IO[str]) -> str:
    """Which process holds the folder, as the file says."""
    file.seek(0)
    try:
        found = json.load(file)
        return f"process {found['pid']} on {found['host']} since {found['since']}"
    except (ValueError, LookupError, TypeError):
        return "another process"  # which has not written its name yet

"""A folder that one process writes to at a time: the others are told who does."""

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
    """Hold a folder, which is made if there is none; what is still empty afterwards goes.

    By a lock of the file system, which on a shared one holds for all machines: it ends with its process, however
    that ends. Raises ValueError, naming the process, if another one holds the folder; warns where there are no
    locks.
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
                trouble = f"{path.parent} cannot be locked ({error}); see to it that nothing else writes to it"
                warnings.warn(trouble, stacklevel=5)
            if _stands(path, file):  # else it went with its process just now
                yield file
                return


def _stands(path: Path, file: IO[str]) -> bool:
    """Whether an open file is still that of its path."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _lock(file: IO[str]) -> None:
    """Raises BlockingIOError if another process has it, OSError if this system, or file system, has no locks."""
    try:
        import fcntl
    except ModuleNotFoundError:
        raise OSError("no locks on this system") from None
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _myself() -> dict[str, str | int]:
    since = datetime.now().astimezone().isoformat(" ", "seconds")
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": since}


def _holder(file: IO[str]) -> str:
    """Who holds the folder, by what the file says."""
    file.seek(0)
    try:
        found = json.load(file)
        return f"process {found['pid']} on {found['host']} since {found['since']}"
    except (ValueError, LookupError, TypeError):
        return "another process"  # which has not written its name yet

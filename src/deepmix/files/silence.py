"""Keeps the output of libraries in C from the user's screen."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silent() -> Iterator[None]:
    """Drop whatever is written to the standard error of the process in this block.

    Libraries in C, such as HDF5 and libtiff, print their messages there, and report errors in another way too.
    """
    try:
        kept = os.dup(2)
    except OSError:  # it is closed: nothing can be printed
        yield
        return
    if sys.stderr is not None:
        sys.stderr.flush()
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)

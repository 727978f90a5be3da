"""How much memory is free, and how much this process has used."""

import sys
from pathlib import Path

import psutil

# The limit of a container, what it uses, and how much of that are pages of files that the system can take back:
# the names in control groups of version 2 and 1.
_GROUPS = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "total_inactive_file"),
)

# Errors that say that memory is short, and the mark at the beginning of those that may say anything.
_SHORT: dict[type[Exception], str] = {MemoryError: "", RuntimeError: "RESOURCE_EXHAUSTED:"}


def available() -> int:
    """Bytes that this process may still take before the system, or the container, swaps or kills it."""
    return min([psutil.virtual_memory().available, *_left_of_containers(Path("/sys/fs/cgroup"))])


def peak() -> int:
    """The most bytes that this process has held at once."""
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def said(n_bytes: float) -> str:
    """A number of bytes in words, such as "1.5 GiB"."""
    return f"{n_bytes / 2**30:.3g} GiB" if n_bytes >= 2**30 else f"{n_bytes / 2**20:.0f} MiB"


def lacking(error: Exception) -> str:
    """What to tell of an error of Python, NumPy or JAX that says that memory is short; "" of any other."""
    for kind, mark in _SHORT.items():
        if isinstance(error, kind) and mark in str(error):
            first = str(error).partition(mark)[2] if mark else str(error)
            said = next(iter(first.splitlines()), "").strip(" .") or "an array is too large"
            return f"not enough memory: {said}; take fewer pixels at once, or a machine with more"
    return ""


def _left_of_containers(root: Path) -> list[int]:
    found = []
    for most, now, of_files in _GROUPS:
        try:
            limit, held = (int((root / name).read_text(encoding="utf-8")) for name in (most, now))
            lines = (root / most).with_name("memory.stat").read_text(encoding="utf-8").splitlines()
            taken_back = dict(line.split() for line in lines).get(of_files, "0")
        except (OSError, ValueError):  # none here, or "max"
            continue
        found.append(max(0, limit - held + int(taken_back)))
    return found

"""How much memory there is, and how much this process has held."""

import sys
from pathlib import Path

import psutil

# What a container may hold, and holds, by control groups of version 2 and 1.
_LIMITS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)


def available() -> int:
    """Bytes that may still be taken before the system, or the container, kills or swaps."""
    return min([psutil.virtual_memory().available, *_left_of_containers()])


def peak() -> int:
    """The most bytes that this process has held at once."""
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def said(n_bytes: float) -> str:
    """As people read it."""
    return f"{n_bytes / 2**30:.3g} GiB" if n_bytes >= 2**30 else f"{n_bytes / 2**20:.0f} MiB"


def _left_of_containers() -> list[int]:
    found = []
    for most, now in _LIMITS:
        try:
            found.append(int(Path(most).read_text()) - int(Path(now).read_text()))
        except (OSError, ValueError):  # none here, or "max"
            continue
    return found

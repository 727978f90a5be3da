"""Where training runs: one device, all that a process sees, or those of several processes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import Mesh

from deepmix.accelerated.execution import devices

_LONGEST = 4096  # bytes of a message from the leading process to the others


class Cluster(NamedTuple):
    """The processes that train together, as `jax.distributed.initialize` takes them; None: it finds out itself."""

    coordinator: str | None = None
    n_processes: int | None = None
    process: int | None = None


class Execution(NamedTuple):
    """mesh: the devices that share each batch; None: one device. part: (p, P), this process and their number."""

    mesh: Mesh | None
    part: tuple[int, int]

    @property
    def leads(self) -> bool:
        """Whether this process writes what all of them found."""
        return self.part[0] == 0

    def led(self, work: Callable[[], object]) -> None:
        """Let the leading process do something; all others wait, and fail as it does if it fails."""
        message = b""
        if self.leads:
            try:
                work()
            except (ValueError, OSError) as error:
                if self.part[1] == 1:
                    raise
                message = str(error).encode()[:_LONGEST]
        if self.part[1] > 1:
            padded = np.frombuffer(message.ljust(_LONGEST, b"\0"), np.uint8)
            message = multihost_utils.broadcast_one_to_all(padded).tobytes().rstrip(b"\0")
        if message:
            raise ValueError(message.decode(errors="replace"))


@contextmanager
def executing(dtype: str, device: str | None = None, cluster: Cluster | None = None) -> Iterator[Execution]:
    """Run what follows in a dtype, on the device of that name or else on all.

    Raises ValueError if there is no such device, or no cluster, or JAX cannot start.
    """
    if cluster is not None:
        try:
            jax.distributed.initialize(*cluster)
        except (RuntimeError, ValueError) as error:
            raise ValueError(f"cannot join the other processes: {error}") from error
    with jax.enable_x64(dtype == "float64"):
        if device is not None:
            with jax.default_device(devices.named(device)):
                yield Execution(mesh=None, part=(0, 1))
        else:
            seen = devices.present()
            mesh = Mesh(seen, ("images",)) if len(seen) > 1 else None
            yield Execution(mesh=mesh, part=(jax.process_index(), jax.process_count()))

"""Where training runs: on one device, on all that a process sees, or on those of several processes."""

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
    """The processes that train together: arguments of `jax.distributed.initialize`, which finds what is None."""

    coordinator: str | None = None
    n_processes: int | None = None
    process: int | None = None


class Execution(NamedTuple):
    """The devices and processes of a training.

    mesh: the devices that share each batch; None: one device. part: (p, P), the number of this process, from 0,
    and how many there are.
    """

    mesh: Mesh | None
    part: tuple[int, int]

    @property
    def leads(self) -> bool:
        """Whether this process writes the results of all."""
        return self.part[0] == 0

    def led(self, work: Callable[[], object]) -> None:
        """Let the leading process do some work; all others wait for it, and raise its error if it fails."""
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
    """Run the block in a dtype, on the device of a name ("gpu:1"), or on all devices if it is None.

    Raises ValueError if the device or the cluster does not exist, or JAX cannot start.
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

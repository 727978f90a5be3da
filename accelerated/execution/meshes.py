"""Arrays over a mesh of devices, and of processes that each hold a part."""

from functools import partial
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec


def plain(mesh: Mesh) -> Mesh:
    """The mesh as its devices and their names, whatever its axes are used for elsewhere."""
    return Mesh(mesh.devices, mesh.axis_names)


def over(mesh: Mesh, *axes: tuple[str, ...]) -> NamedSharding:
    """How arrays lie on the devices of a mesh: their leading axes divided, or whole on each."""
    return NamedSharding(plain(mesh), PartitionSpec(*axes))


def gathered(tree: Any, sharding: NamedSharding) -> Any:
    """Arrays over all processes, from each one's part."""
    place = partial(jax.make_array_from_process_local_data, sharding)
    return jax.tree.map(lambda array: place(np.asarray(array)), tree)

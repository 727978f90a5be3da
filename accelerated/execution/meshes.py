"""Arrays on a mesh of devices, of which each process may hold a part."""

from functools import partial
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec


def plain(mesh: Mesh) -> Mesh:
    """A mesh of the same devices and axis names, whatever the types of its axes."""
    return Mesh(mesh.devices, mesh.axis_names)


def over(mesh: Mesh, *axes: tuple[str, ...]) -> NamedSharding:
    """The sharding of arrays on a mesh: their leading axes divided over `axes`, or whole on each device."""
    return NamedSharding(plain(mesh), PartitionSpec(*axes))


def gathered(tree: Any, sharding: NamedSharding) -> Any:
    """Arrays over all processes, from the part of each process."""
    place = partial(jax.make_array_from_process_local_data, sharding)
    return jax.tree.map(lambda array: place(np.asarray(array)), tree)

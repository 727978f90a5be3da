"""Arrays of a problem of chosen sizes, of which only shape and dtype count: what functions are exported with."""

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from deepmix.reference.mixtures.records import Mixture
from deepmix.reference.networks.parameters import unet_parameters
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.optimization.records import AdamWState
from deepmix.reference.trees import tree_map
from deepmix.reference.types import Tree


class Sizes(NamedTuple):
    """Channels M, classes K, pixels a side (H = W, N = H·W), and the size of the network."""

    channels: int = 3
    classes: int = 4
    size: int = 160
    depth: int = UNetConfig().depth
    filters: int = UNetConfig().filters


class Shapes:
    """Arrays of zeros of these sizes, in a dtype."""

    def __init__(self, sizes: Sizes, dtype: str) -> None:
        self.m, self.k, self.side, self.depth, self.filters = sizes
        self.n, self.dtype = sizes.size**2, dtype

    def array(self, *shape: int) -> np.ndarray:
        """Zeros."""
        return np.zeros(shape, self.dtype)

    def image(self, channels: int, *batch: int) -> np.ndarray:
        """Maps (*batch, channels, H, W)."""
        return self.array(*batch, channels, self.side, self.side)

    @property
    def mask(self) -> np.ndarray:
        """(H, W)."""
        return self.array(self.side, self.side)

    @property
    def inside(self) -> np.ndarray:
        """(H, W), booleans."""
        return self.mask.astype(bool)

    @property
    def labels(self) -> np.ndarray:
        """(H, W), integers."""
        return self.mask.astype(np.int32)

    def mixture(self, *batch: int) -> Mixture:
        """Of K classes with variances (diag), each array with leading axes."""
        k, m = self.k, self.m
        return Mixture(
            proportions=self.array(*batch, k), means=self.array(*batch, k, m), covariances=self.array(*batch, k, m)
        )

    @property
    def config(self) -> UNetConfig:
        """The size of the network."""
        return UNetConfig(depth=self.depth, filters=self.filters)

    @cached_property
    def parameters(self) -> Tree:
        """Of the network."""
        drawn = unet_parameters(self.m, self.k, self.config, seed=0)
        return tree_map(lambda leaf: self.array(*leaf.shape), drawn)

    @property
    def optimizer(self) -> AdamWState:
        """AdamW's state."""
        return AdamWState(count=np.zeros((), np.int32), m=self.parameters, v=self.parameters)

    def state(self, begun: Any) -> Any:
        """The state of a loop, its numbers as arrays: they change from step to step, so no program fixes them."""
        numbers = {
            name: self.array()
            for name, value in begun._asdict().items()
            if isinstance(value, (float, np.floating))
        }
        return begun._replace(**numbers)

    def named(self, name: str) -> Any:
        """The argument that bears a name of FORMAT.md's conventions; None for another name."""
        columns = {"pixels": self.m, "responsibilities": self.k, "memberships": self.k}
        if name in columns:
            return self.array(columns[name], self.n)
        known = {
            "weights": self.array(self.n),
            "floor": self.array(self.m),
            "means": self.array(self.k, self.m),
            "centres": self.array(self.k, self.m),
            "covariances": self.array(self.k, self.m),
            "mixture": self.mixture(),
            "previous": self.mixture(),
            "start": self.mixture(),
            "image": self.image(self.m),
            "mask": self.mask,
            "proportions": self.image(self.k),
            "truth": self.image(self.k),
            "n_components": self.k,
            "n_classes": self.k,
        }
        return self.parameters if name == "parameters" else known.get(name)

"""The network's first parameters [U0], [NN2]."""

import numpy as np

from ..types import Tree
from ..uniforms import given_or_drawn
from .levels import plan
from .records import UNetConfig


def unet_parameters(
    n_channels: int,
    n_components: int,
    config: UNetConfig = UNetConfig(),
    *,
    seed: int = 0,
    uniforms: np.ndarray | None = None,
) -> Tree:
    """Weights and biases uniform on ±1/√fan_in, instance-norm scale 1 and shift 0 [U0].

    n_channels: M. n_components: K. uniforms: (n,) in [0, 1), one number for each weight and bias, else drawn from
    `seed`. Returns a nested dict of float64 arrays; kernels are (*k, in, out).
    Raises ValueError for uniforms of another shape, and as `networks.levels.plan`.
    """
    shapes = _unet_shapes(n_channels, n_components, config)
    size = sum(int(np.prod(shape)) for layer in shapes.values() for shape in layer.values())
    drawn = iter(np.split(given_or_drawn(uniforms, seed, (size,)), _ends(shapes)))
    parameters: Tree = {}
    for path, layer in shapes.items():
        bound = 1 / np.sqrt(np.prod(layer["kernel"][:-1]))
        values = {name: (2 * next(drawn).reshape(shape) - 1) * bound for name, shape in layer.items()}
        branch, *leaf = path.split("/")
        if leaf:
            parameters.setdefault(branch, {})[leaf[0]] = values
        else:
            parameters[branch] = values
        if leaf == ["conv_1"]:
            n_filters = layer["kernel"][-1]
            parameters[branch]["norm"] = {"scale": np.ones(n_filters), "shift": np.zeros(n_filters)}
    return parameters


def _unet_shapes(n_channels: int, n_components: int, config: UNetConfig) -> dict[str, dict[str, tuple[int, ...]]]:
    """Shapes of the kernels and biases by path, in the order of the network."""
    kernels, factors, multiples = plan(config)
    depth, one = len(factors), (1,) * len(multiples)
    filters = [config.filters * 2**level for level in range(depth + 1)]
    shapes: dict[str, dict[str, tuple[int, ...]]] = {}

    def add_block(name: str, sides: tuple[int, ...], n_in: int, n_out: int) -> None:
        shapes[f"{name}/conv_0"] = {"kernel": (*sides, n_in, n_out), "bias": (n_out,)}
        shapes[f"{name}/conv_1"] = {"kernel": (*sides, n_out, n_out)}

    for level in range(depth):
        n_in = n_channels if level == 0 else filters[level - 1]
        add_block(f"encoder_{level}", kernels[level], n_in, filters[level])
    add_block("bottom", kernels[-1], filters[-2] if depth else n_channels, filters[-1])
    for level in reversed(range(depth)):
        shapes[f"up_{level}"] = {"kernel": (*one, 2 * filters[level], filters[level]), "bias": (filters[level],)}
        add_block(f"decoder_{level}", kernels[level], 2 * filters[level], filters[level])
    shapes["head"] = {"kernel": (*one, filters[0], n_components), "bias": (n_components,)}
    return shapes


def _ends(shapes: dict[str, dict[str, tuple[int, ...]]]) -> np.ndarray:
    sizes = [int(np.prod(shape)) for layer in shapes.values() for shape in layer.values()]
    return np.cumsum(sizes)[:-1]

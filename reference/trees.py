"""Trees: nested dicts of arrays, such as the parameters of a network."""

from collections.abc import Callable, Iterator

import numpy as np

from .types import Tree


def tree_map(function: Callable[..., np.ndarray], tree: Tree, *others: Tree) -> Tree:
    """Apply a function leaf by leaf to nested dicts of one structure."""
    if not isinstance(tree, dict):
        return function(tree, *others)
    return {name: tree_map(function, tree[name], *(other[name] for other in others)) for name in tree}


def leaves(tree: Tree) -> Iterator[np.ndarray]:
    """The arrays of a nested dict."""
    if not isinstance(tree, dict):
        yield tree
    else:
        for branch in tree.values():
            yield from leaves(branch)

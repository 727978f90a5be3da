"""The reference's checks for solvers of this backend: shapes by tracing, numbers in the precision of the data."""

from typing import Any

import jax
import numpy as np

from deepmix.reference.inverse import checks
from deepmix.reference.inverse.records import Operator
from deepmix.reference.types import Array

from .operators import adjoint, forward


def check_problem(operator: Operator, data: Array, weights: Array | None) -> tuple[Operator, Any, Any, Any]:
    """See `reference.inverse.checks.check_problem`; returns the operator too, in the precision of the data."""
    data = inexact(data)
    operator = in_precision(operator, is_single(data))
    return operator, *checks.check_problem(operator, data, weights, _through, np.float32)


def inexact(array: Array) -> Any:
    """The array on the host, in single or double precision, real or complex; whole numbers and flags in single.

    Raises ValueError for a masked array that hides values.
    """
    array = checks.plain(array)
    wide = array.dtype in (np.float32, np.float64, np.complex64, np.complex128)
    return array if wide else array.astype(np.float32)


def is_single(array: Any) -> bool:
    """Whether an array is in single precision."""
    return array.dtype in (np.float32, np.complex64)


def in_precision(tree: Any, single: bool) -> Any:
    """The real and complex numbers of a tree in single or double precision; whole ones and flags as they are."""
    kinds = {"f": np.float32, "c": np.complex64} if single else {"f": np.float64, "c": np.complex128}

    def cast(leaf: Any) -> Any:
        leaf = leaf if isinstance(leaf, jax.Array) else np.asarray(leaf)
        return leaf.astype(kinds.get(leaf.dtype.kind, leaf.dtype))

    return jax.tree.map(cast, tree)


def _through(operator: Operator, data: Array) -> tuple[Any, Any]:
    def both(data: jax.Array) -> tuple[jax.Array, jax.Array]:
        image = adjoint(operator, data)
        return image, forward(operator, image)

    return jax.eval_shape(both, data)

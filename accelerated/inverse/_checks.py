"""The reference's checks for solvers of this backend: shapes by tracing, numbers in the precision of the data."""

from typing import Any

import jax
import numpy as np

from deepmix.reference.inverse import checks
from deepmix.reference.inverse.records import Operator
from deepmix.reference.types import Array

from .operators import adjoint, forward

UNTRACEABLE = (
    "{}: JAX cannot trace its functions; write them with jax.numpy, each a jax.tree_util.Partial, or take the "
    "backend that calls them as they are, the reference"
)


def check_problem(operator: Operator, data: Array, weights: Array | None) -> tuple[Operator, Any, Any, Any]:
    """See `reference.inverse.checks.check_problem`; returns the operator too, in the precision of the data.

    Raises TypeError for an operator of functions that JAX cannot trace.
    """
    data = inexact(data)
    operator = in_precision(operator, is_single(data))
    try:
        return operator, *checks.check_problem(operator, data, weights, _through, np.float32)
    except ValueError as error:
        if isinstance(error.__cause__, jax.errors.JAXTypeError):  # not for their shapes: only NumPy can call them
            raise TypeError(UNTRACEABLE.format(type(operator).__name__)) from error.__cause__
        raise


def check_regulariser(regulariser: Operator, image: Any) -> Operator:
    """The regulariser in the precision of an image. Raises TypeError if JAX cannot trace its functions."""
    regulariser = in_precision(regulariser, is_single(image))
    try:
        jax.eval_shape(lambda image: adjoint(regulariser, forward(regulariser, image)), image)
    except jax.errors.JAXTypeError as error:
        raise TypeError(UNTRACEABLE.format(type(regulariser).__name__)) from error
    return regulariser


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
    """The real and complex numbers of a tree in single or double precision; whole ones and flags as they are.

    Raises TypeError for plain functions, which no compiled program takes.
    """
    kinds = {"f": np.float32, "c": np.complex64} if single else {"f": np.float64, "c": np.complex128}

    def cast(leaf: Any) -> Any:
        if callable(leaf):
            raise TypeError(UNTRACEABLE.format(type(tree).__name__))
        leaf = leaf if isinstance(leaf, jax.Array) else np.asarray(leaf)
        return leaf.astype(kinds.get(leaf.dtype.kind, leaf.dtype))

    return jax.tree.map(cast, tree)


def _through(operator: Operator, data: Array) -> tuple[Any, Any]:
    def both(data: jax.Array) -> tuple[jax.Array, jax.Array]:
        image = adjoint(operator, data)
        return image, forward(operator, image)

    return jax.eval_shape(both, data)

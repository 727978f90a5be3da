"""Checks of the input of inverse problems, made once by the solvers of both backends."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..checks import plain
from ..types import Array
from .operators import adjoint, forward
from .records import Box, Operator, Penalty, SparsePatches

Through = Callable[[Operator, Any], tuple[Any, Any]]  # A*y and AA*y, of which only the shapes and dtypes count


def _through(operator: Operator, data: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    image = adjoint(operator, data)
    return image, forward(operator, image)


def check_problem(
    operator: Operator,
    data: Array,
    weights: Array | None,
    through: Through = _through,
    least: type = np.float64,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Check data and weights (None: all 1) for an operator; return them, ready for a solver, and an image of 0.

    least: the lowest precision of the results. Data that do not count, by their weight or by a mask of the
    operator, may be anything: they become 0.
    Raises ValueError for shapes that do not match, bad weights, and NaN or infinity among the data.
    """
    data = plain(data)
    data = data.astype(np.result_type(data.dtype, least))
    image, again = _matching(operator, data, through)
    real = np.real(data).dtype
    weights = np.ones(data.shape, real) if weights is None else plain(weights, real)
    if weights.shape != data.shape:
        raise ValueError(f"weights of shape {weights.shape} do not match data of shape {data.shape}")
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError("weights must be finite and not negative")
    counts = (weights > 0) & (np.asarray(getattr(operator, "mask", True)) != 0)
    check_finite("data", data[np.broadcast_to(counts, data.shape)])
    return np.where(counts, data, 0).astype(again.dtype), weights, np.zeros(image.shape, image.dtype)


def check_image(name: str, image: Array | None, blank: np.ndarray) -> np.ndarray:
    """Check an image (None: 0) that goes with a problem, such as a start. blank: of `check_problem`. Returns it.

    Raises ValueError for another shape, and for NaN or infinity.
    """
    if image is None:
        return blank
    image = plain(image)
    if image.shape != blank.shape:
        raise ValueError(f"{name} of shape {image.shape} does not match an image of shape {blank.shape}")
    check_finite(name, image)
    return image.astype(blank.dtype)


def _matching(operator: Operator, data: np.ndarray, through: Through) -> tuple[Any, Any]:
    """A*y and AA*y. Raises ValueError, naming both shapes, if the data cannot be those of the operator."""
    kind, cause = type(operator).__name__, None
    try:
        image, again = through(operator, np.zeros_like(data))
        if again.shape == data.shape:
            return image, again
    except (ValueError, TypeError) as error:  # of NumPy, of JAX
        cause = error
    raise ValueError(f"data of shape {data.shape} do not match the operator {kind}({_sizes(operator)})") from cause


def _sizes(record: Any) -> str:
    """The fields of a record, and of records in it, with their shapes; functions have none."""
    fields = [(name, each) for name, each in zip(record._fields, record, strict=True) if not callable(each)]
    return ", ".join(
        _sizes(each) if hasattr(each, "_fields") else f"{name} {np.shape(each)}" for name, each in fields
    )


def check_finite(what: str, array: np.ndarray) -> None:
    """Raise ValueError, with the count, if anything in an array is NaN or infinite."""
    if bad := int((~np.isfinite(array)).sum()):
        raise ValueError(
            f"{what}: {bad} of {array.size} values are NaN or infinite; mend them, or give data the weight 0"
        )


def check_positive(**numbers: Any) -> None:
    """Raise ValueError, naming it, for a number that is not positive and finite."""
    for name, value in numbers.items():
        if not 0 < value < np.inf:
            raise ValueError(f"{name} must be positive and finite, got {value}")


def check_not_negative(**numbers: Any) -> None:
    """Raise ValueError, naming it, for a number that is negative or not finite."""
    for name, value in numbers.items():
        if not 0 <= value < np.inf:
            raise ValueError(f"{name} must be finite and not negative, got {value}")


def check_real(bounded: bool, image: np.ndarray) -> None:
    """Raise ValueError if complex images are to keep within bounds, such as x ≥ 0."""
    if bounded and np.iscomplexobj(image):
        raise ValueError("bounds, such as x ≥ 0, go with real images; those of this operator are complex")


def check_penalty(penalty: Penalty, image: np.ndarray) -> None:
    """Raise ValueError if a penalty does not go with images of a shape and dtype. image: of which these count.

    A box wants real images, sparse patches want squares of numbers that fit into (H, W), and κ > 0.
    """
    PENALTIES.get(type(penalty), lambda penalty, image: None)(penalty, image)


def check_allowed(value: Any) -> None:
    """Raise ValueError if the penalty of a start is infinite: it lies outside of a box."""
    if not np.isfinite(value):
        raise ValueError("start lies where the penalty is infinite; let it begin within the box")


def check_atoms(image: Array, atoms: Array, least: type = np.float64) -> tuple[np.ndarray, np.ndarray]:
    """Check an image (H, W) and atoms (n, side²); return them, no atom longer than 1. least: the lowest precision.

    Raises ValueError for complex images, NaN or infinity, and atoms that are no squares or larger than the image.
    """
    image, atoms = plain(image), plain(atoms)
    if image.ndim != 2 or np.iscomplexobj(image):
        raise ValueError(f"image must be real, of the shape (height, width); got {image.dtype} {image.shape}")
    check_squares(atoms, image)
    check_finite("image", image)
    check_finite("atoms", atoms)
    dtype = np.result_type(image.dtype, least)
    lengths = np.linalg.norm(atoms, axis=1, keepdims=True)
    return image.astype(dtype), (atoms / np.maximum(1, lengths)).astype(dtype)


def check_squares(atoms: np.ndarray, image: np.ndarray) -> None:
    """Raise ValueError for atoms that are no squares (n, side²), or larger than the image or not of its axes."""
    side = round(atoms.shape[-1] ** 0.5) if atoms.ndim == 2 and len(atoms) else 0
    if image.ndim != 2 or not 0 < side <= min(image.shape) or side**2 != atoms.shape[-1]:
        message = f"atoms of shape {atoms.shape} are no squares that fit into an image of shape {image.shape}"
        raise ValueError(f"{message}; give (atoms, side²)")


def _check_patches(penalty: SparsePatches, image: np.ndarray) -> None:
    check_positive(sparsity=penalty.sparsity)
    if penalty.n_code_steps != int(penalty.n_code_steps) or penalty.n_code_steps < 1:
        raise ValueError(f"n_code_steps must be a whole number of at least 1, got {penalty.n_code_steps}")
    if not hasattr(penalty.atoms, "shape"):
        raise ValueError(f"atoms must be an array (atoms, side²), got a {type(penalty.atoms).__name__}")
    atoms = plain(penalty.atoms)
    check_squares(atoms, image)
    check_finite("atoms", atoms)
    if np.iscomplexobj(atoms) and not np.iscomplexobj(image):
        raise ValueError("complex atoms go with complex images; those of this operator are real")


# By the kind of a penalty, what it asks of images; nothing where there is no row.
PENALTIES: dict[type, Callable[[Any, np.ndarray], None]] = {
    Box: lambda penalty, image: check_real(True, image),
    SparsePatches: _check_patches,
}

"""The records of inverse problems: NamedTuples, hence JAX pytrees.

An operator is a linear map as a record: its numbers are arrays, and sizes come from their shapes. What it does is
said by its kind in the table `operators.OPERATORS`, where a subject above this one enters its own.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from ..types import Array, Status, kind

Operator = Any  # one of the records below, or of another subject


@kind
class Matrix(NamedTuple):
    """The rows of a matrix, each of the shape of the image: y_i = Σ rows_i · x.

    rows: (m, *image), real or complex. Image (*image); data (m,).
    """

    rows: Array


@kind
class Fourier(NamedTuple):
    """The centred, orthonormal Fourier transform, sampled: y = M·Fx over the last axes of the image.

    mask: M (*spatial), 0 or 1. Image and data (…, *spatial): axes in front are channels. Data are complex.
    """

    mask: Array


@kind
class Blur(NamedTuple):
    """Periodic convolution over the last axes of the image: y = k ∗ x.

    kernel: k (*sides), at most the size of the image; its centre is at index n//2. Image, data (…, *spatial).
    """

    kernel: Array


@kind
class Inpaint(NamedTuple):
    """Weighing of pixels: y = M·x.

    mask: M (*spatial), 0 where a pixel is lost. Image and data (…, *spatial).
    """

    mask: Array


@kind
class Gradient(NamedTuple):
    """Forward differences ∇ along every axis, 0 at its end [IP6]. Image (*spatial); data (axes, *spatial)."""


class Calculus(NamedTuple):
    """What is known of a kind of operator: functions of the operator A and more.

    forward: (A, image) ↦ Ax. adjoint: (A, data) ↦ A*y.
    gram_solve: (A, b, α) ↦ (A*A + αI)⁻¹b; None: by conjugate gradients.
    norm: (A, image) ↦ ‖A‖ for images of that shape and dtype; None: by the power iteration.
    """

    forward: Callable[..., Any]
    adjoint: Callable[..., Any]
    gram_solve: Callable[..., Any] | None = None
    norm: Callable[..., Any] | None = None


class Solution(NamedTuple):
    """What a solver returns.

    value: the objective at `image`.
    history: (iterations + 1,) the objective at the start and after every step; a non-finite one comes last and is
        not `value`.
    status: `Status`; from a `solve` of `accelerated`, its number.
    degenerate: () bool, whether A*Wy = 0: no datum says anything of the image.
    image: the last one whose objective is finite, real or complex.
    iterations: () int, steps taken to it.
    gap: the duality gap at `image`, an upper bound on value − minimum; NaN where the solver has none.
    """

    value: Array
    history: Array
    status: Status | Array
    degenerate: Array
    image: Array
    iterations: Array
    gap: Array

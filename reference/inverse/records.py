"""What inverse problems are given: NamedTuples, hence JAX pytrees.

An operator is a linear map as a record: its numbers are arrays, and sizes come from their shapes. What it does is
said by its kind in the table `operators.OPERATORS`, where a subject above this one enters its own.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from ..types import Array, kind

Operator = Any  # one of the records below, or of another subject
Penalty = Any  # likewise, a regulariser: its kind has a row in `penalties.PENALTIES`


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
class Identity(NamedTuple):
    """y = x."""


@kind
class Wavelet(NamedTuple):
    """Ψ, orthonormal wavelets over all axes [IP13].

    scaling: the scaling filter h of each level (J, L), the finest first, as `wavelets.daubechies` makes them.
    Image and coefficients (*spatial), each side a multiple of 2^J.
    """

    scaling: Array


@kind
class Synthesis(NamedTuple):
    """Signals from their codes over a dictionary: Y = αD [IP14].

    atoms: D (atoms, pixels). Image: the codes α (…, atoms); data (…, pixels).
    """

    atoms: Array


@kind
class Gradient(NamedTuple):
    """Forward differences ∇ along every axis, 0 at its end [IP6]. Image (*spatial); data (axes, *spatial)."""


class LinearMap(NamedTuple):
    """Any linear map, by functions: x ↦ Ax and y ↦ A*y.

    For `accelerated` each is a `jax.tree_util.Partial`, whose arrays are the operator's.
    """

    forward: Callable[[Any], Any]
    adjoint: Callable[[Any], Any]


@kind
class L1(NamedTuple):
    """Σ|x_i| [IP6]."""


@kind
class IsotropicVariation(NamedTuple):
    """Total variation Σ√(|∂₁x|²+|∂₂x|²+ε²) [IP6]. eps: ε ≥ 0, a difference; its proximal map is that of ε = 0."""

    eps: Array = 0.0


@kind
class AnisotropicVariation(NamedTuple):
    """Total variation Σ|∂₁x|+|∂₂x|, each as √(|·|²+ε²) [IP6]. eps: as for `IsotropicVariation`."""

    eps: Array = 0.0


@kind
class WaveletL1(NamedTuple):
    """‖Ψx‖₁ over the details [IP6], [IP13]. scaling: as for `Wavelet`."""

    scaling: Array


@kind
class SparsePatches(NamedTuple):
    """min Σ_i ½‖P_ix − α_iD‖² + κ‖α_i‖₁ over the codes α of all patches P_i of an image (H, W) [IP6], [IP14].

    atoms: D (atoms, side²), given, of any length. sparsity: κ > 0, in the unit of image times atom.
    n_code_steps: after which value and gradient take the codes; 1 is enough for orthonormal atoms.
    """

    atoms: Array
    sparsity: Array
    n_code_steps: int = 100


@kind
class H1(NamedTuple):
    """½‖∇x‖² [IP6]."""


@kind
class Box(NamedTuple):
    """0 where lower ≤ x ≤ upper, else ∞ [IP6]. None: no bound; `Box(lower=0.0)` is x ≥ 0."""

    lower: Array | None = None
    upper: Array | None = None


class Functional(NamedTuple):
    """What is known of a kind of penalty R: functions of the record and more.

    value: (R, image) ↦ R(x). gradient: (R, image) ↦ ∇R, 0 where R has no slope.
    prox: (R, image, τ, tol, max_iter) ↦ prox_{τR}(v); the last two count where a loop is needed.
    """

    value: Callable[..., Any]
    gradient: Callable[..., Any]
    prox: Callable[..., Any]


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

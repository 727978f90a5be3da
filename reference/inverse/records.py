"""The records of inverse problems: NamedTuples, hence JAX pytrees.

An operator is a linear map as a record: its numbers are arrays, and sizes come from their shapes. What it does is
said by its kind in the table `operators.OPERATORS`, where a subject above this one enters its own.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from ..types import Array, Status, kind

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


class Ending(NamedTuple):
    """Where the loop of a solver has ended: its last finite state, and history, status, steps as in `Solution`."""

    state: Any
    history: Array
    status: Status | Array
    iterations: Array


class LeastSquaresState(NamedTuple):
    """Where CGLS stands [IP12].

    image: x. value: the objective there. residual: y − Ax. pull: G(x̂ − x). direction: d (*image).
    squared: ‖g‖², g the direction of steepest descent.
    """

    image: Array
    value: Array
    residual: Array
    pull: Array
    direction: Array
    squared: Array


class VariationState(NamedTuple):
    """Where FISTA on the dual of total variation stands [IP9].

    image: x = v − λ∇*p. value: ½‖x−v‖² + λTV(x). gap: the duality gap. dual, ahead: p and q (axes, *spatial).
    momentum: t.
    """

    image: Array
    value: Array
    gap: Array
    dual: Array
    ahead: Array
    momentum: Array


class ProximalState(NamedTuple):
    """Where the proximal gradient method stands [IP8].

    image: x. value: the objective there. projected: Ax. ahead, projected_ahead: z and Az, from where the next step
    starts. momentum: t. lipschitz: L.
    """

    image: Array
    value: Array
    projected: Array
    ahead: Array
    projected_ahead: Array
    momentum: Array
    lipschitz: Array


class PrimalDualState(NamedTuple):
    """Where the primal–dual method stands [IP10].

    image: x. value: the objective there. projected: Ax. ahead, projected_ahead: x̄ and Ax̄ = 2Ax⁺ − Ax. dual: p, of
    the data. field: q (axes, *spatial).
    """

    image: Array
    value: Array
    projected: Array
    ahead: Array
    projected_ahead: Array
    dual: Array
    field: Array


class SplitState(NamedTuple):
    """Where half-quadratic splitting stands [IP11].

    image: x. value: ½‖Ax−y‖² + λR(z) + ½μ‖x−z‖². split: z. coupling: μ of the next step.
    """

    image: Array
    value: Array
    split: Array
    coupling: Array


class DictionaryState(NamedTuple):
    """Where a dictionary of patches stands [IP14].

    image: x. value: ½‖Py − αD‖² + κ‖α‖₁ over all patches. codes: α (patches, atoms). atoms: D (atoms, pixels).
    """

    image: Array
    value: Array
    codes: Array
    atoms: Array


class CodedImage(NamedTuple):
    """Codes of an image over given atoms [IP14].

    image: u (H, W), between v and its patches. value: ½‖u−v‖²/τ + ½‖Pu − αD‖² + κ‖α‖₁; the first term is 0 for
    τ = 0. codes: α (patches, atoms). slope: ΣP_i*(P_iu − α_iD) (H, W), at the best codes the gradient of
    `SparsePatches` at u; it is (v−u)/τ where τ > 0.
    """

    image: Array
    value: Array
    codes: Array
    slope: Array


class DictionaryFit(NamedTuple):
    """What a dictionary makes of an image [IP14].

    value, history, status, image, iterations: as in `Solution`; the value is that of the codes.
    degenerate: (atoms,) bool, the atoms that no patch takes.
    atoms: D (atoms, pixels), none longer than 1.
    """

    value: Array
    history: Array
    status: Status | Array
    degenerate: Array
    image: Array
    iterations: Array
    atoms: Array

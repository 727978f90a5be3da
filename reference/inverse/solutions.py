"""What the solvers of inverse problems return, and where they stand: NamedTuples, hence JAX pytrees."""

from typing import Any, NamedTuple

from ..types import Array, Status


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

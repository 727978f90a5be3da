"""An image from a dictionary of its patches [IP14] (Elad, Aharon 2006; Mairal, Bach, Ponce, Sapiro 2009).

The problem: min Σ_i ½‖P_iy − α_iD‖² + κ‖α_i‖₁ over codes α and atoms ‖d‖ ≤ 1, P_i every patch of y. The iteration:
some steps of the proximal gradient method on the codes [IP8]; then every atom in its turn,
d_k ← proj_{‖d‖≤1}(d_k + (α*Py − α*αD)_k/(α*α)_kk). The image: x = (λy + ΣP_i*α_iD)/(λ + count).

Over atoms that stay, the least of that over codes alone is a convex penalty of the image, `SparsePatches` [IP6]:
`encode` finds the codes for its value and gradient, and for its proximal map with the image between them.
"""

import numpy as np

from . import stopping
from .checks import check_atoms, check_positive
from .conjugate_gradients import squared_norm
from .operators import adjoint, forward, norm
from .proximal import soft_threshold
from .records import Synthesis
from .solutions import CodedImage, DictionaryFit, DictionaryState


def patches(image: np.ndarray, side: int) -> np.ndarray:
    """P_ix: every square of so many pixels a side, row after row [IP14].

    image: (H, W), no side shorter. Returns ((H−side+1)(W−side+1), side²).
    """
    return np.lib.stride_tricks.sliding_window_view(image, (side, side)).reshape(-1, side**2)


def assemble(pieces: np.ndarray, image: np.ndarray, side: int) -> np.ndarray:
    """ΣP_i*p_i: every patch added at its place [IP14].

    pieces: as `patches` returns them. image: (H, W), of which only the shape counts. Returns that shape.
    """
    h, w = (length - side + 1 for length in image.shape)
    found = np.zeros(image.shape, pieces.dtype)
    for row, column in np.ndindex(side, side):
        found[row : row + h, column : column + w] += pieces[:, row * side + column].reshape(h, w)
    return found


def renew(atoms: np.ndarray, codes: np.ndarray, signals: np.ndarray) -> np.ndarray:
    """One pass over the atoms, each the best of length ≤ 1 for the codes and the other atoms [IP14].

    atoms: D (atoms, pixels). codes: α (n, atoms). signals: (n, pixels). An atom that no code takes stays.
    Returns (atoms, pixels).
    """
    gram, cross, found = codes.T @ codes, codes.T @ signals, np.array(atoms)
    for k in range(len(atoms)):
        if gram[k, k] > 0:
            moved = found[k] + (cross[k] - gram[k] @ found) / gram[k, k]
            found[k] = moved / max(1.0, float(np.linalg.norm(moved)))
    return found


def begin(atoms: np.ndarray, image: np.ndarray, strength: float, sparsity: float) -> DictionaryState:
    """The state at a start, whose codes are 0 [IP14].

    atoms: D (atoms, side²). image: y (H, W). strength: λ, the weight of y in the result. sparsity: κ of the codes.
    """
    return _state(_no_codes(atoms, image), atoms, image, strength, sparsity)


def step(
    state: DictionaryState, image: np.ndarray, strength: float, sparsity: float, n_code_steps: int = 10
) -> DictionaryState:
    """One step on the codes and one on the atoms, neither of which raises the objective [IP14], [IP8].

    n_code_steps: of the proximal gradient method. Other arguments as for `begin`.
    """
    signals, codes, bound = patches(image, _side(state.atoms)), state.codes, _lipschitz(state.atoms)
    for _ in range(n_code_steps):
        codes = _moved(codes, signals - codes @ state.atoms, state.atoms, sparsity, bound)
    return _state(codes, renew(state.atoms, codes, signals), image, strength, sparsity)


def denoise(
    image: np.ndarray,
    atoms: np.ndarray,
    strength: float,
    sparsity: float,
    *,
    n_code_steps: int = 10,
    tol: float = 1e-4,
    max_iter: int = 20,
) -> DictionaryFit:
    """An image from sparse codes of its patches over atoms that are learnt from them [IP14].

    image: y (H, W), real. atoms: a start of D (atoms, side²), such as cosines or patches of another image; those
    longer than 1 are shortened. strength: λ > 0, the weight of y in the result. sparsity: κ > 0, in the unit of
    the image. n_code_steps: of the codes a step. tol: it ends when ‖x_k−x_{k−1}‖ ≤ tol‖x_k‖. max_iter: the largest
    number of steps. Returns a `DictionaryFit`.
    Raises ValueError for atoms that are no squares or larger than the image, NaN or infinity, λ or κ ≤ 0.
    """
    check_positive(strength=strength, sparsity=sparsity)
    image, atoms = check_atoms(image, atoms)
    options = {"n_code_steps": n_code_steps, "max_iter": max_iter}
    return solve(image, atoms, strength=strength, sparsity=sparsity, tol=tol, **options)


def solve(
    image: np.ndarray,
    atoms: np.ndarray,
    *,
    strength: float,
    sparsity: float,
    n_code_steps: int,
    tol: float,
    max_iter: int,
) -> DictionaryFit:
    """`denoise` of input that has been checked."""
    ended = stopping.loop(
        lambda state: step(state, image, strength, sparsity, n_code_steps),
        begin(atoms, image, strength, sparsity),
        stopping.little_changed(tol),
        max_iter,
    )
    return DictionaryFit(
        value=ended.state.value,
        history=ended.history,
        status=ended.status,
        degenerate=~ended.state.codes.any(axis=0),
        image=ended.state.image,
        iterations=ended.iterations,
        atoms=ended.state.atoms,
    )


def objective(codes: np.ndarray, image: np.ndarray, atoms: np.ndarray, sparsity: float) -> float:
    """Σ_i ½‖P_ix − α_iD‖² + κ‖α_i‖₁ over all patches [IP14].

    codes: α (patches, atoms). image: x (H, W). atoms: D (atoms, side²). sparsity: κ. Codes and what follows may be
    complex. Returns a number.
    """
    return 0.5 * squared_norm(_uncoded(codes, image, atoms)) + sparsity * float(np.abs(codes).sum())


def encode(
    image: np.ndarray,
    atoms: np.ndarray,
    sparsity: float,
    step: float = 0.0,
    *,
    tol: float = 0.0,
    max_iter: int = 100,
) -> CodedImage:
    """Codes of an image over given atoms, and the image between it and its patches [IP14], by FISTA [IP8].

    The problem: min ½‖u−v‖²/τ + Σ_i ½‖P_iu − α_iD‖² + κ‖α_i‖₁ over images u and codes α; u = v where τ = 0. The
    iteration: u = (v + τΣP_i*ζ_iD)/(1 + τ·count), the best for codes ζ;
    α⁺ = prox_{κ|·|/L}(ζ + (Pu − ζD)D*/L), L = ‖D‖²; ζ follows with momentum, from t = 1 again when a step turns
    back, Re⟨α⁺−ζ, α⁺−α⟩ < 0 (O'Donoghue, Candès 2015), which rounding does not hide as it does a rise of the
    objective. It begins with codes 0.

    image: v (H, W), real or complex. atoms: D (atoms, side²), of any length. sparsity: κ > 0, in the unit of image
    times atom. step: τ ≥ 0. tol: it ends when ‖α⁺−ζ‖ ≤ tol‖α⁺‖. max_iter: the largest number of steps; one is
    enough for orthonormal atoms and τ = 0. Returns a `CodedImage`.
    """
    codes = ahead = _no_codes(atoms, image)
    bound, momentum = _lipschitz(atoms), 1.0
    for _ in range(max_iter):
        near = image + step * _pull(ahead, image, atoms, step)
        before, codes = codes, _moved(ahead, _uncoded(ahead, near, atoms), atoms, sparsity, bound)
        if np.linalg.norm(codes - ahead) <= tol * np.linalg.norm(codes):
            break
        goes_on, following = _inner(codes - ahead, codes - before) >= 0, (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        share = (momentum - 1) / following if goes_on else 0.0
        momentum = following if goes_on else 1.0
        ahead = codes + share * (codes - before)
    pull = _pull(codes, image, atoms, step)
    near = image + step * pull
    return CodedImage(
        image=near,
        value=0.5 * step * squared_norm(pull) + objective(codes, near, atoms, sparsity),
        codes=codes,
        slope=-pull,
    )


def _side(atoms: np.ndarray) -> int:
    return round(atoms.shape[1] ** 0.5)


def _no_codes(atoms: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Codes 0, in the dtype of image times atom."""
    n_patches = len(patches(image, _side(atoms)))
    return np.zeros((n_patches, len(atoms)), np.result_type(image, atoms))


def _inner(one: np.ndarray, other: np.ndarray) -> float:
    """Re⟨·, ·⟩."""
    return float(np.vdot(one, other).real)


def _lipschitz(atoms: np.ndarray) -> float:
    """L = ‖D‖² [IP8], 1 where all atoms are 0."""
    found = norm(Synthesis(atoms=atoms), atoms[0]) ** 2
    return found if found > 0 else 1.0


def _uncoded(codes: np.ndarray, image: np.ndarray, atoms: np.ndarray) -> np.ndarray:
    """Px − αD, what the codes leave of the patches."""
    return patches(image, _side(atoms)) - forward(Synthesis(atoms=atoms), codes)


def _moved(codes: np.ndarray, left: np.ndarray, atoms: np.ndarray, sparsity: float, bound: float) -> np.ndarray:
    """A step of the proximal gradient method on the codes [IP8]. left: what they leave. bound: L."""
    descent = adjoint(Synthesis(atoms=atoms), left)
    return soft_threshold(codes + descent / bound, sparsity / bound)


def _pull(codes: np.ndarray, image: np.ndarray, atoms: np.ndarray, step: float) -> np.ndarray:
    """(ΣP_i*α_iD − count·v)/(1 + τ·count): the image between v and its patches is v and τ times this."""
    coded, side = forward(Synthesis(atoms=atoms), codes), _side(atoms)
    count = assemble(np.ones(coded.shape), image, side)
    return (assemble(coded, image, side) - count * image) / (1 + step * count)


def _state(
    codes: np.ndarray, atoms: np.ndarray, image: np.ndarray, strength: float, sparsity: float
) -> DictionaryState:
    return DictionaryState(
        image=image + _pull(codes, image, atoms, 1 / strength) / strength,
        value=objective(codes, image, atoms, sparsity),
        codes=codes,
        atoms=atoms,
    )

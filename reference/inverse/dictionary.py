"""An image from a dictionary of its patches [IP14] (Elad, Aharon 2006; Mairal, Bach, Ponce, Sapiro 2009).

The problem: min Σ_i ½‖P_iy − α_iD‖² + κ‖α_i‖₁ over codes α and atoms ‖d‖ ≤ 1, P_i every patch of y. The iteration:
some steps of the proximal gradient method on the codes [IP8]; then every atom in its turn,
d_k ← proj_{‖d‖≤1}(d_k + (α*Py − α*αD)_k/(α*α)_kk). The image: x = (λy + ΣP_i*α_iD)/(λ + count).
"""

import numpy as np

from . import proximal_gradient, stopping
from .checks import check_atoms, check_positive
from .conjugate_gradients import squared_norm
from .records import L1, DictionaryFit, DictionaryState, Synthesis


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
    codes = np.zeros((len(patches(image, _side(atoms))), len(atoms)))
    return _state(codes, atoms, image, strength, sparsity)


def step(
    state: DictionaryState, image: np.ndarray, strength: float, sparsity: float, n_code_steps: int = 10
) -> DictionaryState:
    """One step on the codes and one on the atoms, neither of which raises the objective [IP14], [IP8].

    n_code_steps: of the proximal gradient method. Other arguments as for `begin`.
    """
    signals, operator = patches(image, _side(state.atoms)), Synthesis(atoms=state.atoms)
    weights = np.ones(signals.shape)
    about = operator, signals, weights, L1(), sparsity
    lipschitz = proximal_gradient.curvature(operator, weights, state.codes)
    found = proximal_gradient.begin(state.codes, *about, lipschitz)
    for _ in range(n_code_steps):
        found = proximal_gradient.step(found, *about, False)
    return _state(found.image, renew(state.atoms, found.image, signals), image, strength, sparsity)


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


def _side(atoms: np.ndarray) -> int:
    return round(atoms.shape[1] ** 0.5)


def _state(
    codes: np.ndarray, atoms: np.ndarray, image: np.ndarray, strength: float, sparsity: float
) -> DictionaryState:
    side, coded = _side(atoms), codes @ atoms
    misfit = 0.5 * squared_norm(patches(image, side) - coded)
    count = assemble(np.ones_like(coded), image, side)
    return DictionaryState(
        image=(strength * image + assemble(coded, image, side)) / (strength + count),
        value=misfit + sparsity * np.abs(codes).sum(),
        codes=codes,
        atoms=atoms,
    )

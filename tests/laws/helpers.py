"""How the laws compare: rounding bounds, central differences, trees as vectors."""

from collections.abc import Callable

import numpy as np

from deepmix.reference.mixtures import gaussian
from deepmix.reference.mixtures.records import Mixture
from deepmix.reference.trees import leaves
from deepmix.reference.types import Tree

UNIT = np.finfo(float).eps / 2  # unit roundoff u
ONE_STEP = 1e-11  # sums of at most 100 terms in another order: 100 u, times condition numbers up to 1e3
FEW_STEPS = 1e-8  # a few EM steps, each of which may spread rounding tenfold


def close(actual, desired, rtol: float = ONE_STEP, scale: float | None = None) -> None:
    """Equal within `rtol`, relative to each array's largest entry; pairs and records entry by entry.

    scale: the size of the terms that cancel in the result, where its own entries are smaller than those.
    """
    if isinstance(desired, tuple):
        for one, other in zip(actual, desired, strict=True):
            close(one, other, rtol, scale)
        return
    scale = np.abs(desired).max(initial=0) if scale is None else scale
    np.testing.assert_allclose(actual, desired, rtol=0, atol=rtol * scale)


def flat(tree: Tree) -> np.ndarray:
    """All leaves of a nested dict (or the array itself) as one vector."""
    return np.concatenate([np.ravel(leaf) for leaf in leaves(tree)])


def unflat(vector: np.ndarray, like: Tree) -> Tree:
    """The vector in the shape of a nested dict, or of an array; inverse of `flat`."""
    if not isinstance(like, dict):
        return vector.reshape(np.shape(like))
    sizes = [flat(branch).size for branch in like.values()]
    parts = np.split(vector, np.cumsum(sizes)[:-1])
    return {name: unflat(part, branch) for part, (name, branch) in zip(parts, like.items(), strict=True)}


def check_gradient(
    function: Callable[[Tree], float], at: Tree, gradient: Tree, rng: np.random.Generator, direction=None
) -> None:
    """Check a gradient against five-point central differences along a random direction of length 1.

    The stencil's truncation error is h⁴ f⁽⁵⁾/30, its rounding error 1.5 E/h, E that of one value: with
    the errors of a hundred terms averaging out, E is a few u (1 + |f|). A kink inside the stencil
    (LeakyReLU, |·|, and above all max-pool, whose rivals LeakyReLU has drawn 100 times closer together)
    spoils it. As h falls, the kinks leave it and truncation vanishes: one of the steps must agree, the
    smallest (where rounding grows beyond 5·10⁻⁹) to four digits at least. A derivative along a random
    direction is of the size ‖gradient‖/√n.
    """
    centre, slopes = flat(at), flat(gradient)
    assert slopes.shape == centre.shape
    direction = rng.normal(size=centre.shape) if direction is None else flat(direction)
    direction = direction / np.linalg.norm(direction)
    expected, scale = slopes @ direction, np.linalg.norm(slopes) / np.sqrt(slopes.size)
    errors = []
    for h in (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8):
        values = {i: function(unflat(centre + i * h * direction, at)) for i in (-2, -1, 1, 2)}
        slope = (8 * (values[1] - values[-1]) - (values[2] - values[-2])) / (12 * h)
        error = abs(slope - expected)
        rounding = 10 * UNIT * (1 + abs(values[1])) / h
        if error <= 1e-7 * scale + min(rounding, max(1e-4 * scale, 5e-9)):
            return
        errors.append(error)
    raise AssertionError(f"slope {expected} differs from central differences by {errors}, scale {scale}")


def inner(value: np.ndarray, cotangent: np.ndarray) -> float:
    """⟨cotangent, value⟩: the scalar whose gradient a pullback of `cotangent` is."""
    return float((np.asarray(value) * cotangent).sum())


def nll_error(pixels: np.ndarray, mixture: Mixture, weights: np.ndarray, covariance_type: str) -> float:
    """A bound on the rounding error of the NLL of a mixture (π (K,) or Π (K, N)), from the mixture itself.

    Cholesky gives L̂L̂ᵀ = Σ + ΔΣ with ‖ΔΣ‖ ≤ M(M+1)u‖Σ‖ (Higham 2002, theorem 10.3), which moves
    q = dᵀΣ⁻¹d by at most κ M(M+1)u q, and log det Σ by tr Σ⁻¹ΔΣ ≤ κ M²(M+1)u; the triangular solve
    moves q by as much again; d = x − μ is one subtraction, 2u q. So a log-joint l has the error
    e ≤ 2 κ (M+1)² u (q + M) + 4u|l|. A log-sum-exp passes on the mean of e under γ, plus (K+2)u, plus
    4u of its value; a sum of N terms adds N u of their mean.
    """
    n_channels, n_pixels = pixels.shape
    matrices = gaussian.covariance_matrices(mixture.covariances, covariance_type, *mixture.means.shape)
    deviation = pixels[None] - mixture.means[:, :, None]
    q = np.einsum("kin,kij,kjn->kn", deviation, np.linalg.inv(matrices), deviation)
    condition = np.linalg.cond(matrices)[:, None]
    log_proportions = gaussian.safe_log(mixture.proportions).reshape(len(q), -1)
    log_densities = gaussian.log_density(pixels, mixture.means, mixture.covariances, covariance_type)
    posterior, log_likelihood = gaussian.posterior(log_proportions, log_densities)
    log_joint = log_proportions + log_densities
    finite = np.where(np.isfinite(log_joint), log_joint, 0)
    e = 2 * condition * (n_channels + 1) ** 2 * UNIT * (q + n_channels) + 4 * UNIT * np.abs(finite)
    per_pixel = (posterior * e).sum(axis=0) + UNIT * (len(q) + 2 + (n_pixels + 4) * np.abs(log_likelihood))
    return weights @ per_pixel / weights.sum()


def em_allowance(pixels: np.ndarray, before: Mixture, after: Mixture, weights: np.ndarray, kind: str) -> float:
    """How far rounding alone may lift the computed NLL from one mixture to the M-step's next.

    NLL(θ') − NLL(θ) ≤ Q(θ') − Q(θ) for every θ', Q the mean of −Σ_k γ_k log joint_k. The computed θ'
    misses the minimum of Q by rounding, which costs second order only ((N u)² κ, far below the rest).
    What counts: both NLLs as computed, `nll_error`; and θ' minimises the Q of the computed γ, whose
    relative error is that of the log-joint, which costs that error times the change of the log-joint.
    """
    errors = nll_error(pixels, before, weights, kind) + nll_error(pixels, after, weights, kind)
    joints = [
        gaussian.safe_log(m.proportions).reshape(len(m.means), -1)
        + gaussian.log_density(pixels, m.means, m.covariances, kind)
        for m in (before, after)
    ]
    posterior, _ = gaussian.posterior(np.zeros((len(before.means), 1)), joints[0])
    with np.errstate(invalid="ignore"):
        change = np.where(posterior > 0, np.abs(joints[1] - joints[0]), 0)
    return errors * (1 + 2 * change[:, weights > 0].max())


def is_collapsing(mixture: Mixture, covariance_type: str) -> bool:
    """Whether a class shrinks onto fewer pixels than it has dimensions, where its density has no bound.

    The second-order term that `em_allowance` leaves out is (N u |x|)²/λ, λ the smallest eigenvalue of
    any Σ_k: at most 10⁻¹⁸ for N|x| up to 10³ as long as λ > 10⁻⁸.
    """
    matrices = gaussian.covariance_matrices(mixture.covariances, covariance_type, *mixture.means.shape)
    return not (np.isfinite(matrices).all() and np.linalg.eigvalsh(matrices).min() > 1e-8)

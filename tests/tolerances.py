"""How closely the backends agree, and why: every tolerance of the agreement tests stands here.

Errors are measured normwise: |actual − expected| ≤ tol · max|expected| over one array (for a
gradient or a step: over the whole tree).
"""

import jax
import numpy as np

# float64 against float64: both sum in another order; the drawn condition numbers (≤ 50) leave five digits spare.
FUNCTION = 1e-10
GRADIENT = 1e-8  # cancellation in the moments' pullback: Σ w γ (Σ⁻¹ − Σ⁻¹ddᵀΣ⁻¹) is 0 at the optimum
STEP = 1e-9
TRAJECTORY = 1e-6  # every step amplifies the one before; twenty of them

EPS32 = float(np.finfo(np.float32).eps)

# float32 against the float64 reference, on inputs rounded to float32, as multiples of EPS32. N ≤ 96 pixels.
FLOAT32 = {
    # sums of N terms, √N rounding errors of either sign (random walk), a few operations each
    "mean_nll": 64,
    "mean_prior": 64,
    "total_variation": 64,
    "entropy": 64,
    "volumes": 64,
    "hidden_markov": 64,
    "segmentation_loss": 64,
    "variance_floor": 64,
    "dice": 8,
    "surface": 64,  # roots of distances, and sums of some thirty of them
    # entropies, and shares of pairs: sums of a dozen terms, which cancel down to a tenth of the largest
    "clusterings": 64,
    "distance": 8,  # a product, its square, and as many sums as there are axes
    # M squares of whitened deviations, whose error is that of Σ^(-1/2) (√κ ≤ 7) and of x − μ (|x|/|x−μ|)
    "log_density": 512,
    # exp of a log-density: its absolute error becomes relative; log-densities reach −10³ here
    "posterior": 16384,
    # deviations from a mean that is itself rounded, over classes of a few pixels
    "moments": 512,
    # means and covariances from such responsibilities
    "m_step": 512,
    # y falls as 1/s, and log y and ψ(y) share two of their seven digits where the series begins
    "digamma": 256,
    # as m_step; besides ν and a, which go as 1/s, and s is a difference of sums, a hundredth of their size
    "family_m_step": 65536,
    "layer": 64,  # 9·C_in products a sum, C_in ≤ 8; instance norm divides by a deviation of order 1
    # eighteen layers of that, and instance norm over 2×2 pixels at the bottom divides by deviations of 0.1
    "unet": 4096,
    "adamw": 1024,  # 1 − 0.999^t in float32 has lost ten bits at t = 1: 2⁻¹⁰ of EPS32 times 1024
    "clip": 64,
    "loss": 16384,
    "neighbour_sum": 8,  # at most 26 terms of one sign
    # exp of log-densities, which reach −10³; and of β times sums of probabilities that are as uncertain
    "sweep": 16384,
    "free_energy": 512,  # as log_density, of which it is a mean
    "pseudo_nll": 512,
    "information": 1024,  # a difference of at least 0.1 of numbers up to 6, over an entropy of 0.05 or more
    "external_field": 64,  # logs of means of exp of such sums
    # weighted means of N pixels; u^m has the error of m · |log u| ≤ 4 · 7, relative to the largest
    "centres": 64,
    "squared_distances": 16,  # normwise: a subtraction and a product a channel
    "memberships": 64,  # an absolute error of log d², some 4, times 1/(m − 1) ≤ 5
    "objective": 64,
    "partition_coefficient": 16,
    # scores of order 10 become relative errors of the weights; their pullback cancels
    "attention": 512,
    # a sum of N terms w/N · ∂z/∂θ of order 1 that largely cancel: this one is absolute
    "gradient": 1024,
    "operator": 64,  # sums of at most 48 products, or an FFT of 20 numbers
    "gram_solve": 1024,  # a system whose condition number is below 50
    "norm": 64,
    "inverse": 4096,  # inverses of matrices whose condition number is below 30, and its square
    "trajectory": 4096,  # six steps, each as a product with such a matrix
    # sums of some ten interpolations, whose places are rounded by the size of the image in pixels
    "projection": 64,
    "rebin": 256,  # places relative to gaps of a twelfth of a turn, and divided by what was measured
    "filtered_backprojection": 64,
    "x_rays": 64,
    # least squares of powers 1 … 4 of numbers in [0, 1], whose condition number is 10³
    "water_correction": 1024,
    "fit": 16384,  # an E-step, see "posterior", and what an M-step makes of it
}


def assert_agree(actual, expected, tol: float, dtype: type = np.float64) -> None:
    """Shapes and dtypes exactly, values normwise, array by array, for trees of arrays."""
    actual_leaves, structure = jax.tree.flatten(actual)
    expected_leaves, expected_structure = jax.tree.flatten(expected)
    assert structure == expected_structure
    for a, e in zip(actual_leaves, expected_leaves, strict=True):
        a, e = np.asarray(a), np.asarray(e)
        assert a.shape == e.shape
        if e.dtype.kind not in "fc":
            assert np.array_equal(a, e)
            continue
        assert a.dtype == (dtype if e.dtype.kind == "f" else complex_of(dtype))
        _assert_close(a, e, tol, _scale([e]))


def assert_tree_agrees(actual, expected, tol: float, dtype: type = np.float64, at_least: float = 0.0) -> None:
    """As `assert_agree`, but against the largest entry of the whole tree: for gradients and steps.

    at_least: size of what was summed, where the terms of a sum may cancel.
    """
    expected_leaves = jax.tree.leaves(expected)
    assert jax.tree.structure(actual) == jax.tree.structure(expected)
    scale = max(_scale(expected_leaves), at_least)
    for a, e in zip(jax.tree.leaves(actual), expected_leaves, strict=True):
        assert np.asarray(a).dtype == dtype
        _assert_close(np.asarray(a), e, tol, scale)


def _scale(leaves: list) -> float:
    return max((np.abs(leaf[np.isfinite(leaf)]).max(initial=0.0) for leaf in map(np.asarray, leaves)), default=0.0)


def _assert_close(actual: np.ndarray, expected: np.ndarray, tol: float, scale: float) -> None:
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tol * scale)


def complex_of(dtype: type) -> type:
    """The complex dtype of the same precision."""
    return np.complex64 if dtype == np.float32 else np.complex128


def rounded(tree, dtype: type):
    """The floating arrays of a tree in `dtype`, and the same values in float64 for the reference."""

    def cast(leaf, kind):
        leaf = np.asarray(leaf)
        return leaf.astype({"f": kind, "c": complex_of(kind)}.get(leaf.dtype.kind, leaf.dtype))

    low = jax.tree.map(lambda leaf: cast(leaf, dtype), tree)
    return low, jax.tree.map(lambda leaf: cast(leaf, np.float64), low)


def tolerance(name: str, dtype: type, exact: float = FUNCTION) -> float:
    """The tolerance of a function in a dtype; `exact` is that of float64."""
    return exact if dtype == np.float64 else FLOAT32[name] * EPS32

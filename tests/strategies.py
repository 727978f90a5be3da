"""What the tests draw: well-conditioned by construction, in a handful of shapes, read-only.

Hypothesis draws a seed and a few scalars; NumPy makes the arrays from them. Every array is read-only,
so that a function that mutates its arguments fails whatever test calls it.
"""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from deepmix.reference import gaussian, initialization
from deepmix.reference.adamw import tree_map
from deepmix.reference.types import COVARIANCE_TYPES, Mixture, Tree, UNetConfig

SHAPES = ((1, 2, 40), (2, 3, 60), (3, 4, 80), (1, 1, 20))  # M, K, N
IMAGE_SHAPES = ((1, 2, 8, 8), (2, 3, 8, 12))  # M, K, H, W
CONFIGS = (UNetConfig(1, 2), UNetConfig(1, 4, 0.2), UNetConfig(2, 2), UNetConfig(2, 3))

shapes = st.sampled_from(SHAPES)
image_shapes = st.sampled_from(IMAGE_SHAPES)
configs = st.sampled_from(CONFIGS)
covariance_types = st.sampled_from(COVARIANCE_TYPES)
generators = st.integers(0, 2**32 - 1).map(np.random.default_rng)


class EmProblem(NamedTuple):
    """What `gmm.fit` takes. start: π (K,). weights: (N,), some 0. floor: (M,), as [G3] has it."""

    pixels: np.ndarray
    start: Mixture
    weights: np.ndarray
    floor: np.ndarray
    covariance_type: str


class DeepProblem(NamedTuple):
    """What `deep.loss` takes. weights: (H, W), some 0. previous: a mixture with π (K,)."""

    image: np.ndarray
    weights: np.ndarray
    floor: np.ndarray
    previous: Mixture
    config: UNetConfig
    parameters: Tree
    covariance_type: str


def frozen(array: np.ndarray) -> np.ndarray:
    """The array, read-only."""
    array = np.asarray(array)
    array.flags.writeable = False
    return array


# From a generator


def spd_matrices(rng: np.random.Generator, n: int, m: int, condition: float) -> np.ndarray:
    """(n, m, m) QΛQᵀ: Q uniform on the orthogonal group, Λ within √condition of 1 either way."""
    q, r = np.linalg.qr(rng.normal(size=(n, m, m)))
    q = q * np.sign(np.einsum("nii->ni", r))[:, None, :]
    matrices = np.einsum("nij,nj,nkj->nik", q, eigenvalues(rng, (n, m), condition), q)
    return (matrices + matrices.swapaxes(1, 2)) / 2


def eigenvalues(rng: np.random.Generator, shape: tuple[int, ...], condition: float) -> np.ndarray:
    """Log-uniform between 1/√condition and √condition; both ends are met where the last axis has two."""
    exponents = rng.uniform(-0.5, 0.5, shape)
    if shape[-1] > 1:
        exponents[..., 0], exponents[..., -1] = -0.5, 0.5
    return condition**exponents


def draw_covariances(
    rng: np.random.Generator, k: int, m: int, condition: float, covariance_type: str
) -> np.ndarray:
    """Covariances in the shape of their type, of the given condition number."""
    match covariance_type:
        case "full":
            return spd_matrices(rng, k, m, condition)
        case "tied":
            return spd_matrices(rng, 1, m, condition)[0]
        case "diag":
            return eigenvalues(rng, (k, m), condition)
        case _:
            return eigenvalues(rng, (k,), condition)


def draw_mixture(
    rng: np.random.Generator, m: int, k: int, condition: float, spread: float, covariance_type: str
) -> Mixture:
    """K Gaussians over M channels: proportions of Dirichlet, means normal with deviation `spread`."""
    covariances = draw_covariances(rng, k, m, condition, covariance_type)
    return Mixture(
        frozen(rng.dirichlet(np.full(k, 3.0))), frozen(rng.normal(0, spread, (k, m))), frozen(covariances)
    )


def draw_pixels(rng: np.random.Generator, mixture: Mixture, n: int, covariance_type: str) -> np.ndarray:
    """(M, N) pixels of a mixture; every class has its share."""
    k, m = mixture.means.shape
    labels = rng.permutation(np.arange(n) % k)
    matrices = gaussian.covariance_matrices(mixture.covariances, covariance_type, k, m)
    factors = np.linalg.cholesky(matrices)[labels]
    return frozen(mixture.means[labels].T + np.einsum("nij,nj->in", factors, rng.normal(size=(n, m))))


def draw_weights(rng: np.random.Generator, shape: tuple[int, ...], kind: str) -> np.ndarray:
    """Sample weights. kind: "ones", "mask" (0 or 1), "integers" (0 … 3) or "reals" (some 0)."""
    inside = rng.random(shape) < 0.8
    inside.flat[: inside.size // 2] = True  # never too few
    weights = {
        "ones": np.ones(shape),
        "mask": inside.astype(float),
        "integers": inside * rng.integers(1, 4, shape).astype(float),
        "reals": inside * rng.uniform(0.2, 3.0, shape),
    }[kind]
    return frozen(weights)


def draw_responsibilities(rng: np.random.Generator, k: int, n: int, sharpness: float = 2.0) -> np.ndarray:
    """(K, N) columns on the simplex."""
    return frozen(simplex(rng.normal(0, sharpness, (k, n))))


def simplex(logits: np.ndarray) -> np.ndarray:
    """Softmax over the first axis."""
    positive = np.exp(logits - logits.max(axis=0))
    return positive / positive.sum(axis=0)


def draw_image(rng: np.random.Generator, m: int, k: int, h: int, w: int, contrast: float = 3.0) -> np.ndarray:
    """(M, H, W): K bands with wobbling borders, of distinct means and deviation about 1."""
    rows = np.arange(h)[:, None] + rng.uniform(0, 1) + rng.normal(0, 0.7, (h, w))
    bands = np.clip(rows * k / (h + 1), 0, k - 1).astype(int)
    means = rng.normal(0, contrast, (m, k))
    return frozen(means[:, bands] + rng.normal(size=(m, h, w)))


def draw_parameters(rng: np.random.Generator, m: int, k: int, config: UNetConfig) -> Tree:
    """A start [U0], perturbed: no bias, scale or shift keeps its trivial value."""
    start = initialization.unet_parameters(m, k, config, seed=int(rng.integers(2**31)))
    return tree_map(lambda leaf: frozen(leaf + rng.normal(0, 0.2, leaf.shape)), start)


# Strategies

conditions = st.floats(1, 50)
spreads = st.floats(1, 5)
weight_kinds = st.sampled_from(("ones", "mask", "integers", "reals"))


@st.composite
def mixtures(draw, covariance_type: str, shape: tuple[int, int] | None = None) -> Mixture:
    """A mixture with π (K,). shape: (M, K), drawn if not given."""
    m, k = shape or draw(shapes)[:2]
    return draw_mixture(draw(generators), m, k, draw(conditions), draw(spreads), covariance_type)


@st.composite
def pixels(draw, shape: tuple[int, int] | None = None) -> np.ndarray:
    """(M, N) correlated pixels. shape: drawn if not given."""
    m, n = shape or draw(shapes)[::2]
    rng = draw(generators)
    return draw_pixels(rng, draw_mixture(rng, m, 2, draw(conditions), draw(spreads), "full"), n, "full")


@st.composite
def responsibilities(draw, k: int, n: int) -> np.ndarray:
    """(K, N), from nearly uniform to nearly binary."""
    return draw_responsibilities(draw(generators), k, n, draw(st.floats(0.1, 8)))


@st.composite
def em_problems(draw, covariance_type: str, weights: str | None = None) -> EmProblem:
    """Pixels of a mixture and a start not far from it. weights: kind, drawn if not given."""
    m, k, n = draw(shapes)
    rng = draw(generators)
    condition, spread = draw(conditions), draw(spreads)
    truth = draw_mixture(rng, m, k, condition, spread, covariance_type)
    drawn = draw_pixels(rng, truth, n, covariance_type)
    start = draw_mixture(rng, m, k, condition, spread, covariance_type)
    start = start._replace(means=frozen(truth.means + rng.normal(0, 0.5, (k, m))))
    w = draw_weights(rng, (n,), weights or draw(weight_kinds))
    return EmProblem(drawn, start, w, frozen(gaussian.variance_floor(drawn, w)), covariance_type)


@st.composite
def images(draw, shape: tuple[int, int, int, int] | None = None) -> tuple[np.ndarray, np.ndarray]:
    """An image (M, H, W) of K bands and weights (H, W)."""
    m, k, h, w = shape or draw(image_shapes)
    rng = draw(generators)
    return draw_image(rng, m, k, h, w), draw_weights(rng, (h, w), draw(weight_kinds))


@st.composite
def networks(draw, m: int, k: int) -> tuple[UNetConfig, Tree]:
    """A tiny U-Net for M channels and K classes."""
    config = draw(configs)
    return config, draw_parameters(draw(generators), m, k, config)


@st.composite
def deep_problems(draw, covariance_type: str) -> DeepProblem:
    """An image, a tiny network and a mixture of the step before."""
    shape = draw(image_shapes)
    m, k = shape[:2]
    image, weights = draw(images(shape))
    config, parameters = draw(networks(m, k))
    flat, w = image.reshape(m, -1), weights.ravel()
    start = draw_mixture(draw(generators), m, k, draw(conditions), 1.0, covariance_type)
    chosen = flat[:, np.linspace(0, flat.shape[1] - 1, k).astype(int)].T
    previous = start._replace(means=frozen(start.means + chosen))
    return DeepProblem(
        image, weights, frozen(gaussian.variance_floor(flat, w)), previous, config, parameters, covariance_type
    )

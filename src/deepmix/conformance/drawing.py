"""Mixtures, pixels, images and parameters drawn from a generator: well-conditioned by construction, read-only."""

import numpy as np

from deepmix.reference.mixtures import gaussian
from deepmix.reference.mixtures.records import Mixture
from deepmix.reference.networks.parameters import unet_parameters
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.trees import tree_map
from deepmix.reference.types import Tree


def frozen(array: np.ndarray) -> np.ndarray:
    """The array, read-only."""
    array = np.asarray(array)
    array.flags.writeable = False
    return array


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
        proportions=frozen(rng.dirichlet(np.full(k, 3.0))),
        means=frozen(rng.normal(0, spread, (k, m))),
        covariances=frozen(covariances),
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
    inside.flat[-1] = inside.size == 1  # some 0
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


def draw_truth(
    rng: np.random.Generator,
    shape: tuple[int, ...],
    k: int,
    known: float,
    n_classes: int | None = None,
    n_axes: int = 2,
) -> np.ndarray:
    """(…, K, *spatial): a class for about `known` of the pixels (…, *spatial), of the first `n_classes` or of all.

    n_axes: of the images, the last ones of the shape.
    """
    axis = -1 - n_axes
    one_hot = np.moveaxis(np.eye(k)[rng.integers(0, n_classes or k, shape)], -1, axis)
    return np.ascontiguousarray(one_hot * np.expand_dims(rng.random(shape) < known, axis))


def draw_image(rng: np.random.Generator, m: int, k: int, *shape: int) -> np.ndarray:
    """(M, *shape): K bands along the first axis, with wobbling borders, of distinct means and deviation 1."""
    h = shape[0]
    rows = np.arange(h).reshape(-1, *[1] * (len(shape) - 1)) + rng.uniform(0, 1) + rng.normal(0, 0.7, shape)
    bands = np.clip(rows * k / (h + 1), 0, k - 1).astype(int)
    means = rng.normal(0, 3.0, (m, k))
    return frozen(means[:, bands] + rng.normal(size=(m, *shape)))


def draw_parameters(rng: np.random.Generator, m: int, k: int, config: UNetConfig) -> Tree:
    """A start [U0], perturbed: no bias, scale or shift keeps its trivial value."""
    start = unet_parameters(m, k, config, seed=int(rng.integers(2**31)))
    return tree_map(lambda leaf: frozen(leaf + rng.normal(0, 0.2, leaf.shape)), start)


def draw_pooling(rng: np.random.Generator, d: int, n_hidden: int, gated: bool) -> Tree:
    """Parameters of `networks.attention.pooling` for elements of length d."""
    shapes = {"hidden": (d, n_hidden), "score": (n_hidden, 1)} | ({"gate": (d, n_hidden)} if gated else {})
    return {name: {"kernel": frozen(rng.normal(size=shape))} for name, shape in shapes.items()}

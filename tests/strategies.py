"""What the tests draw: well-conditioned by construction, in a handful of shapes, read-only.

Hypothesis draws a seed and a few scalars; NumPy makes the arrays from them. Every array is read-only,
so that a function that mutates its arguments fails whatever test calls it.
"""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from deepmix.conformance.drawing import (
    draw_image,
    draw_mixture,
    draw_parameters,
    draw_pixels,
    draw_responsibilities,
    draw_weights,
    frozen,
)
from deepmix.reference.mixtures import gaussian
from deepmix.reference.mixtures.records import COVARIANCE_TYPES, Mixture
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.types import Tree

SHAPES = ((1, 2, 40), (2, 3, 60), (3, 4, 80), (1, 1, 20))  # M, K, N
IMAGE_SHAPES = ((1, 2, 8, 8), (2, 3, 8, 12))  # M, K, H, W
CONFIGS = (UNetConfig(1, 2), UNetConfig(1, 4, 0.2), UNetConfig(2, 2), UNetConfig(2, 3))

shapes = st.sampled_from(SHAPES)
image_shapes = st.sampled_from(IMAGE_SHAPES)
configs = st.sampled_from(CONFIGS)
covariance_types = st.sampled_from(COVARIANCE_TYPES)
generators = st.integers(0, 2**32 - 1).map(np.random.default_rng)


class EmProblem(NamedTuple):
    """What `mixtures.gmm.fit` takes. start: π (K,). weights: (N,), some 0. floor: (M,), as [G3] has it."""

    pixels: np.ndarray
    start: Mixture
    weights: np.ndarray
    floor: np.ndarray
    covariance_type: str


class FuzzyProblem(NamedTuple):
    """What `mixtures.fcm.fit` takes. start: memberships (K, N). weights: (N,), some 0. fuzzifier: m."""

    pixels: np.ndarray
    start: np.ndarray
    weights: np.ndarray
    fuzzifier: float


class FieldProblem(NamedTuple):
    """What `mixtures.hmrf.fit` takes. image: (M, *spatial). start: π (K,). mask: (*spatial), some 0. beta: β."""

    image: np.ndarray
    start: Mixture
    mask: np.ndarray
    beta: float
    diagonals: bool
    covariance_type: str


class DeepProblem(NamedTuple):
    """What `deep_mixtures.one_image.loss` takes. weights: (H, W), some 0. previous: a mixture with π (K,)."""

    image: np.ndarray
    weights: np.ndarray
    floor: np.ndarray
    previous: Mixture
    config: UNetConfig
    parameters: Tree
    covariance_type: str


class KnownTruth(NamedTuple):
    """What the losses take. proportions, truth: (K, H, W), K = 3. mask: (H, W), some 0."""

    proportions: np.ndarray
    truth: np.ndarray
    mask: np.ndarray


# Every loss, without and with its options; in float32 and float64 the same numbers.
CLASS_WEIGHTS = frozen(np.array([0.5, 2.5, 1.125]))
LOSSES = (
    ("cross_entropy", {}),
    ("cross_entropy", {"class_weights": CLASS_WEIGHTS}),
    ("cross_entropy", {"reduction": "sum"}),
    ("top_k_cross_entropy", {"threshold": 0.5}),
    ("top_k_cross_entropy", {"threshold": 0.375, "class_weights": CLASS_WEIGHTS, "reduction": "sum"}),
    ("focal", {}),
    ("focal", {"gamma": 0.5, "class_weights": CLASS_WEIGHTS}),
    ("focal", {"gamma": 3.0, "reduction": "sum"}),
    ("tversky", {"alpha": 0.25, "beta": 0.75}),
    ("tversky", {"alpha": 1.0, "beta": 0.0, "smooth": 2.0, "include_background": False, "reduction": "sum"}),
    ("soft_dice", {}),
    ("soft_dice", {"smooth": 1.0, "include_background": False}),
    ("soft_iou", {}),
    ("soft_iou", {"smooth": 1.0, "reduction": "sum"}),
    ("generalised_dice", {}),
    ("generalised_dice", {"include_background": False}),
    ("hausdorff", {}),
    ("hausdorff", {"include_background": False}),
)


# Strategies

conditions = st.floats(1, 50)
spreads = st.floats(1, 5)
fuzzifiers = st.floats(1.2, 4)
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
def fuzzy_problems(draw, weights: str | None = None) -> FuzzyProblem:
    """Pixels of a mixture and memberships, not near any. weights: kind, drawn if not given."""
    m, k, n = draw(shapes)
    rng = draw(generators)
    truth = draw_mixture(rng, m, k, draw(conditions), draw(spreads), "diag")
    drawn, start = draw_pixels(rng, truth, n, "diag"), draw_responsibilities(rng, k, n)
    return FuzzyProblem(drawn, start, draw_weights(rng, (n,), weights or draw(weight_kinds)), draw(fuzzifiers))


@st.composite
def field_problems(draw, weights: str | None = None) -> FieldProblem:
    """An image or a volume and a mixture near some of its pixels. weights: kind, drawn if not given."""
    m, k, shape = draw(st.sampled_from(((1, 2, (8, 8)), (2, 3, (7, 9)), (1, 3, (4, 5, 3)))))
    rng, kind = draw(generators), draw(covariance_types)
    image = draw_image(rng, m, k, shape[0], int(np.prod(shape[1:]))).reshape(m, *shape)
    start = draw_mixture(rng, m, k, draw(conditions), 1.0, kind)
    chosen = image.reshape(m, -1)[:, rng.permutation(image[0].size)[:k]].T
    start = start._replace(means=frozen(start.means + chosen))
    mask = draw_weights(rng, shape, weights or draw(weight_kinds))
    return FieldProblem(frozen(image), start, mask, draw(st.floats(0, 2)), draw(st.booleans()), kind)


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


@st.composite
def known_truths(draw, known: float | None = None) -> KnownTruth:
    """Proportions, none of them 0, and a truth; now and then without the last class.

    known: the part of the pixels whose truth is known; drawn, from none to all, if not given.
    """
    rng = draw(generators)
    known = draw(st.sampled_from((0.0, 0.5, 1.0))) if known is None else known
    one_hot = np.moveaxis(np.eye(3)[rng.integers(0, draw(st.sampled_from((2, 3))), (6, 8))], -1, 0)
    proportions = 0.02 + 0.94 * rng.dirichlet(np.ones(3), (6, 8)).transpose(2, 0, 1)
    mask = draw_weights(rng, (6, 8), draw(weight_kinds))
    return KnownTruth(frozen(proportions), frozen(one_hot * (rng.random((6, 8)) < known)), mask)


@st.composite
def masks(draw) -> np.ndarray:
    """A bool mask of an image or a volume; now and then all or nothing."""
    shape = draw(st.sampled_from(((6, 7), (1, 9), (3, 4, 5))))
    return frozen(draw(generators).random(shape) < draw(st.sampled_from((0.0, 0.3, 0.9, 1.0))))

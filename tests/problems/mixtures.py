"""Pixels, images, mixtures and memberships for the algorithms of `mixtures`."""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from deepmix.conformance.drawing import (
    draw_image,
    draw_mixture,
    draw_pixels,
    draw_responsibilities,
    draw_weights,
    frozen,
)
from deepmix.conformance.drawing_families import draw_of_family, draw_values
from deepmix.reference.mixtures import families, gaussian
from deepmix.reference.mixtures.checks import CLASS_SIZES
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.reference.mixtures.records import AnyMixture, Mixture
from tests.problems.drawn import generators, weight_kinds

SHAPES = ((1, 2, 40), (2, 3, 60), (3, 4, 80), (1, 1, 20))  # M, K, N
FAMILY_SHAPES = ((2, 3, 60), (1, 2, 40))  # M, K, N; few, as every one compiles anew for every family
FIELD_SHAPES = ((1, 2, (8, 8)), (2, 3, (7, 9)), (1, 3, (4, 5, 3)))  # M, K and the grid

shapes = st.sampled_from(SHAPES)
covariance_types = st.sampled_from(COVARIANCE_TYPES)
conditions = st.floats(1, 50)
spreads = st.floats(1, 5)
fuzzifiers = st.floats(1.2, 4)
# A family and a covariance type: what differs in how it is computed.
FAMILY_KINDS = (
    ("student", "full"),
    ("student", "diag"),
    ("student_shared", "tied"),
    ("student_fixed", "spherical"),
    ("rician", "diag"),
    ("rician_each", "diag"),
    ("gamma", "diag"),
    ("gamma_fixed", "diag"),
    ("lognormal", "full"),
    ("poisson", "diag"),
)


class EmProblem(NamedTuple):
    """What `mixtures.gmm.fit` takes. start: π (K,). weights: (N,), some 0. floor: (M,), as [G3] has it."""

    pixels: np.ndarray
    start: Mixture
    weights: np.ndarray
    floor: np.ndarray
    covariance_type: str


class FamilyProblem(NamedTuple):
    """An `EmProblem` of a family."""

    pixels: np.ndarray
    start: AnyMixture
    weights: np.ndarray
    floor: np.ndarray
    covariance_type: str
    family: str

    @property
    def words(self) -> tuple[str, str]:
        """The last arguments of what knows families."""
        return self.covariance_type, self.family


class FuzzyProblem(NamedTuple):
    """What `mixtures.fcm.fit` takes. start: memberships (K, N). weights: (N,), some 0. fuzzifier: m."""

    pixels: np.ndarray
    start: np.ndarray
    weights: np.ndarray
    fuzzifier: float


class FieldProblem(NamedTuple):
    """What `mixtures.hmrf.fit` takes. image: (M, *spatial). start: π (K,). mask: (*spatial), some 0. beta: β.

    class_sizes: "equal" or "free".
    """

    image: np.ndarray
    start: Mixture
    mask: np.ndarray
    beta: float
    diagonals: bool
    covariance_type: str
    class_sizes: str


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
def em_problems(
    draw, covariance_type: str, weights: str | None = None, shape: tuple[int, int, int] | None = None
) -> EmProblem:
    """Pixels of a mixture and a start not far from it. weights: kind; shape: M, K, N; drawn if not given."""
    m, k, n = shape or draw(shapes)
    rng = draw(generators)
    condition, spread = draw(conditions), draw(spreads)
    truth = draw_mixture(rng, m, k, condition, spread, covariance_type)
    drawn = draw_pixels(rng, truth, n, covariance_type)
    start = draw_mixture(rng, m, k, condition, spread, covariance_type)
    start = start._replace(means=frozen(truth.means + rng.normal(0, 0.5, (k, m))))
    w = draw_weights(rng, (n,), weights or draw(weight_kinds))
    return EmProblem(drawn, start, w, frozen(gaussian.variance_floor(drawn, w)), covariance_type)


@st.composite
def family_problems(
    draw, family: str, covariance_type: str, weights: str | None = None, shape: tuple[int, int, int] | None = None
) -> FamilyProblem:
    """Pixels of a mixture of a family and a start. weights: kind; shape: M, K, N; drawn if not given."""
    m, k, n = shape or draw(st.sampled_from(FAMILY_SHAPES))
    rng = draw(generators)
    truth, start = (draw_of_family(rng, family, m, k, covariance_type) for _ in range(2))
    drawn = draw_values(rng, family, truth, n, covariance_type)
    w = draw_weights(rng, (n,), weights or draw(weight_kinds))
    floor = frozen(families.floor(drawn, w, family))
    return FamilyProblem(
        pixels=drawn, start=start, weights=w, floor=floor, covariance_type=covariance_type, family=family
    )


@st.composite
def fuzzy_problems(draw, weights: str | None = None, shape: tuple[int, int, int] | None = None) -> FuzzyProblem:
    """Pixels of a mixture and memberships, not near any. weights: kind; shape: M, K, N; drawn if not given."""
    m, k, n = shape or draw(shapes)
    rng = draw(generators)
    truth = draw_mixture(rng, m, k, draw(conditions), draw(spreads), "diag")
    drawn, start = draw_pixels(rng, truth, n, "diag"), draw_responsibilities(rng, k, n)
    return FuzzyProblem(drawn, start, draw_weights(rng, (n,), weights or draw(weight_kinds)), draw(fuzzifiers))


@st.composite
def field_problems(
    draw,
    covariance_type: str | None = None,
    weights: str | None = None,
    shape: tuple[int, int, tuple[int, ...]] | None = None,
) -> FieldProblem:
    """An image or a volume and a mixture near some of its pixels. What is not given is drawn.

    weights: kind. shape: M, K and the grid.
    """
    m, k, grid = shape or draw(st.sampled_from(FIELD_SHAPES))
    rng, kind = draw(generators), covariance_type or draw(covariance_types)
    image = draw_image(rng, m, k, grid[0], int(np.prod(grid[1:]))).reshape(m, *grid)
    start = draw_mixture(rng, m, k, draw(conditions), 1.0, kind)
    chosen = image.reshape(m, -1)[:, rng.permutation(image[0].size)[:k]].T
    start = start._replace(means=frozen(start.means + chosen))
    mask = draw_weights(rng, grid, weights or draw(weight_kinds))
    beta, diagonals, sizes = draw(st.floats(0, 2)), draw(st.booleans()), draw(st.sampled_from(CLASS_SIZES))
    return FieldProblem(frozen(image), start, mask, beta, diagonals, kind, sizes)


def external_fields(k: int) -> st.SearchStrategy[np.ndarray]:
    """α (K,) of a hidden Markov field."""
    return generators.map(lambda rng: frozen(rng.normal(0, 1, k)))

"""Laws of the starts: for the mixtures, and for the network [U0]."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from deepmix.reference.mixtures import gaussian, gmm, initialization
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.reference.networks.parameters import unet_parameters
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.trees import leaves
from tests import problems
from tests.laws.helpers import FEW_STEPS, close, flat

every_type = pytest.mark.parametrize("kind", COVARIANCE_TYPES)
drawing = pytest.mark.parametrize("name", ["random_responsibilities", "kmeans"])
NAMES = ("random_responsibilities", "kmeans", "from_labels", "from_means")


def labels_of(problem) -> np.ndarray:
    """Some labels 0 … K−1 for the pixels of a problem, no class empty."""
    return np.arange(len(problem.weights)) % len(problem.start.means)


def candidates(k: int) -> int:
    """How many candidates greedy k-means++ draws for a centre."""
    return 2 + int(np.log(k))


def start(name, problem, pixels=None, weights=None, **options):
    """A start by the initialiser's name; `pixels` and `weights` of the problem unless given."""
    pixels = problem.pixels if pixels is None else pixels
    weights = problem.weights if weights is None else weights
    options = {"covariance_type": problem.covariance_type} | options
    k = len(problem.start.means)
    match name:
        case "from_means":
            return initialization.from_means(pixels, problem.start.means, weights, **options)
        case "from_labels":
            return initialization.from_labels(pixels, labels_of(problem), k, weights, **options)
        case _:
            return getattr(initialization, name)(pixels, k, weights, **options)


@pytest.mark.parametrize("name", NAMES)
@every_type
@given(data=st.data(), seed=st.integers(0, 99))
def test_every_start_is_a_valid_mixture(name, kind, data, seed):
    problem = data.draw(problems.mixtures.em_problems(kind))
    options = {"seed": seed} if name in ("random_responsibilities", "kmeans") else {}
    mixture = start(name, problem, **options)
    assert [np.shape(a) for a in mixture] == [np.shape(a) for a in problem.start]
    assert all(np.isfinite(a).all() for a in mixture)
    assert (mixture.proportions >= 0).all()
    np.testing.assert_allclose(mixture.proportions.sum(), 1, rtol=1e-12)
    matrices = gaussian.covariance_matrices(mixture.covariances, kind, *mixture.means.shape)
    assert (np.linalg.eigvalsh(matrices) > 0).all()
    fitted = gmm.fit(problem.pixels, mixture, problem.weights, covariance_type=kind)
    assert np.isfinite(fitted.value)


@drawing
@given(data=st.data(), seed=st.integers(0, 99))
def test_a_seed_stands_for_its_uniforms(name, data, seed):
    problem = data.draw(problems.mixtures.em_problems("diag"))
    k, n = len(problem.start.means), len(problem.weights)
    shape = (k, candidates(k)) if name == "kmeans" else (k, n)
    drawn = np.random.default_rng(seed).random(shape)
    by_uniforms = start(name, problem, uniforms=drawn)
    close(start(name, problem, seed=seed), by_uniforms, 0)
    if name == "random_responsibilities":
        r = drawn / drawn.sum(axis=0)
        close(by_uniforms.means, (r * problem.weights) @ problem.pixels.T / (r @ problem.weights)[:, None], 1e-9)
    with pytest.raises(ValueError, match="uniforms must have the shape"):
        start(name, problem, uniforms=np.zeros((k, n + 1)))


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data(), junk=st.sampled_from((1e6, np.nan, np.inf)), u=st.sampled_from((0.0, 0.5, 1 - 2**-53)))
def test_pixels_of_weight_0_neither_count_nor_are_chosen(name, data, junk, u):
    """The junk stands before, between and behind the pixels that count; u reaches both ends of k-means++."""
    problem = data.draw(problems.mixtures.em_problems("diag", weights="mask"))
    k, n = len(problem.start.means), len(problem.weights)
    weights = np.array(problem.weights)
    weights[[0, n // 2, -1]] = 0
    inside = weights > 0
    soiled = np.where(inside, problem.pixels, junk)
    options, kept = {}, {}
    if name == "kmeans":
        options = kept = {"uniforms": np.full((k, candidates(k)), u)}
    if name == "random_responsibilities":
        uniforms = data.draw(problems.generators).random((k, n))
        options, kept = {"uniforms": uniforms}, {"uniforms": uniforms[:, inside]}
    dirty = start(name, problem, soiled, weights, **options)
    if name == "from_labels":
        clean = initialization.from_labels(problem.pixels[:, inside], labels_of(problem)[inside], k)
    else:
        clean = start(name, problem, problem.pixels[:, inside], np.ones(inside.sum()), **kept)
    close(dirty, clean)


@pytest.mark.parametrize("name", NAMES)
@every_type
@given(data=st.data())
def test_scaling_and_shifting_the_channels_moves_the_start_with_them(name, kind, data):
    """Distances are measured in each channel's deviation: no unit decides which centre is nearest."""
    problem = data.draw(problems.mixtures.em_problems(kind))
    rng = data.draw(problems.generators)
    m = len(problem.pixels)
    scale = rng.choice([-1, 1], m) * 10 ** rng.uniform(-2, 2, m)
    shift = scale * rng.normal(0, 3, m)
    moved = problem._replace(
        pixels=problem.pixels * scale[:, None] + shift[:, None],
        start=problem.start._replace(means=problem.start.means * scale + shift),
    )
    one, other = start(name, problem), start(name, moved)
    close(other.proportions, one.proportions)
    close((other.means - shift) / scale, one.means, FEW_STEPS)
    if kind != "spherical":
        factor = scale**2 if kind == "diag" else np.outer(scale, scale)
        close(other.covariances / factor, one.covariances, FEW_STEPS)


@given(data=st.data(), seed=st.integers(0, 99))
def test_integer_weights_are_copies_to_kmeans(data, seed):
    problem = data.draw(problems.mixtures.em_problems("full", weights="integers"))
    copies = problem.weights.astype(int)
    k = len(problem.start.means)
    one = initialization.kmeans(problem.pixels, k, problem.weights, seed=seed)
    other = initialization.kmeans(problem.pixels.repeat(copies, axis=1), k, seed=seed)
    close(other, one, FEW_STEPS)


@given(data=st.data(), seed=st.integers(0, 99))
def test_kmeans_ends_where_every_pixel_is_nearest_to_its_own_mean(data, seed):
    problem = data.draw(problems.mixtures.em_problems("diag"))
    k, pixels, w = len(problem.start.means), problem.pixels, problem.weights
    means = initialization.kmeans(pixels, k, w, seed=seed).means
    average = np.average(pixels, axis=1, weights=w)
    deviation = np.sqrt(np.average((pixels - average[:, None]) ** 2, axis=1, weights=w))
    distances = (((pixels[None] - means[:, :, None]) / deviation[:, None]) ** 2).sum(axis=1)
    nearest = distances.argmin(axis=0)
    for c in range(k):
        close(means[c], np.average(pixels, axis=1, weights=w * (nearest == c)), 1e-9)


def test_kmeans_draws_by_the_squared_distance():
    """Points 0, 1 and 3, the first drawn 0: the ladder of the others is 0, 1, 10, and 0.2 of it lies on 3."""
    points = np.array([[0.0, 1, 3]])
    for u, proportions in ((0.05, [1 / 3, 2 / 3]), (0.2, [2 / 3, 1 / 3])):
        mixture = initialization.kmeans(points, 2, uniforms=np.array([[0, 0], [u, u]]), max_iter=1)
        np.testing.assert_allclose(mixture.proportions, proportions)
    uniforms = np.array([[0, 0], [0.4, 0.4]])
    weighted = initialization.kmeans(points, 2, [1, 9, 1], uniforms=uniforms, max_iter=1)
    np.testing.assert_allclose(weighted.proportions, [1 / 11, 10 / 11])  # ladder 0, 9, 18: on 1


def test_kmeans_finds_clusters_twenty_deviations_apart():
    """Plain k-means++ puts two centres in one of these for one seed in ten."""
    rng = np.random.default_rng(0)
    pixels = np.concatenate([rng.normal(mean, 1, (2, 50)) for mean in (0, 20, 40)], axis=1)
    for seed in range(30):
        np.testing.assert_allclose(initialization.kmeans(pixels, 3, seed=seed).proportions, 1 / 3)


def test_kmeans_takes_the_best_candidate():
    """Of the candidates 1 and 9 beside the centre 0, 9 leaves less."""
    uniforms = np.array([[0, 0], [0.01, 0.99]])
    mixture = initialization.kmeans(np.array([[0.0, 1, 9]]), 2, uniforms=uniforms, max_iter=1)
    np.testing.assert_allclose(np.sort(mixture.proportions), [1 / 3, 2 / 3])
    np.testing.assert_allclose(np.sort(mixture.means[:, 0]), [0.5, 9])


@pytest.mark.parametrize("name", ["kmeans", "from_means"])
@pytest.mark.filterwarnings("ignore:channel 1 is constant")
def test_g3_a_constant_channel_assigns_no_pixel(name):
    """Inside the mask it standardises to 0: the starts are those of the other channel alone.

    Whatever the constant (0.1 is no multiple of a power of 2: its mean is rounded), whatever the given
    means say of it, whatever lies outside the mask.
    """
    rng = np.random.default_rng(4)
    varying, weights = rng.normal(size=(1, 60)) + 6 * (np.arange(60) % 2), np.ones(60)
    weights[[7, 30]] = 0
    means = np.array([[0.0, 50.0], [6.0, 0.0]])
    for constant in (0.0, 0.1, 0.7, 1e3 / 3):
        pixels = np.vstack([varying, np.where(weights > 0, constant, 9)])
        if name == "kmeans":
            start, alone = (initialization.kmeans(x, 2, weights, seed=0) for x in (pixels, varying))
        else:
            start = initialization.from_means(pixels, means + np.array([0, constant]), weights)
            alone = initialization.from_means(varying, means[:, :1], weights)
        close(start.proportions, alone.proportions)
        close(start.means[:, :1], alone.means)
        close(start.covariances[:, :1], alone.covariances)


@every_type
@given(data=st.data())
def test_from_means_keeps_the_means_and_counts_the_nearest_pixels(kind, data):
    problem = data.draw(problems.mixtures.em_problems(kind))
    pixels, w, means = problem.pixels, problem.weights, problem.start.means
    mixture = initialization.from_means(pixels, means, w, covariance_type=kind)
    np.testing.assert_array_equal(mixture.means, means)
    average = np.average(pixels, axis=1, weights=w)
    deviation = np.sqrt(np.average((pixels - average[:, None]) ** 2, axis=1, weights=w))
    nearest = (((pixels[None] - means[:, :, None]) / deviation[:, None]) ** 2).sum(axis=1).argmin(axis=0)
    assigned = initialization.from_labels(pixels, nearest, len(means), w, covariance_type=kind)
    close(mixture.proportions, assigned.proportions)
    close(mixture.covariances, assigned.covariances)


@every_type
@given(data=st.data())
def test_from_labels_has_the_moments_of_each_class(kind, data):
    problem = data.draw(problems.mixtures.em_problems(kind))
    k, labels = len(problem.start.means), labels_of(problem)
    mixture = initialization.from_labels(problem.pixels, labels, k, problem.weights, covariance_type=kind)
    matrices = gaussian.covariance_matrices(mixture.covariances, kind, *mixture.means.shape)
    for c in range(k):
        w = problem.weights * (labels == c)
        assert w.sum() > 0
        close(mixture.proportions[c], w.sum() / problem.weights.sum())
        close(mixture.means[c], np.average(problem.pixels, axis=1, weights=w))
        if kind == "full":
            scatter = np.atleast_2d(np.cov(problem.pixels, aweights=w, ddof=0))
            close(matrices[c], scatter + np.diag(problem.floor), 1e-10)


@every_type
@given(data=st.data())
def test_g3_a_label_that_nobody_has_gets_the_global_moments_and_proportion_0(kind, data):
    problem = data.draw(problems.mixtures.em_problems(kind))
    k, labels = len(problem.start.means) + 1, labels_of(problem)
    assume(problem.weights.sum() > 0)
    mixture = initialization.from_labels(problem.pixels, labels, k, problem.weights, covariance_type=kind)
    everything = gaussian.global_mixture(problem.pixels, problem.weights, problem.floor, k, kind)
    assert mixture.proportions[-1] == 0
    close(mixture.means[-1], everything.means[-1])
    if kind != "tied":
        close(mixture.covariances[-1], everything.covariances[-1])


@given(data=st.data())
def test_labels_outside_the_mask_may_be_anything(data):
    problem = data.draw(problems.mixtures.em_problems("diag", weights="mask"))
    k, labels = len(problem.start.means), labels_of(problem)
    strange = np.where(problem.weights > 0, labels, -1)
    one = initialization.from_labels(problem.pixels, labels, k, problem.weights)
    close(initialization.from_labels(problem.pixels, strange, k, problem.weights), one, 0)


def test_fewer_distinct_pixels_than_classes_still_start():
    pixels = np.array([[0.0, 0, 0, 1, 1, 1]])
    mixture = initialization.kmeans(pixels, 4)
    np.testing.assert_allclose(mixture.proportions.sum(), 1)
    assert (mixture.covariances > 0).all()


# The network


def test_u_has_7239428_parameters_as_published():
    """[U1]."""
    assert sum(leaf.size for leaf in leaves(unet_parameters(3, 4))) == 7_239_428


@given(config=problems.networks.configs, shape=problems.deep_mixtures.image_shapes, seed=st.integers(0, 99))
def test_u0_bounds_scale_and_shift(config, shape, seed):
    """Uniform on ±1/√fan_in, fan_in that of the layer's kernel, for the bias too."""
    tree = unet_parameters(*shape[:2], config, seed=seed)
    for branch in tree.values():
        for name, layer in (branch if "conv_0" in branch else {"conv": branch}).items():
            if name == "norm":
                assert (layer["scale"] == 1).all()
                assert (layer["shift"] == 0).all()
                continue
            bound = 1 / np.sqrt(np.prod(layer["kernel"].shape[:3]))
            assert all(np.abs(leaf).max() <= bound for leaf in layer.values())
            if layer["kernel"].size > 100:  # P(no weight above 0.9 of the bound) < 0.9^100 < 3e-5 … of either sign
                assert layer["kernel"].max() > 0.8 * bound
                assert layer["kernel"].min() < -0.8 * bound


def test_u0_a_seed_stands_for_its_uniforms():
    config = UNetConfig(depth=2, filters=3)
    tree = unet_parameters(2, 3, config, seed=7)
    norms = sum(2 * branch["norm"]["scale"].size for branch in tree.values() if "norm" in branch)
    drawn = np.random.default_rng(7).random(flat(tree).size - norms)
    np.testing.assert_array_equal(flat(unet_parameters(2, 3, config, uniforms=drawn)), flat(tree))
    assert (flat(unet_parameters(2, 3, config, seed=8)) != flat(tree)).mean() > 0.9
    with pytest.raises(ValueError, match="uniforms must have the shape"):
        unet_parameters(2, 3, config, uniforms=drawn[1:])

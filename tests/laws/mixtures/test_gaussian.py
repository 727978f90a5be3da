"""Laws of densities and weighted moments [G]."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.conformance import drawing
from deepmix.reference.mixtures import gaussian
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.reference.mixtures.records import Mixture
from tests import problems
from tests.laws.helpers import ONE_STEP, check_gradient, close, inner

every_type = pytest.mark.parametrize("kind", COVARIANCE_TYPES)


def moments_of(problem, r, weights=None, floor=None):
    """Moments [G2] of a drawn problem under responsibilities r."""
    weights = problem.weights if weights is None else weights
    floor = problem.floor if floor is None else floor
    return gaussian.moments(problem.pixels, r, weights, floor, problem.start, problem.covariance_type)


def transformed(covariances, kind, scale):
    """Σ after the channels are scaled by `scale` (M,); by one number where spherical."""
    match kind:
        case "diag":
            return covariances * scale**2
        case "spherical":
            return covariances * scale[0] ** 2
        case _:
            return covariances * np.outer(scale, scale)


@every_type
@given(data=st.data())
def test_g1_moves_with_the_channels(kind, data):
    """N(Sx + b | Sμ + b, SΣS) = N(x | μ, Σ) / |det S|."""
    problem = data.draw(problems.mixtures.em_problems(kind))
    rng = data.draw(problems.generators)
    m = len(problem.pixels)
    scale = rng.choice([-1, 1], m) * 10 ** rng.uniform(-2, 2, m)
    scale = np.full(m, scale[0]) if kind == "spherical" else scale
    shift = rng.normal(0, 3, m)
    before = gaussian.log_density(problem.pixels, problem.start.means, problem.start.covariances, kind)
    after = gaussian.log_density(
        problem.pixels * scale[:, None] + shift[:, None],
        problem.start.means * scale + shift,
        transformed(problem.start.covariances, kind, scale),
        kind,
    )
    # x·s + b is rounded to u|b| at worst: u|b|/(|s|σ) ≤ 1e-16·10·100·7 of a deviation
    close(after, before - np.log(np.abs(scale)).sum(), rtol=1e-10)


@given(data=st.data())
def test_g1_covariance_types_agree_where_they_meet(data):
    problem = data.draw(problems.mixtures.em_problems("spherical"))
    k, m = problem.start.means.shape
    variances = problem.start.covariances
    spherical = gaussian.log_density(problem.pixels, problem.start.means, variances, "spherical")
    diag = gaussian.log_density(problem.pixels, problem.start.means, np.repeat(variances[:, None], m, 1), "diag")
    full = gaussian.log_density(problem.pixels, problem.start.means, variances[:, None, None] * np.eye(m), "full")
    close(diag, spherical)
    close(full, spherical)
    tied = gaussian.log_density(problem.pixels, problem.start.means, variances[0] * np.eye(m), "tied")
    one = gaussian.log_density(problem.pixels, problem.start.means, np.full(k, variances[0]), "spherical")
    close(tied, one)


def test_g1_a_covariance_that_is_not_positive_definite_spoils_its_class_alone():
    covariances = np.array([[[1.0, 0], [0, 1]], [[1, 2], [2, 1]]])
    density = gaussian.log_density(np.zeros((2, 3)), np.zeros((2, 2)), covariances, "full")
    assert np.isfinite(density[0]).all()
    assert np.isnan(density[1]).all()


@given(data=st.data())
def test_g1_posterior_is_on_the_simplex_however_far_the_pixel(data):
    """In logs: a pixel 10⁵ deviations away, whose every density underflows, has a posterior all the same."""
    problem = data.draw(problems.mixtures.em_problems("full"))
    distance = data.draw(st.sampled_from((0, 1e2, 1e5)))
    densities = gaussian.log_density(
        problem.pixels + distance, problem.start.means, problem.start.covariances, "full"
    )
    log_proportions = np.log(problem.start.proportions)[:, None]
    gamma, log_likelihood = gaussian.posterior(log_proportions, densities)
    assert np.isfinite(log_likelihood).all()
    assert (gamma >= 0).all()
    # exp(l − Σ) for l of size |Σ| is off by 2u|Σ|
    np.testing.assert_allclose(gamma.sum(axis=0), 1, atol=1e-15 * (8 + np.abs(log_likelihood).max()))
    shifted, moved = gaussian.posterior(log_proportions, densities + 7)
    np.testing.assert_allclose(moved, log_likelihood + 7, rtol=1e-14, atol=1e-14)
    np.testing.assert_allclose(shifted, gamma, atol=1e-15 * (16 + 2 * np.abs(log_likelihood).max()))


@every_type
@given(data=st.data())
def test_g2_weights_count_relative_to_each_other(kind, data):
    """Scaling all weights scales n_k and leaves μ, Σ."""
    problem = data.draw(problems.mixtures.em_problems(kind))
    r = data.draw(problems.mixtures.responsibilities(len(problem.start.means), len(problem.weights)))
    one, other = moments_of(problem, r), moments_of(problem, r, problem.weights * 3.7)
    close(other.counts, one.counts * 3.7)
    close(other[1:3], one[1:3])


@given(data=st.data())
def test_g2_types_are_views_of_full(data):
    """Diagonal: the diagonal. Spherical: its mean. Tied: the mean by counts."""
    problem = data.draw(problems.mixtures.em_problems("full"))
    r = data.draw(problems.mixtures.responsibilities(len(problem.start.means), len(problem.weights)))
    full = moments_of(problem, r)
    others = {}
    for kind in ("diag", "spherical", "tied"):
        start = problem.start._replace(covariances=data.draw(problems.mixtures.mixtures(kind, (1, 1))).covariances)
        others[kind] = moments_of(problem._replace(start=start, covariance_type=kind), r)
        close(others[kind].means, full.means)
    diagonal = np.einsum("kii->ki", full.covariances)
    close(others["diag"].covariances, diagonal)
    close(others["spherical"].covariances, diagonal.mean(axis=1))
    close(others["tied"].covariances, np.average(full.covariances, axis=0, weights=full.counts))


@given(data=st.data())
def test_g2_one_class_has_the_moments_of_the_pixels(data):
    problem = data.draw(problems.mixtures.em_problems("full", weights="integers"))
    k = len(problem.start.means)
    found = moments_of(problem, np.ones((k, len(problem.weights))))
    covariance = np.cov(problem.pixels, fweights=problem.weights.astype(int), ddof=0)
    close(found.means[0], np.average(problem.pixels, axis=1, weights=problem.weights))
    close(found.covariances[-1], np.atleast_2d(covariance) + np.diag(problem.floor))


@every_type
@given(data=st.data())
def test_g2_is_two_pass(kind, data):
    """An offset of 10⁶ deviations costs the pixels 10⁻¹⁰ of one; E[x²] − E[x]² would lose all but 10⁻⁴."""
    problem = data.draw(problems.mixtures.em_problems(kind))
    r = data.draw(problems.mixtures.responsibilities(len(problem.start.means), len(problem.weights)))
    near = moments_of(problem, r)
    far = moments_of(problem._replace(pixels=problem.pixels + 1e6), r)
    close(far.covariances, near.covariances, rtol=1e-8)
    close(far.means, near.means + 1e6, rtol=1e-14)


@every_type
@given(data=st.data())
def test_g2_integer_weights_are_copies(kind, data):
    problem = data.draw(problems.mixtures.em_problems(kind, weights="integers"))
    r = data.draw(problems.mixtures.responsibilities(len(problem.start.means), len(problem.weights)))
    copies = problem.weights.astype(int)
    repeated = problem._replace(pixels=problem.pixels.repeat(copies, axis=1), weights=np.ones(copies.sum()))
    close(moments_of(repeated, r.repeat(copies, axis=1))[:3], moments_of(problem, r)[:3])
    close(gaussian.variance_floor(repeated.pixels, repeated.weights), problem.floor)


@every_type
@given(data=st.data())
def test_g3_an_empty_class_keeps_its_moments_and_is_named(kind, data):
    problem = data.draw(problems.mixtures.em_problems(kind))
    k, n = len(problem.start.means), len(problem.weights)
    r = drawing.draw_responsibilities(data.draw(problems.generators), k + 1, n).copy()
    r[k] = 0
    outside = problem.weights == 0
    r[k, outside] = 1  # pixels that do not count fill no class
    means = np.vstack([problem.start.means, problem.start.means[:1] + 9])
    covariances = problem.start.covariances
    covariances = covariances if kind == "tied" else np.concatenate([covariances, covariances[:1] * 5])
    more = problem._replace(
        start=Mixture(proportions=np.full(k + 1, 1 / (k + 1)), means=means, covariances=covariances)
    )
    with_empty, without = moments_of(more, r), moments_of(problem, r[:k])
    np.testing.assert_array_equal(with_empty.degenerate, [False] * k + [True])
    np.testing.assert_array_equal(with_empty.means[k], means[k])
    if kind == "tied":
        close(with_empty.covariances, without.covariances)
    else:
        np.testing.assert_array_equal(with_empty.covariances[k], covariances[k])
        close(with_empty.covariances[:k], without.covariances)


def test_g3_floor_is_a_millionth_of_the_variance_and_1e12_for_a_constant_channel():
    """However small the variance: the floor is relative. Constant means so inside, whatever lies outside."""
    varying = np.array([1.0, 3, 1, 3, 100])
    pixels = np.stack([varying, 1e-5 * varying, [5, 5, 5, 5, 0], [0.1, 0.1, 0.1, 0.1, 7]])
    floor = gaussian.variance_floor(pixels, np.array([1.0, 1, 2, 2, 0]))
    np.testing.assert_allclose(floor, [1e-6, 1e-16, 1e-12, 1e-12], rtol=1e-9)


@every_type
def test_g3_floor_is_added_to_the_diagonal(kind):
    rng = np.random.default_rng(0)
    pixels, r, w = rng.normal(size=(3, 30)), drawing.draw_responsibilities(rng, 2, 30), np.ones(30)
    start = drawing.draw_mixture(rng, 3, 2, 2.0, 1.0, kind)
    with_floor, without = (
        gaussian.moments(pixels, r, w, floor, start, kind).covariances
        for floor in (np.array([0.5, 1.0, 3.0]), np.zeros(3))
    )
    added = {
        "diag": [0.5, 1, 3],
        "spherical": 1.5,
        "tied": np.diag([0.5, 1, 3]),
        "full": np.diag([0.5, 1, 3]),
    }
    np.testing.assert_allclose(with_floor - without, np.broadcast_to(added[kind], without.shape), atol=1e-14)


@every_type
@given(data=st.data())
def test_g3_global_mixture_is_k_times_the_moments_of_everything(kind, data):
    problem = data.draw(problems.mixtures.em_problems(kind))
    k, m = problem.start.means.shape
    found = gaussian.global_mixture(problem.pixels, problem.weights, problem.floor, k, kind)
    assert [np.shape(a) for a in found] == [np.shape(a) for a in problem.start]
    close(found.means, np.tile(np.average(problem.pixels, axis=1, weights=problem.weights), (k, 1)))
    matrices = gaussian.covariance_matrices(found.covariances, kind, k, m)
    deviation = problem.pixels - found.means[0][:, None]
    scatter = problem.weights * deviation @ deviation.T / problem.weights.sum() + np.diag(problem.floor)
    close(np.trace(matrices, axis1=1, axis2=2), np.full(k, np.trace(scatter)))
    np.testing.assert_allclose(found.proportions, 1 / k)


@every_type
@given(data=st.data())
def test_dg5_log_density_pullback(kind, data):
    problem = data.draw(problems.mixtures.em_problems(kind))
    rng = data.draw(problems.generators)
    start = problem.start
    cotangent = rng.normal(size=(len(start.means), len(problem.weights)))
    d_means, d_covariances = gaussian.log_density_pullback(problem.pixels, start, cotangent, kind)

    def value(at):
        return inner(gaussian.log_density(problem.pixels, at["means"], at["covariances"], kind), cotangent)

    step = rng.normal(size=start.covariances.shape)
    if kind in ("tied", "full"):  # covariances are symmetric: so must their changes be
        step = step + step.swapaxes(-1, -2)
    check_gradient(
        value,
        {"means": start.means, "covariances": start.covariances},
        {"means": d_means, "covariances": d_covariances},
        rng,
        direction={"means": rng.normal(size=start.means.shape), "covariances": step},
    )


@every_type
@given(data=st.data())
def test_dg5_moments_pullback(kind, data):
    problem = data.draw(problems.mixtures.em_problems(kind))
    rng = data.draw(problems.generators)
    r = data.draw(problems.mixtures.responsibilities(len(problem.start.means), len(problem.weights)))
    d_means = rng.normal(size=problem.start.means.shape)
    d_covariances = rng.normal(size=problem.start.covariances.shape)
    if kind in ("tied", "full"):
        d_covariances = d_covariances + d_covariances.swapaxes(-1, -2)

    def value(at):
        found = moments_of(problem, at)
        return inner(found.means, d_means) + inner(found.covariances, d_covariances)

    gradient = gaussian.moments_pullback(
        problem.pixels, problem.weights, problem.floor, moments_of(problem, r), d_means, d_covariances, kind
    )
    check_gradient(value, r, gradient, rng)


@every_type
@given(data=st.data())
def test_dg5_moments_are_of_degree_zero(kind, data):
    """Scaling r_k changes neither μ_k nor Σ_k (tied: all r at once): Euler's Σ_x r ∂/∂r = 0."""
    problem = data.draw(problems.mixtures.em_problems(kind))
    rng = data.draw(problems.generators)
    r = data.draw(problems.mixtures.responsibilities(len(problem.start.means), len(problem.weights)))
    d_means = rng.normal(size=problem.start.means.shape)
    d_covariances = rng.normal(size=problem.start.covariances.shape)
    gradient = gaussian.moments_pullback(
        problem.pixels, problem.weights, problem.floor, moments_of(problem, r), d_means, d_covariances, kind
    )
    terms = r * gradient
    along = terms.sum() if kind == "tied" else terms.sum(axis=1)
    np.testing.assert_allclose(along, 0, atol=ONE_STEP * np.abs(terms).sum())


@every_type
def test_dg5_a_degenerate_class_passes_no_gradient(kind):
    rng = np.random.default_rng(1)
    r = np.vstack([np.ones(30), np.zeros(30)])
    start, pixels = drawing.draw_mixture(rng, 2, 2, 2.0, 1.0, kind), rng.normal(size=(2, 30))
    found = gaussian.moments(pixels, r, np.ones(30), np.zeros(2), start, kind)
    ones = np.ones_like(found.means), np.ones_like(found.covariances)
    gradient = gaussian.moments_pullback(pixels, np.ones(30), np.zeros(2), found, *ones, kind)
    assert np.isfinite(gradient).all()
    assert (gradient[1] == 0).all()
    assert (gradient[0] != 0).any()

"""Laws of Algorithms 1 and 2 [EM], [SV]: what holds for `gmm` and `svgmm` alike, then what is their own."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from deepmix.conformance import drawing
from deepmix.reference.mixtures import gmm, initialization, svgmm
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.reference.mixtures.records import Mixture
from deepmix.reference.types import Status
from tests import problems
from tests.laws.helpers import FEW_STEPS, UNIT, close, em_allowance, is_collapsing

every_type = pytest.mark.parametrize("kind", COVARIANCE_TYPES)
both = pytest.mark.parametrize("algorithm", [gmm, svgmm], ids=["gmm", "svgmm"])
N_STEPS = 5


def start_of(algorithm, problem) -> Mixture:
    """The problem's start, with Π (K, N) where the algorithm is `svgmm`."""
    if algorithm is gmm:
        return problem.start
    return svgmm.begin(problem.pixels, problem.start, problem.covariance_type)


def fit(algorithm, problem, n_steps=N_STEPS, start=None, **options):
    """Exactly `n_steps` M-steps, unless a class runs out of pixels to the point of a singular covariance."""
    start = start_of(algorithm, problem) if start is None else start
    kind = problem.covariance_type
    options = {"covariance_type": kind, "tol": -np.inf, "max_iter": n_steps} | options
    return algorithm.fit(problem.pixels, start, problem.weights, **options)


# Both algorithms


@both
@every_type
@given(data=st.data())
def test_em1_sv2_responsibilities_are_on_the_simplex(algorithm, kind, data):
    problem = data.draw(problems.mixtures.em_problems(kind))
    gamma, log_likelihood = algorithm.e_step(problem.pixels, start_of(algorithm, problem), kind)
    assert gamma.min() >= 0
    np.testing.assert_allclose(gamma.sum(axis=0), 1, atol=UNIT * (16 + 4 * np.abs(log_likelihood).max()))


@both
@every_type
@given(data=st.data())
def test_em2_sv1_nll_never_increases_without_the_floor(algorithm, kind, data):
    problem = data.draw(problems.mixtures.em_problems(kind))
    pixels, weights = problem.pixels, problem.weights
    mixture, floor = start_of(algorithm, problem), np.zeros(len(pixels))
    before = algorithm.nll(pixels, mixture, weights, kind)
    for _ in range(10):
        gamma, _ = algorithm.e_step(pixels, mixture, kind)
        following, _ = algorithm.m_step(pixels, gamma, weights, floor, mixture, kind)
        if is_collapsing(following, kind):
            return
        after = algorithm.nll(pixels, following, weights, kind)
        assert after <= before + em_allowance(pixels, mixture, following, weights, kind)
        mixture, before = following, after


@both
@every_type
@given(data=st.data())
def test_em2_fit_is_its_steps_and_returns_what_the_nll_belongs_to(algorithm, kind, data):
    """[EM3], [EM4]."""
    problem = data.draw(problems.mixtures.em_problems(kind))
    n_steps = data.draw(st.integers(0, 4))
    fitted = fit(algorithm, problem, n_steps)
    mixture, history = start_of(algorithm, problem), []
    for t in range(n_steps + 1):
        gamma, log_likelihood = algorithm.e_step(problem.pixels, mixture, kind)
        history.append(-np.average(log_likelihood, weights=problem.weights))
        if t < n_steps:
            mixture, _ = algorithm.m_step(problem.pixels, gamma, problem.weights, problem.floor, mixture, kind)
    close(fitted.history, np.array(history))
    inside = problem.weights > 0  # what Π says outside is nobody's business
    close(fitted.mixture[1:], mixture[1:])
    close(fitted.responsibilities[:, inside], gamma[:, inside])
    assert fitted.value == fitted.history[-1]
    close(fitted.value, algorithm.nll(problem.pixels, fitted.mixture, problem.weights, kind))
    assert fitted.status == Status.max_steps
    if algorithm is gmm:
        close(fitted.mixture.proportions, mixture.proportions)
        np.testing.assert_array_equal(fitted.labels, fitted.responsibilities.argmax(axis=0))  # [EM4]
    else:
        close(fitted.mixture.proportions[:, inside], mixture.proportions[:, inside])
        np.testing.assert_array_equal(fitted.labels, fitted.mixture.proportions.argmax(axis=0))  # argmax Π


@both
@every_type
@given(data=st.data())
def test_em2_stops_when_the_nll_falls_by_less_than_tol(algorithm, kind, data):
    problem = data.draw(problems.mixtures.em_problems(kind))
    tol = data.draw(st.sampled_from((1e-1, 1e-2, 1e-3)))
    fitted = fit(algorithm, problem, 300, tol=tol)
    falls = -np.diff(fitted.history)
    assert fitted.status == Status.converged
    assert falls[-1] < tol
    assert (falls[:-1] >= tol).all()
    assert fitted.value == fitted.history[-1]
    close(fitted.value, algorithm.nll(problem.pixels, fitted.mixture, problem.weights, kind))


@both
def test_em2_a_rise_of_the_nll_stops_the_loop_at_the_parameters_that_it_belongs_to(algorithm):
    """Not |ΔNLL| but the fall: a floor of 100 variances makes the first M-step raise the NLL."""
    rng = np.random.default_rng(1)
    start = drawing.draw_mixture(rng, 2, 2, 2.0, 3.0, "diag")
    pixels = drawing.draw_pixels(rng, start, 40, "diag")
    problem = problems.mixtures.EmProblem(pixels, start, np.ones(40), None, "diag")
    fitted = fit(algorithm, problem, tol=1e-3, floor=np.full(2, 100.0))
    assert len(fitted.history) == 2
    assert fitted.history[1] > fitted.history[0] + 1
    assert fitted.status == Status.converged
    assert fitted.value == fitted.history[1]
    assert fitted.mixture.covariances.min() > 100


def test_g3_a_class_of_next_to_nothing_gets_proportion_0():
    """n_k = 30·10⁻³¹⁰ is below ten times the smallest normal number."""
    rng = np.random.default_rng(12)
    r = np.vstack([np.ones(30), np.full(30, 1e-310)])
    start = drawing.draw_mixture(rng, 2, 2, 2.0, 1.0, "diag")
    mixture, found = gmm.m_step(rng.normal(size=(2, 30)), r, np.ones(30), np.zeros(2), start)
    assert found.counts[1] > 0
    np.testing.assert_array_equal(found.degenerate, [False, True])
    np.testing.assert_array_equal(mixture.proportions, [1, 0])
    np.testing.assert_array_equal(mixture.means[1], start.means[1])


@both
@every_type
@given(data=st.data())
def test_permuting_the_pixels_permutes_the_fit(algorithm, kind, data):
    problem = data.draw(problems.mixtures.em_problems(kind))
    order = data.draw(problems.generators).permutation(len(problem.weights))
    shuffled = problem._replace(pixels=problem.pixels[:, order], weights=problem.weights[order])
    one, other = fit(algorithm, problem), fit(algorithm, shuffled)
    close(other.mixture[1:], one.mixture[1:], FEW_STEPS)
    close(other.responsibilities, one.responsibilities[:, order], FEW_STEPS)
    close(other.history, one.history, FEW_STEPS)


@both
@every_type
@given(data=st.data())
def test_g3_scaling_and_shifting_the_channels_moves_the_fit_with_them(algorithm, kind, data):
    """x → Sx + b: μ → Sμ + b, Σ → SΣS, NLL → NLL + log|det S|, γ stays; the floor of [G3] included."""
    problem = data.draw(problems.mixtures.em_problems(kind))
    rng = data.draw(problems.generators)
    m = len(problem.pixels)
    scale = rng.choice([-1, 1], m) * 10 ** rng.uniform(-2, 2, m)
    scale = np.full(m, scale[0]) if kind == "spherical" else scale
    shift = scale * rng.normal(0, 3, m)
    factor = {"diag": scale**2, "spherical": scale[0] ** 2}.get(kind, np.outer(scale, scale))

    def moved(mixture: Mixture) -> Mixture:
        return Mixture(
            proportions=mixture.proportions,
            means=mixture.means * scale + shift,
            covariances=mixture.covariances * factor,
        )

    elsewhere = problem._replace(
        pixels=problem.pixels * scale[:, None] + shift[:, None], start=moved(problem.start)
    )
    one, other = fit(algorithm, problem), fit(algorithm, elsewhere)
    close(other.responsibilities, one.responsibilities, FEW_STEPS)
    expected = moved(one.mixture)
    for m_ in range(m):  # channel by channel, each in its own unit
        close(other.mixture.means[:, m_], expected.means[:, m_], FEW_STEPS)
    np.testing.assert_allclose(
        other.mixture.covariances / factor, one.mixture.covariances, atol=FEW_STEPS * one.mixture.covariances.max()
    )
    log_det = np.log(np.abs(scale)).sum()
    np.testing.assert_allclose(other.history, one.history + log_det, atol=FEW_STEPS * (1 + abs(log_det)))


@both
@every_type
@given(data=st.data())
def test_integer_weights_are_copies(algorithm, kind, data):
    problem = data.draw(problems.mixtures.em_problems(kind, weights="integers"))
    copies = problem.weights.astype(int)
    repeated = problem._replace(pixels=problem.pixels.repeat(copies, axis=1), weights=None)
    one, other = fit(algorithm, problem), fit(algorithm, repeated)
    close(other.mixture[1:], one.mixture[1:], FEW_STEPS)
    close(other.history, one.history, FEW_STEPS)
    close(other.responsibilities, one.responsibilities.repeat(copies, axis=1), FEW_STEPS)


@both
@every_type
@given(data=st.data())
def test_g3_a_class_with_no_pixels_keeps_its_moments_gets_proportion_0_and_is_flagged(algorithm, kind, data):
    problem = data.draw(problems.mixtures.em_problems(kind))
    assume(len(problem.start.means) > 1)
    proportions = np.array(problem.start.proportions)
    proportions[-1] = 0
    emptied = problem._replace(start=problem.start._replace(proportions=proportions / proportions.sum()))
    start = start_of(algorithm, emptied)
    fitted = fit(algorithm, emptied)
    np.testing.assert_array_equal(fitted.degenerate, np.arange(len(proportions)) == len(proportions) - 1)
    proportions = fitted.mixture.proportions
    proportions = proportions if algorithm is gmm else proportions[:, emptied.weights > 0]
    assert (proportions[-1] == 0).all()
    np.testing.assert_array_equal(fitted.mixture.means[-1], start.means[-1])
    if kind != "tied":
        np.testing.assert_array_equal(fitted.mixture.covariances[-1], start.covariances[-1])
    assert np.isfinite(fitted.value)
    np.testing.assert_allclose(proportions.sum(axis=0), 1, rtol=1e-12)


@both
@pytest.mark.parametrize("kind", ["diag", "full"])
def test_non_finite_nll_returns_the_last_finite_parameters_and_never_converges(algorithm, kind):
    """A channel constant at 0 and no floor: the first M-step makes a singular Σ."""
    rng = np.random.default_rng(2)
    pixels = np.vstack([rng.normal(size=30), np.zeros(30)])
    start = drawing.draw_mixture(rng, 2, 2, 2.0, 1.0, kind)
    problem = problems.mixtures.EmProblem(pixels, start, np.ones(30), np.zeros(2), kind)
    start = start_of(algorithm, problem)
    with pytest.warns(UserWarning, match="channel 1 is constant"):
        fitted = fit(algorithm, problem, tol=np.inf, floor=np.zeros(2))
    assert fitted.status == Status.non_finite
    assert len(fitted.history) == 2
    assert np.isfinite(fitted.history[0])
    assert not np.isfinite(fitted.history[1])
    assert fitted.value == fitted.history[0]
    close(fitted.mixture, start, 0)
    assert np.isfinite(fitted.responsibilities).all()


@both
@every_type
def test_g3_constant_channel_is_fitted_with_a_warning(algorithm, kind):
    """A channel that is constant adds ½ log 2π + ½ log of its variance to the NLL and changes no label."""
    rng = np.random.default_rng(3)
    problem = problems.mixtures.EmProblem(
        np.vstack([rng.normal(size=(1, 60)) + 6 * (np.arange(60) % 2), np.full(60, 0.1)]), None, None, None, kind
    )
    with pytest.warns(UserWarning, match="channel 1 is constant"):
        start = initialization.kmeans(problem.pixels, 2, covariance_type=kind)
    with pytest.warns(UserWarning, match="channel 1 is constant"):
        fitted = fit(algorithm, problem._replace(start=start), 50, tol=1e-3)
    assert fitted.status == Status.converged
    np.testing.assert_array_equal(fitted.labels == fitted.labels[0], np.arange(60) % 2 == 0)
    if kind == "diag":
        np.testing.assert_allclose(fitted.mixture.covariances[:, 1], 1e-12, rtol=1e-6)


def test_defaults_are_those_of_the_specification():
    for algorithm in (gmm, svgmm):
        options = algorithm.fit.__kwdefaults__
        assert (options["tol"], options["max_iter"], options["covariance_type"]) == (1e-3, 100, "diag")


# Algorithm 1 and 2 compared, and Algorithm 2 alone


@every_type
@given(data=st.data())
def test_sv_a_gmm_is_an_svgmm_of_constant_proportions(kind, data):
    """[SV1], [SV3]."""
    problem = data.draw(problems.mixtures.em_problems(kind))
    start, n = problem.start, len(problem.weights)
    constant = start._replace(proportions=np.repeat(start.proportions[:, None], n, axis=1))
    one = gmm.e_step(problem.pixels, start, kind)
    close(svgmm.e_step(problem.pixels, constant, kind), one)
    close(
        svgmm.nll(problem.pixels, constant, problem.weights, kind),
        gmm.nll(problem.pixels, start, problem.weights, kind),
    )
    by_gmm, _ = gmm.m_step(problem.pixels, one[0], problem.weights, problem.floor, start, kind)
    by_svgmm, _ = svgmm.m_step(problem.pixels, one[0], problem.weights, problem.floor, constant, kind)
    close(by_svgmm[1:], by_gmm[1:])
    np.testing.assert_array_equal(by_svgmm.proportions, one[0])  # [SV3]
    close(by_gmm.proportions, np.average(one[0], axis=1, weights=problem.weights))  # [EM3]


@every_type
@given(data=st.data())
def test_sv_begins_with_the_posteriors_of_the_gmm(kind, data):
    """[SV3]."""
    problem = data.draw(problems.mixtures.em_problems(kind))
    start = svgmm.begin(problem.pixels, problem.start, kind)
    close(start, (gmm.e_step(problem.pixels, problem.start, kind)[0], *problem.start[1:]), 0)


@every_type
@given(data=st.data())
def test_sv_runs_from_a_gmm_whatever_lies_outside_the_mask(kind, data):
    """The whole way a user goes: initialise, gmm, begin, svgmm, on pixels with NaN outside."""
    problem = data.draw(problems.mixtures.em_problems(kind, weights="mask"))
    inside = problem.weights > 0
    assume(not inside.all())
    soiled = problem.pixels.copy()
    soiled[:, ~inside] = np.nan
    problem = problem._replace(pixels=soiled)
    fitted = fit(gmm, problem)
    start = svgmm.begin(soiled, fitted.mixture, kind)
    spatial = fit(svgmm, problem, start=start)
    assert spatial.status != Status.non_finite
    assert np.isfinite(spatial.value)


@every_type
@given(seed=st.integers(0, 1000))
def test_sv_proportions_become_binary_on_separated_data(kind, seed):
    """[SV3]."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(60) % 3)
    pixels = rng.normal(size=(2, 60)) + np.array([[0, 6, 0], [0, 0, 6.0]])[:, labels]
    start = gmm.fit(
        pixels, initialization.from_labels(pixels, labels, 3, covariance_type=kind), covariance_type=kind
    )
    fitted = svgmm.fit(
        pixels, svgmm.begin(pixels, start.mixture, kind), covariance_type=kind, tol=-np.inf, max_iter=60
    )
    assert fitted.mixture.proportions.max(axis=0).min() > 1 - 1e-9
    assert (fitted.labels == labels).mean() > 0.9

"""Laws of the hidden Markov field [SV4]."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp

from deepmix.reference.mixtures import gaussian, gmm, hmrf, initialization, svgmm
from deepmix.reference.mixtures.checks import CLASS_SIZES
from deepmix.reference.types import Status
from tests.laws.helpers import FEW_STEPS, close
from tests.laws.mixtures.collapse import collapsed
from tests.problems import generators
from tests.problems.mixtures import FieldProblem, external_fields, field_problems, responsibilities

shapes = st.sampled_from(((5, 6), (1, 7), (4, 3, 5)))


def columns(maps):
    return maps.reshape(len(maps), -1)


def neighbours(place: tuple[int, ...], shape: tuple[int, ...], diagonals: bool):
    """The places that share an edge or face with one, or a corner too."""
    for step in product((-1, 0, 1), repeat=len(shape)):
        other = tuple(np.add(place, step))
        if 0 < np.abs(step).sum() <= (len(shape) if diagonals else 1) and all(
            0 <= i < n for i, n in zip(other, shape, strict=True)
        ):
            yield other


def densities_of(problem: FieldProblem):
    mixture, kind = problem.start, problem.covariance_type
    found = gaussian.log_density(columns(problem.image), mixture.means, mixture.covariances, kind)
    return found.reshape(-1, *problem.mask.shape)


def field_of(problem: FieldProblem, data):
    """Some γ, with the rest of what `sweep` and `free_energy` take."""
    shape = problem.mask.shape
    posterior = data.draw(responsibilities(len(problem.start.means), problem.mask.size)).reshape(-1, *shape)
    external = data.draw(external_fields(len(posterior)))
    return posterior, densities_of(problem), problem.mask, problem.beta, problem.diagonals, external


def energy(posterior, densities, mask, *rest) -> float:
    return np.average(hmrf.free_energy(posterior, densities, mask, *rest), weights=mask)


def foretold(posterior, mask, beta, diagonals, external):
    """π (K, *spatial) of [SV5], pixel by pixel."""
    result = np.zeros_like(posterior)
    for place in np.ndindex(mask.shape):
        around = list(neighbours(place, mask.shape, diagonals))
        field = external + beta * sum((mask[other] * posterior[:, *other] for other in around), 0 * external)
        prior = np.exp(field - field.max())
        result[:, *place] = prior / prior.sum()
    return result


def fitted(problem: FieldProblem, **options):
    """Exactly three turns, unless told."""
    given = {name: getattr(problem, name) for name in ("beta", "diagonals", "class_sizes", "covariance_type")}
    return hmrf.fit(problem.image, problem.start, problem.mask, **given | {"tol": -1.0, "max_iter": 3} | options)


@given(rng=generators, shape=shapes, diagonals=st.booleans())
def test_sv4_neighbours_by_loops(rng, shape, diagonals):
    maps = rng.normal(size=(2, *shape))
    found = hmrf.neighbour_sum(maps, diagonals)
    for place in np.ndindex(shape):
        expected = sum((maps[:, *other] for other in neighbours(place, shape, diagonals)), np.zeros(2))
        close(found[:, *place], expected, scale=1)


@given(shape=shapes, diagonals=st.booleans())
def test_sv4_no_two_neighbours_share_a_colour(shape, diagonals):
    colour = hmrf.colours(np.ones(shape), diagonals)
    for place in np.ndindex(shape):
        assert all(colour[place] != colour[other] for other in neighbours(place, shape, diagonals))
    least = 1 + any(n > 1 for n in shape) if not diagonals else 2 ** sum(n > 1 for n in shape)
    assert len(np.unique(colour)) == least


@given(data=st.data())
def test_sv4_sweep_and_free_energy_by_loops(data):
    """Pixel by pixel, the colours in turn; every pair of neighbours once."""
    problem = data.draw(field_problems())
    posterior, densities, mask, beta, diagonals, external = field_of(problem, data)
    expected, shape = np.array(posterior), mask.shape
    places, colour = list(np.ndindex(shape)), hmrf.colours(mask, diagonals)
    for place in sorted(places, key=lambda place: colour[place]):
        around = list(neighbours(place, shape, diagonals))
        field = sum((mask[other] * expected[:, *other] for other in around), np.zeros(len(expected)))
        logits = densities[:, *place] + external + beta * field
        joint = np.exp(logits - logits.max())
        expected[:, *place] = joint / joint.sum()
    found = hmrf.sweep(posterior, densities, mask, beta, diagonals, external)
    close(found, expected, FEW_STEPS)
    total = 0.0
    for place in places:
        g = found[:, *place]
        total += mask[place] * sum(
            p * (np.log(p) - d) for p, d in zip(g, densities[:, *place] + external, strict=True) if p > 0
        )
        for other in neighbours(place, shape, diagonals):
            if other > place:
                total -= beta * mask[place] * mask[other] * (g @ found[:, *other])
    size = np.average((found * np.abs(densities)).sum(axis=0), weights=mask)
    close(energy(found, densities, mask, beta, diagonals, external), total / mask.sum(), scale=1 + size)


@given(data=st.data())
def test_sv4_every_colour_of_a_sweep_is_a_minimum_of_f(data):
    """A sweep lowers F; and no other posterior of the last colour's pixels has a lower one."""
    problem = data.draw(field_problems())
    posterior, *rest = field_of(problem, data)
    swept = hmrf.sweep(posterior, *rest)
    slack = 1e-12 * (1 + abs(energy(posterior, *rest)) + np.abs(rest[0]).max())
    assert energy(swept, *rest) <= energy(posterior, *rest) + slack
    colour = hmrf.colours(problem.mask, problem.diagonals)
    other = data.draw(responsibilities(len(swept), problem.mask.size)).reshape(swept.shape)
    for share in (1e-3, 0.5):
        moved = np.where(colour == colour.max(), (1 - share) * swept + share * other, swept)
        assert energy(swept, *rest) <= energy(moved, *rest) + slack


@given(problem=field_problems())
def test_sv4_f_never_increases_without_the_floor(problem):
    x, floor, before = columns(problem.image), np.zeros(len(problem.image)), np.inf
    for max_iter in range(9):
        fit = fitted(problem, max_iter=max_iter, floor=floor)
        densities = gaussian.log_density(x, fit.mixture.means, fit.mixture.covariances, problem.covariance_type)
        if fit.degenerate.any() or collapsed(densities, x):
            return
        assert fit.value <= before + 1e-9 * (1 + abs(fit.value))
        before = fit.value


@given(problem=field_problems())
def test_sv4_beta_0_is_a_mixture_of_equal_proportions(problem):
    fit = fitted(problem, beta=0.0, class_sizes="equal")
    k, w, pixels = len(problem.start.means), problem.mask.ravel(), columns(problem.image)
    mixture, floor = problem.start, gaussian.variance_floor(pixels, w)
    for t in range(4):
        mixture = mixture._replace(proportions=np.full(k, 1 / k))
        r, _ = gmm.e_step(pixels, mixture, problem.covariance_type)
        nll = gmm.nll(pixels, mixture, w, problem.covariance_type)
        close(fit.history[t], nll - np.log(k), FEW_STEPS, scale=1 + abs(nll))
        if t < 3:
            mixture, _ = gmm.m_step(pixels, r, w, floor, mixture, problem.covariance_type)
    close(columns(fit.responsibilities), r, FEW_STEPS)


@given(data=st.data())
def test_sv4_fit_is_its_steps_and_returns_what_f_belongs_to(data):
    problem = data.draw(field_problems())
    kind, w, pixels = problem.covariance_type, problem.mask.ravel(), columns(problem.image)
    rest = problem.mask, problem.beta, problem.diagonals
    posterior, _ = gmm.e_step(pixels, problem.start, kind)
    mixture, posterior = problem.start, posterior.reshape(-1, *problem.mask.shape)
    floor, history = gaussian.variance_floor(pixels, w), []
    free = problem.class_sizes == "free"
    external = np.log(len(mixture.means) * mixture.proportions) if free else np.zeros(len(mixture.means))
    for t in range(4):
        densities = gaussian.log_density(pixels, mixture.means, mixture.covariances, kind).reshape(posterior.shape)
        posterior = hmrf.sweep(posterior, densities, *rest, external)
        history.append(energy(posterior, densities, *rest, external))
        belongs, prior = mixture, external
        if t < 3:
            mixture, found = svgmm.m_step(pixels, columns(posterior), w, floor, mixture, kind)
            external = hmrf.external_field(posterior, problem.mask, external, *rest[1:]) if free else external
    fit = fitted(problem)
    close(fit.external, prior)
    close(fit.history, np.array(history))
    close((fit.responsibilities, fit.mixture.means, fit.mixture.covariances), (posterior, *belongs[1:]))
    close(fit.mixture.proportions, np.average(columns(posterior), axis=1, weights=w))
    assert fit.value == fit.history[-1]
    assert fit.status is Status.max_steps
    np.testing.assert_array_equal(fit.labels, fit.responsibilities.argmax(axis=0))
    np.testing.assert_array_equal(fit.degenerate, found.degenerate)


def test_sv4_stops_when_f_falls_by_less_than_tol():
    rng = np.random.default_rng(3)
    image = np.where(np.arange(20) < 9, 0.0, 2.0) + rng.normal(0, 1, (1, 20, 20))
    start = initialization.kmeans(image.reshape(1, -1), 2)
    fit = hmrf.fit(image, start, tol=1e-4)
    falls = -np.diff(fit.history)
    assert fit.status is Status.converged
    assert falls[-1] < 1e-4
    assert (falls[:-1] >= 1e-4).all()


def test_sv4_a_lonely_pixel_joins_its_neighbours():
    """Beyond a bright pixel's log-density ratio β times four neighbours decides; a mixture alone cannot."""
    image = np.zeros((1, 9, 9))
    image[0, :, 5:] = 4.0
    image[0, 4, 2] = 3.0  # log N(3|4) − log N(3|0) = 4
    start = initialization.from_labels(image.reshape(1, -1), (image.ravel() > 2).astype(int), 2)
    start = start._replace(means=np.array([[0.0], [4.0]]), covariances=np.ones((2, 1)))
    for beta, expected in ((0.9, 1), (1.1, 0)):
        fit = hmrf.fit(image, start, beta=beta, max_iter=0)
        assert fit.labels[4, 2] == expected
        assert (np.delete(fit.labels[4], 2) == np.delete(np.arange(9) > 4, 2)).all()


@given(problem=field_problems())
def test_sv4_swapping_the_axes_swaps_the_field(problem):
    """The checkerboard's colours do not know rows from columns."""
    problem = problem._replace(diagonals=False)
    turned = problem._replace(image=problem.image.swapaxes(1, 2), mask=problem.mask.swapaxes(0, 1))
    close(fitted(turned).responsibilities.swapaxes(1, 2), fitted(problem).responsibilities, FEW_STEPS)


@given(data=st.data())
def test_sv5_by_loops(data):
    problem = data.draw(field_problems())
    posterior, densities, mask, *rest = field_of(problem, data)
    prior, total = foretold(posterior, mask, *rest), 0.0
    for place in np.ndindex(mask.shape):
        top = densities[:, *place].max()
        expected = prior[:, *place] @ np.exp(densities[:, *place] - top)
        total -= mask[place] * (np.log(expected) + top)
    size = 1 + np.abs(densities).max()
    close(hmrf.pseudo_nll(posterior, densities, mask, *rest), total / mask.sum(), scale=size)


@given(problem=field_problems())
def test_sv5_of_beta_0_is_a_mixture_of_equal_proportions(problem):
    fit, k = fitted(problem, beta=0.0, class_sizes="equal"), len(problem.start.means)
    equal = fit.mixture._replace(proportions=np.full(k, 1 / k))
    nll = gmm.nll(columns(problem.image), equal, problem.mask.ravel(), problem.covariance_type)
    close(fit.pseudo_nll, nll, scale=1 + abs(nll))


@given(problem=field_problems())
def test_sv6_compares_with_a_mixture_that_has_no_neighbours(problem):
    fit = fitted(problem)
    w, kind = problem.mask.ravel(), problem.covariance_type
    alone = gmm.nll(columns(problem.image), fit.mixture, w, kind)
    close(fit.nll, alone, scale=1 + abs(alone))


def test_sv6_by_hand():
    """Two classes of equal size: a bit is log 2."""
    bit = np.log(2)
    assert hmrf.information(np.array([0.5, 0.5]), 2.0, 2 - bit) == pytest.approx((1, np.sqrt(bit)))
    quarter = hmrf.information(np.array([0.5, 0.5, 0.0]), 2.0, 2 - bit / 4)
    assert quarter == pytest.approx((0.25, 0.25 * np.sqrt(bit)))
    assert hmrf.information(np.array([1.0, 0.0]), 2.0, 1.0) == (0, 0)


@given(data=st.data())
def test_sv7_by_loops_and_how_far_it_lowers_f(data):
    """F falls by the divergence of mean γ from mean π, and the log of what π is divided by does not grow."""
    problem = data.draw(field_problems())
    posterior, densities, mask, beta, diagonals, external = field_of(problem, data)
    shares = [
        np.average(columns(maps), axis=1, weights=mask.ravel())
        for maps in (posterior, foretold(posterior, mask, beta, diagonals, external))
    ]
    actual, expected = shares
    found = hmrf.external_field(posterior, mask, external, beta, diagonals)
    close(found, external + np.log(actual / expected), FEW_STEPS)
    before, after = (energy(posterior, densities, mask, beta, diagonals, each) for each in (external, found))
    divergence = actual @ np.log(actual / expected)
    assert divergence >= 0
    close(before - after, divergence, scale=1 + abs(before))
    field = beta * hmrf.neighbour_sum(mask * posterior, diagonals)
    totals = [
        np.average(logsumexp(columns(field) + each[:, None], axis=0), weights=mask.ravel())
        for each in (external, found)
    ]
    assert totals[1] <= totals[0] + 1e-9


@given(problem=field_problems())
def test_sv7_of_beta_0_is_the_gmm_with_its_proportions(problem):
    """F is its NLL, but for log K, as the exponentials of α sum to K."""
    fit = fitted(problem, beta=0.0, class_sizes="free")
    w, k = problem.mask.ravel(), len(problem.start.means)
    kind = problem.covariance_type
    expected = gmm.fit(columns(problem.image), problem.start, w, covariance_type=kind, tol=-1.0, max_iter=3)
    if expected.degenerate.any():
        return
    close(fit.history, expected.history - np.log(k), FEW_STEPS, scale=1 + np.abs(expected.history).max())
    close(columns(fit.responsibilities), expected.responsibilities, FEW_STEPS)
    close(np.exp(fit.external) / k, expected.mixture.proportions, FEW_STEPS)


def test_sv7_a_small_class_does_not_grow_to_balance():
    """One pixel of twelve, which a prior of equal sizes makes a third and more."""
    rng = np.random.default_rng(1)
    truth = np.zeros((48, 48), int)
    truth[8:22, 8:22] = 1
    image = 2.5 * truth + rng.normal(0, 1, (1, 48, 48))
    start = initialization.from_labels(image.reshape(1, -1), truth.ravel(), 2, covariance_type="tied")
    sizes = {
        name: hmrf.fit(image, start, beta=0.3, covariance_type="tied", class_sizes=name, tol=1e-6)
        for name in CLASS_SIZES
    }
    share = {name: fit.mixture.proportions[1] for name, fit in sizes.items()}
    assert share["free"] == pytest.approx(truth.mean(), abs=0.05)
    assert share["equal"] > 1 / 3


def test_sv6_finds_a_field_where_there_is_one():
    """Regions foretell their pixels; the same pixels in any order hardly do, but for what γ knows of them."""
    rng = np.random.default_rng(9)
    regions = np.where(np.arange(24) < 12, 0.0, 2.0) + rng.normal(0, 1, (1, 24, 24))
    shuffled = rng.permutation(regions.ravel()).reshape(regions.shape)
    start = initialization.kmeans(regions.reshape(1, -1), 2)
    best, gain = {}, {}
    for name, image in (("regions", regions), ("shuffled", shuffled)):
        fits = {beta: hmrf.fit(image, start, beta=beta) for beta in (0.0, 0.5, 1.0, 2.0)}
        curve = {
            beta: hmrf.information(fit.mixture.proportions, fit.nll, fit.pseudo_nll)[1]
            for beta, fit in fits.items()
        }
        best[name] = max(curve, key=curve.get)
        gain[name] = curve[best[name]]
    assert best["regions"] > best["shuffled"]
    assert gain["regions"] > 5 * gain["shuffled"]


def test_sv4_refuses():
    image, start = np.random.default_rng(0).normal(size=(1, 6, 6)), initialization.kmeans(np.arange(9.0)[None], 2)
    for options, message in (
        ({"beta": -1.0}, "beta must be finite and not negative, got -1.0"),
        ({"beta": np.nan}, "beta must be finite"),
        ({"class_sizes": "known"}, "class_sizes must be one of equal, free"),
        ({"mask": np.ones((5, 6))}, r"mask of shape \(5, 6\) does not match image of shape \(1, 6, 6\)"),
        ({"image": image[0]}, "image must have the shape"),
        ({"mask": np.zeros((6, 6))}, "the mask is empty"),
        ({"image": np.where(image > 1, np.nan, image)}, "NaN or infinite"),
    ):
        with pytest.raises(ValueError, match=message):
            hmrf.fit(**{"image": image, "start": start} | options)

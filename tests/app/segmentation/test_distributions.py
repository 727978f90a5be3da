"""`segment(distribution=…)`: magnitudes, outliers, speckle and counts; what is reported, what is refused [NG]."""

import numpy as np
import pytest
from scipy import stats

from deepmix import segment
from deepmix.reference.mixtures import families, forms
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.reference.mixtures.records import Gamma, LogNormal, Mixture, Poisson, Rician, Student
from deepmix.report.densities import density
from deepmix.segmentation import densities, selection
from deepmix.segmentation.settings import Settings
from deepmix.settings import nested

TRUTH = np.zeros((48, 48), int)
TRUTH[8:40, 8:40] = 1
TRUTH[16:32, 16:32] = 2
LEVELS = np.array([0.0, 3.0, 7.0])
FAST = {"backend": "reference", "method": "gmm", "preset": "paper", "tol": 1e-6, "max_iter": 300}


def magnitudes(noise: float = 1.0, unit: float = 1.0) -> np.ndarray:
    """Absolute values of the levels with complex noise."""
    rng = np.random.default_rng(0)
    real, imaginary = noise * rng.normal(size=(2, *TRUTH.shape))
    return unit * np.hypot(LEVELS[TRUTH] + real, imaginary)


def spiked() -> np.ndarray:
    """Levels with a little noise, and far values in 2 % of the pixels."""
    rng = np.random.default_rng(1)
    image = LEVELS[TRUTH] + 0.5 * rng.normal(size=TRUTH.shape)
    chosen = rng.choice(TRUTH.size, 46, replace=False)
    image.flat[chosen] = rng.choice([-200.0, 200.0], 46)
    return image


def right(result) -> float:
    return float((result.labels - 1 == TRUTH).mean())


def test_magnitudes_have_the_noise_of_the_scanner():
    plain, magnitude = (
        segment(magnitudes(), n_components=3, distribution=each, **FAST) for each in ("gaussian", "rician")
    )
    assert right(magnitude) >= right(plain)
    (part,) = magnitude.parts
    assert part.parameters["noise"] == pytest.approx(np.ones((3, 1)), rel=0.1)  # a weak signal looks like noise
    np.testing.assert_allclose(part.parameters["signals"][1:, 0], LEVELS[1:], atol=0.25)
    ratio = part.parameters["signals"] / part.parameters["noise"]
    np.testing.assert_allclose(part.parameters["signal_to_noise"], ratio)
    assert plain.parts[0].parameters is None


def test_the_unit_of_the_image_is_the_unit_of_the_report():
    once, often = (
        segment(magnitudes(unit=unit), n_components=3, distribution="rician", **FAST) for unit in (1, 50)
    )
    np.testing.assert_array_equal(once.labels, often.labels)
    for name in ("signals", "noise"):
        np.testing.assert_allclose(50 * once.parts[0].parameters[name], often.parts[0].parameters[name])
    np.testing.assert_allclose(50 * once.parts[0].means, often.parts[0].means)


def test_the_background_has_no_signal():
    found = segment(magnitudes(), n_components=3, distribution="rician", background=True, **FAST)
    assert found.parts[0].parameters["signals"][0] == 0
    assert found.parts[0].parameters["noise"] == pytest.approx(np.ones((3, 1)), rel=0.05)


def test_outliers_mislead_the_gaussian_and_not_the_student():
    image = spiked()
    plain, heavy = (segment(image, n_components=3, distribution=each, **FAST) for each in ("gaussian", "student"))
    assert right(plain) < 0.9
    assert right(heavy) > 0.95
    far = np.abs(image) > 100
    assert heavy.outliers.shape == image.shape
    assert heavy.outliers[far].min() > heavy.outliers[~far].max()
    assert plain.outliers is None


def test_outliers_of_a_volume_keep_to_the_mask():
    image = np.stack([spiked(), spiked()[::-1]], axis=-1)[None]
    mask = np.ones(image.shape[1:], bool)
    mask[:, :3] = False
    found = segment(image, mask, n_components=3, distribution="student", degrees=4, **FAST)
    assert (found.parts[0].parameters["degrees"] == 4).all()
    assert (found.outliers[~mask] == 0).all()
    assert (found.outliers[mask] > 0).all()


def test_speckle_of_known_looks():
    levels = 8.0 ** np.arange(3)
    image = levels[TRUTH] * np.random.default_rng(2).gamma(3, 1 / 3, TRUTH.shape)
    found = segment(image, n_components=3, distribution="gamma", looks=3, **FAST)
    assert (found.parts[0].parameters["shapes"] == 3).all()
    np.testing.assert_allclose(found.parts[0].means[:, 0], levels, rtol=0.1)


def test_counts_are_not_standardised():
    counts = np.random.default_rng(3).poisson(LEVELS[TRUTH] * 4 + 1)
    found = segment(counts, n_components=3, distribution="poisson", **FAST)
    np.testing.assert_allclose(found.parts[0].parameters["rates"][:, 0], LEVELS * 4 + 1, rtol=0.1)
    with pytest.warns(UserWarning, match="not integers"):
        segment(counts + 0.5, n_components=3, distribution="poisson", **FAST)


@pytest.mark.parametrize(("image", "expected"), [(magnitudes(), "rician"), (spiked(), "student")])
def test_auto_takes_the_distribution_of_the_least_bic(image, expected):
    found = segment(image, n_components=3, distribution="auto", **FAST)
    assert found.settings.densities.distribution == expected
    assert found.distribution.bic[expected] == min(found.distribution.bic.values())
    assert ("rician" in found.distribution.bic) == (image.min() > 0)


def test_shrinking_says_whose_noise_is_found():
    with pytest.warns(UserWarning, match="signal and noise are those of means of blocks"):
        segment(magnitudes(), n_components=3, distribution="rician", shrink=2, **FAST)


@pytest.mark.parametrize("covariance_type", ["spherical", "tied", "full"])
def test_auto_leaves_out_what_does_not_know_the_covariance_type(covariance_type):
    image = np.stack([magnitudes(), magnitudes()[::-1]])
    given = FAST | {"covariance_type": covariance_type}
    tried = segment(image, n_components=3, distribution="auto", **given).distribution.bic
    assert set(tried) == {"gaussian", "student", "lognormal"}


def test_the_bic_of_a_choice_is_in_the_unit_of_the_image():
    one, other = (
        segment(magnitudes(unit=unit), n_components=3, distribution="auto", **FAST).distribution.bic
        for unit in (1, 50)
    )
    shift = 2 * TRUTH.size * np.log(50)
    for name, value in one.items():
        assert other[name] == pytest.approx(value + shift, abs=0.1), name


def test_zeros_of_whole_numbers_are_lifted_and_other_values_refused():
    whole = np.round(magnitudes() * 2)
    assert (whole == 0).any()
    with pytest.warns(UserWarning, match="zeros among whole numbers"):
        segment(whole, n_components=3, distribution="rician", **FAST)
    bad = magnitudes()
    bad[0, :2] = 0, -1
    with pytest.raises(ValueError, match="2 values inside the mask that are not greater than 0"):
        segment(bad, n_components=3, distribution="rician", **FAST)
    outside = np.ones(TRUTH.shape, bool)
    outside[0, :2] = False
    segment(bad, outside, n_components=3, distribution="rician", **FAST)


@pytest.mark.parametrize("distribution", ["student", "rician", "gamma", "lognormal"])
@pytest.mark.parametrize("method", ["svgmm", "hmrf", "deepsvg", "deepg"])
def test_every_method_but_fcm_takes_every_distribution(method, distribution):
    small = {"depth": 1, "filters": 2, "max_steps": 2, "min_steps": 0, "beta": 0.5, "max_iter": 3}
    settings = {"backend": "reference", "preset": "paper", "guide": "hmrf", "objective": "free_energy"} | small
    found = segment(magnitudes(), n_components=3, method=method, distribution=distribution, **settings)
    assert np.isfinite(found.parts[0].value)
    assert found.parts[0].parameters
    with pytest.raises(ValueError, match="distribution is not for fcm"):
        segment(magnitudes(), n_components=3, method="fcm", distribution=distribution)


@pytest.mark.parametrize("image", [magnitudes(), np.stack([magnitudes()] * 2, axis=-1)[None]], ids=["2-D", "3-D"])
@pytest.mark.parametrize(
    ("given", "name", "expected"),
    [
        ({"distribution": "student", "degrees": 4}, "degrees", [4, 4, 4]),
        ({"distribution": "gamma", "looks": 3}, "shapes", [3, 3, 3]),
        ({"distribution": "rician", "background": True}, "signals", [0, True, True]),
        ({"distribution": "rician"}, "signals", [True, True, True]),
    ],
)
def test_networks_that_need_no_mixture_keep_the_numbers_that_are_given(image, given, name, expected):
    """And a Rician class has a signal: 0 is a fixed point [NG5]."""
    small = {"depth": 1, "filters": 2, "max_steps": 2, "min_steps": 0, "backend": "reference", "preset": "paper"}
    found = segment(image, n_components=3, method="deepsvg", **small, **given)
    for part in found.parts:
        values = np.sort(part.parameters[name].ravel())
        np.testing.assert_array_equal(values > 0 if name == "signals" else values, expected)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"distribution": "cauchy"}, "distribution must be"),
        ({"distribution": "rician", "covariance_type": "full"}, "independent"),
        ({"distribution": "student", "degrees": 0.5}, "degrees must be"),
        ({"distribution": "student", "degrees": "some"}, "degrees must be"),
        ({"distribution": "gamma", "looks": 0.0}, "looks must be"),
        ({"distribution": "gamma", "looks": 1e7}, "at most 1000000, got"),
        ({"looks": 3.0}, 'looks is for distribution="gamma"'),
        ({"distribution": "poisson", "shrink": 2}, "poisson is for counts, which means of blocks are not"),
        ({"distribution": "gamma", "looks": 3.0, "shrink": 2}, "means of blocks have more looks than pixels"),
        ({"background": True}, 'background is for distribution="rician"'),
        ({"distribution": "student", "mean_prior": 0.1, "means_init": np.zeros((2, 1))}, "mean_prior is for"),
    ],
)
def test_settings_that_do_not_go_together(given, message):
    with pytest.raises(ValueError, match=message):
        nested(Settings, n_components=2, **given)


@pytest.mark.parametrize("distribution", ["rician", "gamma", "poisson"])
def test_the_number_of_classes_is_found_where_channels_are_independent(distribution):
    """Full covariances, by which classes are counted elsewhere, are not known there."""
    image = np.random.default_rng(5).poisson(LEVELS[TRUTH] * 20 + 9).astype(float)
    found = segment(
        image, n_components="auto:1:3", distribution=distribution, **FAST | {"covariance_type": "auto"}
    )
    assert found.settings.n_components == 3
    assert found.settings.mixture.covariance_type == "diag"


def test_a_constant_background_is_not_all_that_a_student_starts_from():
    """Of a channel whose quartiles are equal, no pixel is left out."""
    image = np.zeros(TRUTH.shape)
    image[20:30, 20:30] = 50 + np.random.default_rng(0).normal(size=(10, 10))
    found = segment(image, n_components=2, distribution="student", **FAST)
    np.testing.assert_array_equal(found.labels == 2, image > 0)


def test_as_many_pixels_as_classes_are_enough_for_a_student():
    image = np.array([[1.0, 1.1, 1.2, 1.3], [1.4, 1.5, 1.6, 100.0]])
    assert segment(image, n_components=8, distribution="student", **FAST).labels.shape == (2, 4)


@pytest.mark.parametrize(
    ("distribution", "least", "message"),
    [("rician", -1.0, "greater than 0"), ("gamma", 0.0, "greater than 0"), ("poisson", -1.0, "0 or greater")],
)
def test_given_means_are_where_the_density_lives(distribution, least, message):
    image, means = np.round(magnitudes() * 5) + 1, np.array([[least], [20.0], [36.0]])
    with pytest.raises(ValueError, match=f'means_init must be {message} for distribution="{distribution}"'):
        segment(image, n_components=3, distribution=distribution, means_init=means, **FAST)
    found = segment(image, n_components=3, distribution="auto", means_init=means, **FAST)
    assert ("gamma" in found.distribution.bic) is False


# The classes in the unit of the image, their densities, and how many numbers are free

ONE = np.ones(1)
MIXTURES = {
    "gaussian": Mixture(proportions=ONE, means=np.array([[2.0]]), covariances=np.array([[0.5]])),
    "student": Student(
        proportions=ONE, means=np.array([[2.0]]), covariances=np.array([[0.5]]), degrees=np.array([5.0])
    ),
    "rician": Rician(proportions=ONE, signals=np.array([[2.0]]), variances=np.array([[0.5]])),
    "gamma": Gamma(proportions=ONE, shapes=np.array([[3.0]]), rates=np.array([[1.5]])),
    "lognormal": LogNormal(proportions=ONE, means=np.array([[0.4]]), covariances=np.array([[0.2]])),
    "poisson": Poisson(proportions=ONE, rates=np.array([[3.0]])),
}
UNIT = {"poisson": 1.0}  # counts have none


@pytest.mark.parametrize("distribution", MIXTURES)
def test_reported_densities_are_the_fitted_ones(distribution):
    """p(image) = p(standardised) / unit; mean and variance by quadrature."""
    mixture, unit = MIXTURES[distribution], np.array([UNIT.get(distribution, 10.0)])
    centre = np.array([7.0 if distribution in ("gaussian", "student") else 0.0])
    found = densities.classes(mixture, centre, unit, "diag")
    grid = np.arange(60.0) if distribution == "poisson" else np.linspace(-400, 400, 80_001) + 0.003
    standard = (grid[None] - centre) / unit
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = np.exp(families.FAMILIES[distribution].log_density(standard, mixture, "diag")[0]) / unit
    expected = np.where(forms.SUPPORTS[forms.FORMS[distribution].support](standard[0]), expected, 0)
    fit = {"means": found.means.tolist(), **{name: each.tolist() for name, each in found.parameters.items()}}
    shown = density(grid, distribution, fit, found.covariances[0, 0], 0, 0)
    np.testing.assert_allclose(shown, expected, rtol=1e-9, atol=1e-12)
    step = grid[1] - grid[0]
    mean = (grid * expected).sum() * step
    assert mean == pytest.approx(found.means[0, 0], rel=1e-3)
    if distribution != "student":  # its Σ is no covariance
        assert ((grid - mean) ** 2 * expected).sum() * step == pytest.approx(found.covariances[0, 0], rel=1e-3)


@pytest.mark.parametrize("kind", COVARIANCE_TYPES)
def test_covariances_of_logarithms_give_those_of_the_image(kind):
    """By draws; matrices where Σ is matrices."""
    shape = {"diag": (1, 2), "spherical": (1,), "tied": (2, 2), "full": (1, 2, 2)}[kind]
    matrix = np.array([[0.3, 0.1], [0.1, 0.2]]) if kind in ("tied", "full") else 0.2 * np.eye(2)
    of_each = {"diag": np.diag(matrix), "spherical": np.array([0.2])}
    sigma = of_each.get(kind, matrix).reshape(shape)
    mixture = LogNormal(proportions=ONE, means=np.array([[0.5, 0.2]]), covariances=sigma)
    found = densities.classes(mixture, np.zeros(2), np.array([2.0, 3.0]), kind)
    drawn = np.exp(np.random.default_rng(0).multivariate_normal([0.5, 0.2], matrix, 400_000)) * [2, 3]
    np.testing.assert_allclose(found.means[0], drawn.mean(axis=0), rtol=0.01)
    expected = np.cov(drawn.T)
    given = found.covariances.reshape(2, 2) if kind in ("tied", "full") else np.diag(found.covariances[0])
    np.testing.assert_allclose(
        given, expected if kind in ("tied", "full") else np.diag(np.diag(expected)), rtol=0.05
    )


@pytest.mark.parametrize("family", forms.FORMS)
def test_the_number_of_free_parameters(family):
    """Of diagonal covariances: the sizes of the record, but what is shared counts once and what is given not."""
    k, m = 3, 2
    sizes = [int(np.prod(shape)) for shape in forms.FORMS[family].shapes(k, m, "diag")]
    less = {"student_shared": k - 1, "student_fixed": k, "rician": (k - 1) * m, "gamma_fixed": k * m}
    assert selection.n_parameters(k, m, "diag", family) == k - 1 + sum(sizes) - less.get(family, 0)


def test_the_page_of_a_magnitude_image_shows_rician_densities():
    found = stats.rice.pdf(1.0, 2, scale=0.5)
    fit = {"means": [[1.0]], "signals": [[1.0]], "noise": [[0.5]]}
    assert density(np.array([1.0]), "rician", fit, 0.2, 0, 0) == pytest.approx(found)

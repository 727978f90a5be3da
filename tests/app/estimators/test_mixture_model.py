"""`MixtureModel`: it finds what samples were drawn from, and draws what it has found [NG]."""

import warnings

import numpy as np
import pytest
from scipy import stats

from deepmix import GaussianMixture, MixtureModel

N = 600
# Of each distribution: two classes of N samples in one feature, and what is to be found of the second, within.
SAMPLES = {
    "student": (stats.t(3), stats.t(3, loc=9), {"degrees": (3, 0.9)}),
    "rician": (
        stats.rice(0.5),
        stats.rice(6),
        {"signals": (6, 0.2), "noise": (1, 0.08), "signal_to_noise": (6, 0.5)},
    ),
    "gamma": (stats.gamma(3, scale=0.3), stats.gamma(9), {"shapes": (9, 1.5), "rates": (1, 0.2)}),
    "lognormal": (stats.lognorm(0.3), stats.lognorm(0.2, scale=8), {"deviations_of_logarithms": (0.2, 0.03)}),
    "poisson": (stats.poisson(2), stats.poisson(20), {"rates": (20, 0.6)}),
}
every_distribution = pytest.mark.parametrize("distribution", SAMPLES)


def samples(distribution: str) -> np.ndarray:
    first, second, _ = SAMPLES[distribution]
    drawn = np.concatenate([each.rvs(N, random_state=seed) for seed, each in enumerate((first, second))])
    return drawn[:, None].astype(float)


def fitted(distribution: str, **options) -> MixtureModel:
    settings = {"tol": 1e-6, "max_iter": 500, "random_state": 0, "backend": "reference"} | options
    return MixtureModel(2, distribution=distribution, **settings).fit(samples(distribution))


@every_distribution
def test_the_parameters_are_those_of_the_samples(distribution):
    model = fitted(distribution)
    second = int(model.means_[:, 0].argmax())
    assert model.weights_[second] == pytest.approx(0.5, abs=0.03)
    for name, (value, within) in SAMPLES[distribution][2].items():
        assert np.ravel(model.parameters_[name])[second] == pytest.approx(value, abs=within), name
    assert model.bic(samples(distribution)) <= GaussianMixture(2, random_state=0, backend="reference").fit(
        samples(distribution)
    ).bic(samples(distribution))


@every_distribution
def test_means_and_covariances_are_those_of_what_it_draws(distribution):
    model = fitted(distribution)
    X, classes = model.sample(40_000)
    for k in range(2):
        of_class = X[classes == k, 0]
        deviation = of_class.std()
        assert of_class.mean() == pytest.approx(model.means_[k, 0], abs=0.03 * deviation)
        if distribution != "student":  # its Σ is no covariance
            assert of_class.var() == pytest.approx(model.covariances_[k, 0], rel=0.06)


@every_distribution
@pytest.mark.filterwarnings("ignore:The step limit")
def test_the_backends_agree(distribution):
    ours, theirs = (
        fitted(distribution, backend=backend, max_iter=4, tol=0) for backend in ("accelerated", "reference")
    )
    for name in ("weights_", "means_", "covariances_", "lower_bounds_"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-7)


def test_numbers_that_are_given_stay():
    assert (fitted("student", degrees=5).parameters_["degrees"] == 5).all()
    assert (fitted("gamma", looks=4).parameters_["shapes"] == 4).all()
    shared, each = (fitted("rician", noise=noise).parameters_["noise"].ravel() for noise in ("shared", "each"))
    assert shared[0] == shared[1]
    assert each[0] != each[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"distribution": "cauchy"}, "distribution must be"),
        ({"distribution": "rician", "covariance_type": "full"}, "independent"),
        ({"degrees": 0.5}, "degrees must be"),
        ({"looks": 3}, 'looks is for distribution="gamma"'),
        ({"background": True}, 'background is for distribution="rician"'),
        ({"distribution": "gamma", "reg_covar": 1e-3}, "reg_covar is for covariances, which gamma has none of"),
        ({"distribution": "gamma"}, "2 values inside the mask that are not greater than 0"),
        ({"distribution": "lognormal"}, "2 values inside the mask that are not greater than 0"),
    ],
)
def test_what_cannot_be(options, message):
    """Nothing but the error is said."""
    X = np.linspace(1, 9, 20)[:, None]
    X[:2, 0] = 0, -1
    with warnings.catch_warnings(action="error"), pytest.raises(ValueError, match=message):
        MixtureModel(2, backend="reference", **options).fit(X)


def test_a_background_has_no_signal():
    rng = np.random.default_rng(0)
    X = np.concatenate([np.hypot(level + rng.normal(size=400), rng.normal(size=400)) for level in (0.0, 9.0)])
    found = MixtureModel(2, distribution="rician", background=True, random_state=0).fit(X[:, None])
    signals = np.sort(found.parameters_["signals"][:, 0])
    assert signals[0] == 0
    np.testing.assert_allclose(signals[1], 9, rtol=0.05)
    np.testing.assert_allclose(found.parameters_["noise"], 1, rtol=0.1)


@pytest.mark.parametrize("backend", ["accelerated", "reference"])
@pytest.mark.parametrize("distribution", ["rician", "gamma", "lognormal"])
def test_samples_of_weight_0_may_be_anything(distribution, backend):
    """As if they were not there."""
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.gamma(20, scale, (150, 1)) for scale in (0.2, 1.0)])
    settings = {"distribution": distribution, "backend": backend, "means_init": [[4.0], [20.0]], "max_iter": 20}
    alone = MixtureModel(2, **settings).fit(X)
    weights = np.repeat([1.0, 0.0], [len(X), 40])
    beside = MixtureModel(2, **settings).fit(np.concatenate([X, np.zeros((40, 1))]), sample_weight=weights)
    np.testing.assert_allclose(beside.means_, alone.means_, rtol=1e-5)
    np.testing.assert_allclose(beside.lower_bound_, alone.lower_bound_, rtol=1e-5)


@pytest.mark.parametrize("distribution", ["rician", "gamma", "lognormal"])
def test_means_and_new_samples_are_where_the_density_lives(distribution):
    with pytest.raises(ValueError, match=f'means_init must be greater than 0 for distribution="{distribution}"'):
        fitted(distribution, means_init=np.array([[-1.0], [4.0]]))
    with pytest.raises(ValueError, match="1 values inside the mask that are not greater than 0"):
        fitted(distribution).predict(np.array([[-1.0], [4.0]]))


@every_distribution
def test_attributes_have_the_dtype_of_the_samples(distribution):
    settings = {"max_iter": 5, "tol": 1.0, "random_state": 0}
    model = MixtureModel(2, distribution=distribution, **settings).fit(samples(distribution).astype(np.float32))
    found = {"means": model.means_, "covariances": model.covariances_, "weights": model.weights_}
    for name, each in (found | model.parameters_).items():
        assert each.dtype == np.float32, name

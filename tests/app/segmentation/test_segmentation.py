"""`deepmix.segment`: arrays in, labels out, for every method and backend."""

import warnings

import numpy as np
import pytest

from deepmix import segment
from deepmix.backends import opened
from deepmix.datasets.phantoms import left_ventricle
from deepmix.reference.evaluation.overlap import match_classes
from deepmix.reference.types import Status
from deepmix.report.description import report_of
from deepmix.segmentation import guide, presets
from deepmix.segmentation.preparation import prepare
from deepmix.segmentation.results import Segmentation
from tests.tolerances import TRAJECTORY

TINY = {"preset": "paper", "depth": 1, "filters": 2, "max_steps": 15, "learning_rate": 1e-2}
METHODS = pytest.mark.parametrize("method", ["gmm", "svgmm", "deepg", "deepsvg", "hmrf", "fcm"])
DEEP = pytest.mark.parametrize("method", ["deepg", "deepsvg"])


def blobs(shape: tuple[int, ...] = (20, 26), seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two channels of three bands in descending order of the first channel; truth 1 … 3; a mask."""
    rng = np.random.default_rng(seed)
    truth = np.broadcast_to((3 - np.arange(shape[0]) * 3 // shape[0]).reshape(-1, *[1] * (len(shape) - 1)), shape)
    image = np.stack([100.0 * truth, 50.0 - 10 * truth]) + rng.normal(0, 4, (2, *shape))
    mask = np.zeros(shape, bool)
    mask[3:-3, 4:-4] = True
    return image, truth, mask


@METHODS
@pytest.mark.parametrize("backend", ["accelerated", "reference"])
def test_labels_and_probabilities(method, backend):
    image, truth, mask = blobs()
    result = segment(image, mask, n_components=3, method=method, backend=backend, **TINY)
    assert result.labels.dtype == np.uint8
    assert (result.labels[~mask] == 0).all()
    assert result.labels[mask].min() >= 1
    assert result.labels.max() <= 3
    np.testing.assert_allclose(result.probabilities[:, mask].sum(axis=0), 1, atol=1e-5)
    assert (result.probabilities[:, ~mask] == 0).all()
    assert np.array_equal(result.probabilities.argmax(axis=0)[mask] + 1, result.labels[mask])
    (part,) = result.parts
    assert (np.diff(part.means[:, 0]) > 0).all()  # classes by ascending mean of the first channel
    if method in ("gmm", "svgmm"):
        assert (result.labels == truth)[mask].all()
        inside = [image[:, mask & (truth == k)].mean(axis=1) for k in (1, 2, 3)]
        np.testing.assert_allclose(part.means, inside, rtol=1e-3)
        variances = [image[:, mask & (truth == k)].var(axis=1) for k in (1, 2, 3)]
        np.testing.assert_allclose(part.covariances, variances, rtol=1e-2)


@METHODS
def test_the_backends_agree(method):
    image, _, mask = blobs()
    results = [
        segment(image, mask, n_components=3, method=method, backend=backend, dtype="float64", **TINY)
        for backend in ("accelerated", "reference")
    ]
    np.testing.assert_allclose(results[0].probabilities, results[1].probabilities, atol=TRAJECTORY)
    np.testing.assert_allclose(results[0].parts[0].history, results[1].parts[0].history, rtol=TRAJECTORY)
    assert results[0].parts[0].status is results[1].parts[0].status


@METHODS
def test_the_unit_and_what_lies_outside_do_not_matter(method):
    """Standardised over the mask, EM sees neither; the network sees what is outside, but no unit."""
    image, _, mask = blobs()
    options = {"n_components": 3, "method": method, "backend": "reference", **TINY}
    plain = segment(image, mask, **options)
    scaled = segment(1000 + 8 * image, mask, **options)
    np.testing.assert_allclose(plain.probabilities, scaled.probabilities, atol=1e-6)
    np.testing.assert_allclose(1000 + 8 * plain.parts[0].means, scaled.parts[0].means, rtol=1e-9)
    np.testing.assert_allclose(64 * plain.parts[0].covariances, scaled.parts[0].covariances, rtol=1e-6)
    beyond = image.copy()
    beyond[:, 0, 0] = np.nan, np.inf
    outside = segment(beyond, mask, **options)
    assert np.isfinite(outside.probabilities).all()
    if method in ("gmm", "svgmm"):
        assert np.array_equal(outside.labels, plain.labels)


@METHODS
@pytest.mark.parametrize("kind", ["diag", "spherical", "tied", "full"])
def test_covariances_come_in_the_unit_of_the_image(method, kind):
    image, _, mask = blobs()
    options = {"n_components": 2, "method": method, "backend": "reference", "covariance_type": kind, **TINY}
    (part,) = segment(image, mask, **options).parts
    (doubled,) = segment(2 * image, mask, **options).parts
    assert part.covariances.shape == {"tied": (2, 2), "full": (2, 2, 2)}.get(kind, (2, 2))
    np.testing.assert_allclose(4 * part.covariances, doubled.covariances, rtol=1e-6)


@METHODS
def test_given_means_fix_the_order(method):
    image, truth, mask = blobs()
    means = np.array([[200.0, 30], [300, 20], [100, 40]])
    extra = {"mean_prior": 5.0} if method == "deepsvg" else {}
    options = TINY | {"max_steps": 60, "filters": 4}
    result = segment(image, mask, n_components=3, method=method, means_init=means, **options, **extra)
    expected = np.where(mask, np.array([0, 3, 1, 2])[truth], 0)
    assert np.array_equal(match_classes(result.labels, expected, 3, 3), [1, 2, 3])
    if method in ("gmm", "svgmm"):
        assert np.array_equal(result.labels, expected)
        np.testing.assert_allclose(result.parts[0].means, means, atol=3)


@pytest.mark.parametrize("method", ["gmm", "fcm"])
def test_the_best_of_several_starts_is_kept(method):
    image = np.random.default_rng(6).normal(size=(1, 30, 30)) + np.arange(30) // 6 * 3
    options = {"n_components": 5, "method": method, "preset": "paper"}
    options |= {"initialization": "random", "tol": 1e-6, "max_iter": 30}
    single = [segment(image, seed=seed, **options).parts[0].value for seed in range(3)]
    best = segment(image, seed=0, restarts=3, **options).parts[0].value
    assert best == min(single)
    assert max(single) > best
    with pytest.raises(ValueError, match="means_init is one start; leave restarts out"):
        segment(image, means_init=np.arange(5.0)[:, None], restarts=2, **options)


def test_fuzzy_c_means_says_what_it_is_of():
    image, truth, mask = blobs()
    result = segment(image, mask, n_components=3, method="fcm", fuzzifier=1.5)
    assert (result.labels == truth)[mask].mean() > 0.98
    report = report_of(result)
    assert "nll" not in report["fits"][0]
    assert report["fits"][0]["objective"] == result.parts[0].value
    hard = report["partition_coefficient"]
    soft = report_of(segment(image, mask, n_components=3, method="fcm", fuzzifier=3.0))["partition_coefficient"]
    assert 1 / 3 < soft < hard < 1
    with pytest.raises(ValueError, match="fuzzifier must be greater than 1"):
        segment(image, mask, n_components=3, method="fcm", fuzzifier=1.0)


def test_the_markov_field_and_the_free_energy_say_what_they_are_of():
    image, truth, mask = blobs()
    noisy = image + np.random.default_rng(7).normal(0, 60, image.shape)
    scores = {}
    for beta in (0.0, 1.0):
        field = segment(noisy, mask, n_components=3, method="hmrf", beta=beta, backend="reference")
        matched = match_classes(field.labels, truth, 3, 3)
        scores[beta] = (np.r_[0, matched][field.labels] == truth)[mask].mean()
    assert scores[1.0] > scores[0.0] + 0.05
    fit = report_of(field)["fits"][0]
    assert "nll" not in fit
    assert fit["free_energy"] == field.parts[0].value == field.parts[0].history[-1]
    options = TINY | {"objective": "free_energy", "m_step_every": 0, "warm_start": 5, "backend": "reference"}
    deep = segment(image, mask, n_components=3, method="deepsvg", **options)
    assert report_of(deep)["fits"][0]["free_energy"] == deep.parts[0].value
    np.testing.assert_allclose(deep.parts[0].means, deep.guide.means, rtol=1e-5)  # kept from the GMM


def test_a_field_guides_a_network():
    """The free energy starts from the field: its mixture without proportions, its posteriors, its β."""
    image, _, mask = blobs()
    noisy = image + np.random.default_rng(7).normal(0, 60, image.shape)
    field = segment(noisy, mask, n_components=3, method="hmrf", preset="paper", beta="auto")
    options = TINY | {
        "objective": "free_energy",
        "m_step_every": 0,
        "warm_start": 60,
        "max_steps": 2,
        "filters": 8,
    }
    deep = segment(noisy, mask, n_components=3, guide="hmrf", beta="auto", **options)
    np.testing.assert_allclose(deep.guide.means, field.parts[0].means, rtol=1e-5)
    np.testing.assert_allclose(deep.parts[0].means, field.parts[0].means, rtol=1e-5)
    found = deep.probabilities[:, mask].mean(axis=1)  # not the 1/K that the free energy was told
    np.testing.assert_allclose(deep.parts[0].proportions, found, rtol=1e-5)
    report = report_of(deep)["guide"]
    assert "nll" not in report
    assert report["free_energy"] == deep.guide.history[-1]
    assert deep.field == field.field
    by_gmm = segment(noisy, mask, n_components=3, **options)
    alike, less = ((result.labels == field.labels)[mask].mean() for result in (deep, by_gmm))
    assert alike > less
    with pytest.raises(ValueError, match="guide must be one of gmm, hmrf"):
        segment(noisy, mask, n_components=3, guide="svgmm")


def test_the_prior_of_a_field_guides_a_network():
    """The free energy is told how large the classes are, and not what they are in the end."""
    rng = np.random.default_rng(3)
    truth = np.zeros((32, 32), int)
    truth[4:14, 4:14] = 1
    image = 2.5 * truth + rng.normal(0, 1, truth.shape)
    told = {}
    for sizes in ("equal", "free"):
        settings = presets.settings("robust", n_components=2, beta=0.5, total_variation=0.25, class_sizes=sizes)
        with opened("accelerated", "float32", None) as twin:
            told[sizes] = guide.fit_guide(prepare(image, None, settings), twin).mixture.proportions
    np.testing.assert_allclose(told["equal"], 0.5)
    assert told["free"].sum() == pytest.approx(1)
    assert told["free"][1] < 0.4


def test_the_external_field_is_told():
    """With the classes in their order: the smaller class has the smaller α."""
    truth = np.zeros((32, 32), int)
    truth[4:14, 4:14] = 1
    image = 2.5 * truth + np.random.default_rng(3).normal(0, 1, truth.shape)
    options = {"n_components": 2, "method": "hmrf", "beta": 0.5, "restarts": 1, "backend": "reference"}
    for sign in (1, -1):
        fit = report_of(segment(sign * image, class_sizes="free", **options))["fits"][0]
        assert sign * (fit["external"][0] - fit["external"][1]) > 0.1
    assert not report_of(segment(image, **options))["fits"][0]["external"].any()
    plain = segment(image, n_components=2, method="gmm", backend="reference")
    assert report_of(plain)["fits"][0]["external"] is None


def test_one_channel_has_one_variance_and_several_have_covariances():
    image, _, mask = blobs()
    options = {"method": "gmm", "backend": "reference"}
    for channels, expected in ((image, "full"), (image[:1], "tied"), (image[0], "tied")):
        found = segment(channels, mask, n_components=3, covariance_type="auto", preset="paper", **options)
        assert found.settings.mixture.covariance_type == expected
        named = segment(channels, mask, n_components=3, covariance_type=expected, preset="paper", **options)
        assert np.array_equal(found.labels, named.labels)
    noise = np.random.default_rng(0).normal(size=(20, 20))
    chosen = segment(noise, n_components="auto:1:3", **options)
    assert chosen.settings.mixture.covariance_type == "tied"


def test_the_image_says_how_strong_its_field_is():
    image, _, mask = blobs()
    noisy = image + np.random.default_rng(7).normal(0, 60, image.shape)
    result = segment(noisy, mask, n_components=3, method="hmrf", beta="auto")
    assert result.field is not None
    curve = result.field.information
    assert result.field.beta == max(curve, key=curve.get) > 0.25
    given = segment(noisy, mask, n_components=3, method="hmrf", beta=result.field.beta)
    assert np.array_equal(result.labels, given.labels)
    assert given.field is None
    assert report_of(result)["field"]["beta"] == result.field.beta
    for wrong in ("strong", -1.0, float("nan")):
        with pytest.raises(ValueError, match="beta must be a number that is not negative, or auto"):
            segment(noisy, mask, n_components=3, method="hmrf", beta=wrong)


def test_a_field_over_a_volume_has_neighbours_in_three_dimensions():
    truth = np.zeros((12, 12, 5), int)
    truth[:, 6:] = 1
    image = (4.0 * truth)[None] + np.random.default_rng(8).normal(0, 0.5, (1, *truth.shape))
    image[0, 3, 3, 2] = 3.0  # alone between its neighbours in its slice and in those beside it
    options = {"n_components": 2, "method": "hmrf", "max_iter": 0, "beta": 12.0, "initialization": "kmeans"}
    whole = segment(image, **options)
    assert np.array_equal(whole.labels, truth + 1)
    middle = segment(image, slices=(2, 3), **options)
    assert not middle.labels[..., [0, 1, 3, 4]].any()


@METHODS
def test_volumes(method):
    image, _, mask = blobs((20, 26, 5))
    mask[..., 0] = False
    mask[..., 4] = False
    mask[8, 8:10, 4] = True  # fewer pixels than classes
    options = {"n_components": 3, "method": method, **TINY}
    if method in ("gmm", "svgmm", "hmrf", "fcm"):
        result = segment(image, mask, **options)
        assert len(result.parts) == 1
    else:
        with pytest.warns(UserWarning, match="slice 4 has 2 pixels"):
            result = segment(image, mask, **options)
        assert [part.slice for part in result.parts] == [1, 2, 3]
        assert (np.diff(result.guide.means[:, 0]) > 0).all()
        alone = segment(image, mask, slices=(2, 3), **options)  # as if the others had not been done
        assert np.array_equal(alone.labels[..., 2], result.labels[..., 2])
        assert not alone.labels[..., [0, 1, 3, 4]].any()
    assert ((result.labels > 0) == mask).all()


@DEEP
def test_a_label_means_the_same_class_in_every_slice(method):
    """Slices differ in brightness, so that the order of their own means would not do."""
    rng = np.random.default_rng(4)
    truth = np.zeros((16, 16, 4), int) + 1
    truth[8:, :, :2], truth[:, 8:, 2:] = 2, 3  # two of the three classes in each
    image = 100.0 * truth + rng.normal(0, 3, truth.shape)
    result = segment(image[None], n_components=3, method=method, **(TINY | {"max_steps": 60}))
    for z in range(4):
        present = np.unique(truth[..., z])
        found = {k: np.bincount(result.labels[..., z][truth[..., z] == k], minlength=4).argmax() for k in present}
        assert found == {k: k for k in present}


def test_warm_start_begins_at_the_gmm():
    image, truth, mask = blobs()
    options = TINY | {"max_steps": 1, "filters": 4}
    shares = [
        (segment(image, mask, n_components=3, warm_start=steps, **options).labels == truth)[mask].mean()
        for steps in (0, 60)
    ]
    assert shares[1] > 0.95 > shares[0]


def test_regularisers_reach_the_fit():
    image, _, mask = blobs()
    options = {"n_components": 3, "backend": "reference", **TINY}
    plain = segment(image, mask, **options).parts[0]
    smooth = segment(image, mask, total_variation=10.0, **options).parts[0]
    drawn = segment(image, mask, means_init=np.full((3, 2), 100.0), mean_prior=5.0, **options).parts[0]
    assert plain.value != smooth.value
    spread = [np.abs(part.means - 100).sum() for part in (plain, drawn)]
    assert spread[1] < spread[0]


def shares(**given) -> Segmentation:
    """By a network that descends from the guide, with regularisers."""
    image, _, mask = blobs()
    options = {"n_components": 3, "backend": "reference", "objective": "free_energy", "guide": "gmm", **TINY}
    return segment(image, mask, **options | {"warm_start": 20, "max_steps": 12, "learning_rate": 0.02} | given)


def test_a_network_comes_nearer_to_the_volumes_that_are_wanted():
    volumes = (0.1, 0.2, 0.7)
    found = (shares(**given).parts[0].proportions for given in ({}, {"volumes": volumes}))
    alone, drawn = (np.abs(proportions - volumes).sum() for proportions in found)
    assert drawn < 0.85 * alone


def test_the_entropy_makes_harder_or_softer_and_the_coupling_smoother():
    unsure = [shares(entropy=weight).ambiguity.mean() for weight in (-0.5, 0.0, 0.5)]
    assert unsure == sorted(unsure, reverse=True)
    borders = [_borders(shares(markov=weight).labels) for weight in (0.0, 3.0)]
    assert borders[1] < borders[0]


@pytest.mark.parametrize("given", [{"entropy": 0.5}, {"markov": 0.5}, {"volumes": (0.4, 0.6)}])
def test_regularisers_of_networks_are_refused_where_there_is_none(given):
    (name,) = given
    with pytest.raises(ValueError, match=f"^{name} is for deepg and deepsvg; leave it out for hmrf"):
        segment(np.eye(8), n_components=2, method="hmrf", **given)


def _borders(labels: np.ndarray) -> int:
    return int((np.diff(labels, axis=0) != 0).sum() + (np.diff(labels, axis=1) != 0).sum())


@METHODS
def test_shapes_of_one_channel(method):
    image, _, mask = blobs()
    flat = segment(image[0], mask, n_components=3, method=method, **TINY)
    stacked = segment(image[:1], mask, n_components=3, method=method, **TINY)
    deep = segment(image[:1, ..., None], mask[..., None], n_components=3, method=method, **TINY)
    assert flat.labels.shape == mask.shape
    assert np.array_equal(flat.labels, stacked.labels)
    assert deep.labels.shape == (*mask.shape, 1)


def test_precision_is_kept_until_the_channels_are_standardised():
    """Float32 comes after the mean is gone: an offset of 10⁹ leaves float64 seven digits."""
    image, _, mask = blobs()
    options = {"n_components": 3, "method": "gmm", "dtype": "float32"}
    plain, offset = segment(image, mask, **options), segment(image + 1e9, mask, **options)
    assert np.array_equal(plain.labels, offset.labels)
    np.testing.assert_allclose(offset.parts[0].means - 1e9, plain.parts[0].means, atol=1e-3)


def test_slices_that_are_all_too_small():
    image, _, mask = blobs((20, 26, 3))
    mask[..., 1] = False
    mask[5, 5:7, 1] = True
    with pytest.warns(UserWarning, match="slice 1 has 2 pixels"):
        result = segment(image, mask, n_components=3, slices=(1, 2), **TINY)
    assert result.parts == ()
    assert (result.labels[..., 1] > 0).sum() == 2
    assert np.isfinite(result.guide.value)


def test_the_phantom_is_segmented():
    phantom = left_ventricle(96, 1.0, seed=2)
    result = segment(phantom.image, phantom.mask, n_components=4, method="gmm")
    assert result.parts[0].status is Status.converged


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "magic"}, "method must be one of gmm, svgmm, deepg, deepsvg"),
        ({"backend": "torch"}, "backend must be one of"),
        ({"n_components": 0}, "n_components must be from 1"),
        ({"n_components": 300}, "n_components must be from 1"),
        ({"tol": -1.0}, "tol must be at least 0"),
        ({"tol": float("nan")}, "tol must be at least 0"),
        ({"max_steps": 0}, "max_steps must be at least 1"),
        ({"mean_prior": 1.0}, "mean_prior needs means_init"),
        ({"volumes": (0.5, 0.5)}, "volumes are shares of the 3 classes that sum to 1, got 0.5, 0.5"),
        ({"volumes": (0.5, 0.4, 0.2)}, "sum to 1, got 0.5, 0.4, 0.2"),
        ({"volumes": (1.5, -0.3, -0.2)}, "sum to 1, got 1.5, -0.3, -0.2"),
        ({"volumes": (0.2, 0.3, 0.5), "preset": "paper"}, "volumes need classes that have a place"),
        ({"means_init": np.zeros((2, 2))}, r"means_init must have the shape .* \(3, 2\)"),
        ({"m_step_weights": "posterior"}, "goes with"),
        ({"slices": (0, 1)}, "slices are for volumes"),
        ({"device": "abacus"}, "there is no device 'abacus'"),
        ({"backend": "reference", "dtype": "float32"}, "reference backend runs on the CPU in float64"),
        ({"mask": np.zeros((20, 26))}, "the mask is empty"),
        ({"mask": np.ones((20, 25))}, r"\(20, 25\) does not match .*\(2, 20, 26\)"),
        ({"image": np.zeros(7)}, r"image must be .* got the shape \(1, 7\)|image must be"),
        ({"image": np.full((2, 20, 26), np.nan)}, "channel 0 has 520 NaN"),
    ],
)
def test_bad_input(change, message):
    image, _, _ = blobs()
    arguments = {"image": image, "n_components": 3} | change
    with pytest.raises(ValueError, match=message):
        segment(arguments.pop("image"), arguments.pop("mask", None), **arguments)


def test_more_classes_than_pixels():
    with pytest.raises(ValueError, match="n_samples >= n_components"):
        segment(np.arange(4.0).reshape(2, 2), n_components=5, method="gmm")


def test_an_unknown_setting_is_refused():
    with pytest.raises(TypeError, match="colour"):
        segment(np.eye(8), n_components=2, colour="red")


def test_a_constant_channel_is_said():
    image, _, mask = blobs()
    image[1] = 7.0
    with pytest.warns(UserWarning, match="channel 1 is constant"):
        result = segment(image, mask, n_components=3, method="gmm")
    assert result.labels.max() == 3


def test_a_class_without_a_pixel_is_said():
    """A network that has learnt nothing has a favourite; of some slices of a volume not all classes are asked."""
    image, _, mask = blobs((16, 16, 2))
    options = {"n_components": 3, "backend": "reference", **TINY, "max_steps": 1, "min_steps": 1}
    with pytest.warns(UserWarning, match=r"(class \d has|classes \d, \d have) no pixel: try fewer classes"):
        found = segment(image[..., 0], mask[..., 0], **options)
    assert len(np.unique(found.labels[mask[..., 0]])) < 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        segment(image, mask, slices=(0, 1), **options)


def test_a_collapsed_class_is_said():
    image = np.repeat([0.0, 1.0], 32).reshape(8, 8)  # two values cannot fill three classes
    with pytest.warns(UserWarning, match="class . collapsed"):
        segment(image, n_components=3, method="gmm", backend="reference")

"""About how long a segmentation takes is said before the work."""

import numpy as np
import pytest

from deepmix.reference.mixtures.forms import FORMS
from deepmix.segmentation import duration, presets
from deepmix.segmentation.distributions import CHOSEN_FROM, DISTRIBUTIONS, EFFORT, DistributionSettings
from deepmix.settings import flat

ONE = range(3, 4)  # number of classes: none to choose from


def seconds(side: int, shrink: int = 1, method: str = "hmrf", n_components: int = 3, **given) -> float:
    settings = presets.settings("robust", n_components=n_components, method=method, **given)
    return duration.seconds(np.zeros((1, side, side, 4), np.float32), None, settings, shrink, ONE)


@pytest.mark.parametrize("method", ["gmm", "svgmm", "hmrf", "fcm", "deepsvg", "deepg"])
def test_more_takes_longer(method):
    assert seconds(200, method=method) > seconds(100, method=method) > 0
    assert seconds(100, method=method, n_components=4) > seconds(100, method=method)
    assert seconds(1000, shrink=4, method=method) < seconds(1000, method=method) / 3


def test_slices_and_masks_take_less():
    assert seconds(100, method="deepsvg", slices=(0, 2)) < seconds(100, method="deepsvg")
    settings = presets.settings("robust", n_components=3)
    mask = np.zeros((100, 100), bool)
    mask[:20, :30] = True
    of_mask, of_all = (duration.seconds(np.zeros((1, 100, 100)), each, settings, 1, ONE) for each in (mask, None))
    assert of_mask < of_all / 5


@pytest.mark.parametrize(
    ("side", "method", "words"),
    [
        (64, "hmrf", None),
        (4000, "hmrf", "hmrf: 2 minutes or so on two cores; --shrink 4: 8 seconds"),
        (3000, "deepsvg", "deepsvg: 2 hours or so on two cores; --shrink 4: 7 minutes"),
    ],
)
def test_long_work_is_told_before(side, method, words):
    image = np.broadcast_to(np.float32(0), (3, side, side, 4))
    assert duration.said(image, None, presets.settings("robust", n_components=3, method=method), ONE) == words


def test_of_the_reference_nothing_is_told():
    image = np.broadcast_to(np.float32(0), (3, 4000, 4000))
    settings = presets.settings("robust", n_components=3, backend="reference")
    assert duration.said(image, None, settings, ONE) is None


def test_every_number_of_classes_that_is_tried_takes_its_time():
    """Eight of them took 16 seconds of a processor on such an image, where eight classes alone take one."""
    image, settings = np.zeros((3, 600, 600)), presets.settings("robust", n_components=8, method="gmm")
    one, few, many = (duration.seconds(image, None, settings, 1, range(k, 9)) for k in (8, 6, 1))
    assert 0 < one < few / 2
    assert few < many
    assert 16 / 3 < many < 16
    large = np.broadcast_to(np.float32(0), (3, 2000, 2000))
    assert duration.said(large, None, settings, range(8, 9)) is None
    words = "gmm: 60 seconds or so on two cores; --shrink 4: 8 seconds"
    assert duration.said(large, None, settings, range(1, 9)) == words


STARTS = ("initialization", "restarts")
WITH_DENSITIES = ["gmm", "svgmm", "hmrf", "deepsvg", "deepg"]


@pytest.mark.parametrize("method", WITH_DENSITIES)
@pytest.mark.parametrize("distribution", [name for name in DISTRIBUTIONS if name != "gaussian"])
def test_no_distribution_is_as_fast_as_the_gaussian(distribution, method):
    """Its densities have more to compute, or its steps are shorter."""
    assert seconds(300, method=method, distribution=distribution) > seconds(300, method=method)


def test_what_a_distribution_takes_is_of_the_fit_alone():
    """A network computes the same whatever the classes are: it takes as much longer as its guide does."""
    deep, guide = (
        seconds(300, method=method, distribution="student") - seconds(300, method=method)
        for method in ("deepsvg", "hmrf")
    )
    assert deep == pytest.approx(guide)


@pytest.mark.parametrize("method", WITH_DENSITIES)
def test_a_distribution_that_is_chosen_takes_a_mixture_of_each(method):
    """From as many starts as the method has; and then the method itself."""
    started = {name: flat(presets.settings("robust", n_components=3, method=method))[name] for name in STARTS}
    each = sum(seconds(300, method="gmm", distribution=name, **started) for name in CHOSEN_FROM)
    auto = seconds(300, method=method, distribution="auto")
    assert auto > each + seconds(300, method=method)
    assert auto < 1.01 * each + max(seconds(300, method=method, distribution=name) for name in CHOSEN_FROM)


def test_distributions_that_the_covariance_type_does_not_allow_are_not_tried():
    auto, full = (seconds(300, distribution="auto", covariance_type=kind) for kind in ("auto", "full"))
    assert full < auto


def test_numbers_of_classes_are_tried_with_the_distribution_from_every_start():
    image = np.zeros((1, 300, 300, 4), np.float32)

    def tried(**given) -> float:
        settings = presets.settings("robust", n_components=5, **given)
        several, one = (duration.seconds(image, None, settings, 1, range(k, 6)) for k in (1, 5))
        return several - one

    assert tried(method="gmm", distribution="student") > 1.5 * tried(method="gmm")
    assert tried(method="hmrf") > 2 * tried(method="gmm")


def test_every_family_says_what_it_takes():
    assert EFFORT.keys() == FORMS.keys()
    gaussian, fixed, shared, auto = (
        DistributionSettings(**given).effort
        for given in (
            {},
            {"distribution": "student", "degrees": 4.0},
            {"distribution": "student"},
            {"distribution": "auto"},
        )
    )
    assert gaussian == 1 < fixed < shared
    assert gaussian < auto < shared

"""What bad input Algorithm 3 and its warm start get beyond what every fit refuses (tests/fits)."""

import warnings

import numpy as np
import pytest

from deepmix.reference.deep_mixtures import one_image
from deepmix.reference.deep_mixtures.records import DeepModel
from deepmix.reference.networks.parameters import unet_parameters
from deepmix.reference.networks.records import UNetConfig
from tests.fits.inputs import BAD, Bad, spoiled

CONFIG = UNetConfig(depth=1, filters=2)
NET = unet_parameters(2, 2, CONFIG)


def good() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(2, 4, 4))


def warm_start(image, mask=None, target=None):
    target = np.full((2, 4, 4), 0.5) if target is None else target
    return one_image.warm_start(image, NET, target, mask, n_steps=1, config=CONFIG)


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name.replace(" ", "_"))
def test_dg6_bad_pixels_and_weights(bad: Bad):
    with pytest.raises(ValueError, match=bad.expected(2, 2)):
        warm_start(*bad.spoil(good(), np.ones((4, 4))))


def test_dg6_nan_outside_is_replaced_by_the_mean():
    mask = np.ones((4, 4))
    mask[0, 3] = 0
    filled = good()
    filled[1, 0, 3] = filled[1, mask > 0].mean()
    one, other = warm_start(spoiled(filled, [3], np.nan), mask), warm_start(filled, mask)
    np.testing.assert_allclose(one["head"]["kernel"], other["head"]["kernel"], rtol=1e-12)


def test_dg6_a_constant_channel_warns_once():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warm_start(spoiled(good(), slice(None), 0.1))
    assert len([w for w in caught if "channel 1 is constant" in str(w.message)]) == 1


@pytest.mark.parametrize(
    ("switch", "message"),
    [
        ({"objective": "gmm"}, "objective must be one of nll_v, nll, free_energy"),
        ({"m_step_gradient": "both"}, "m_step_gradient must be one of through, held"),
        ({"m_step_weights": "gamma"}, "m_step_weights must be one of prior, posterior"),
        ({"label_rule": "map"}, "label_rule must be one of prior, posterior"),
        ({"m_step_weights": "posterior"}, '"posterior" goes with m_step_gradient="held" only'),
    ],
)
def test_dg_switches_that_do_not_exist_or_do_not_go_together(switch, message):
    with pytest.raises(ValueError, match=message):
        one_image.fit(good(), NET, model=DeepModel(unet=CONFIG, **switch))


@pytest.mark.parametrize(
    "run", [one_image.fit, lambda x, net, w=None, **_: one_image.warm_start(x, net, np.ones((2, 4, 4)), w)]
)
def test_images_for_the_network(run):
    model = DeepModel(unet=UNetConfig())
    with pytest.raises(ValueError, match=r"multiples of 16 .*\(16, 24\)"):
        run(np.zeros((2, 16, 24)), NET, model=model)
    with pytest.raises(ValueError, match=r"\(16, 16\) .*\(2, 16, 32\)"):
        run(np.zeros((2, 16, 32)), NET, np.ones((16, 16)), model=model)
    with pytest.raises(ValueError, match=r"\(channels, height, width\).*\(16, 16\)"):
        run(np.zeros((16, 16)), NET, model=model)


def test_dg6_a_target_of_another_shape_is_named_with_both_shapes():
    with pytest.raises(ValueError, match=r"target .*\(2, 4, 2\)"):
        one_image.warm_start(good(), NET, np.full((2, 4, 2), 0.5), n_steps=1, config=CONFIG)


def test_dg6_what_the_target_says_outside_the_mask_never_matters():
    mask, target = np.ones((4, 4)), np.full((2, 4, 4), 0.5)
    mask[0, 0] = 0
    soiled = np.where(mask > 0, target, np.nan)
    one, other = (
        one_image.warm_start(good(), NET, p, mask, n_steps=2, config=CONFIG)["head"]["kernel"]
        for p in (target, soiled)
    )
    np.testing.assert_array_equal(one, other)

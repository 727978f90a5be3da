"""Devices that share the pixels give the fit of one."""

import pytest

from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from tests.agreement.devices import output_on_devices


@pytest.mark.parametrize(
    ("n_devices", "kinds"),
    [(4, ["full"]), pytest.param(8, COVARIANCE_TYPES, marks=pytest.mark.thorough)],
)
def test_devices_that_share_the_pixels_give_the_fit_of_one(n_devices, kinds):
    assert output_on_devices("tests.agreement.mixtures.on_devices", n_devices, *kinds) == "equal"

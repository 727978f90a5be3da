"""Bad input is refused by every fit of either backend, in the same words."""

import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from deepmix import accelerated, reference
from deepmix.reference.mixtures.forms import n_components
from tests.fits import table
from tests.fits.inputs import BAD, Bad, spoiled
from tests.fits.table import Fit, Problem, fit

BACKENDS = pytest.mark.parametrize("backend", [reference, accelerated], ids=["reference", "accelerated"])
few = settings(max_examples=3)
# The checks come before all that depends on the covariance type.
every_fit = table.every_fit(lambda row, kind: kind == row.kinds[0])


def with_data(row: Fit, problem: Problem, spoil) -> Problem:
    """The problem with other data and weights; each image of a batch gets the same."""
    data, weights = problem[row.data], np.ones(problem[row.mask].shape)
    if row.data == "images":
        data, weights = map(_stack, zip(*map(spoil, data, weights), strict=True))
    else:
        data, weights = spoil(data, weights)
    return problem | {row.data: data, row.mask: weights}


def _stack(arrays: tuple[np.ndarray, ...]) -> np.ndarray:
    """`numpy.stack` forgets masks."""
    masked = any(isinstance(array, np.ma.MaskedArray) for array in arrays)
    return np.ma.stack(arrays) if masked else np.stack(arrays)


def sizes(row: Fit, problem: Problem) -> tuple[int, int]:
    """M and K."""
    data = problem[row.data]
    if "parameters" in problem:
        return data.shape[row.data == "images"], len(problem["parameters"]["head"]["bias"])
    start = problem["start"]
    return len(data), len(start) if isinstance(start, np.ndarray) else n_components(start)


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name.replace(" ", "_"))
@every_fit
@few
@given(data=st.data())
def test_bad_pixels_and_weights(row, kind, bad: Bad, data):
    problem = data.draw(row.problems(kind, "ones"))
    n_channels, n_classes = sizes(row, problem)
    assume(n_classes > 1)
    messages = []
    for backend in (reference, accelerated):
        with pytest.raises(ValueError, match=bad.expected(n_channels, n_classes)) as raised:
            fit(backend, row, with_data(row, problem, bad.spoil), kind)
        messages.append(str(raised.value))
    assert messages[0] == messages[1]


@BACKENDS
@every_fit
@few
@given(data=st.data())
def test_pixels_without_channels(backend, row, kind, data):
    problem = data.draw(row.problems(kind, "ones"))
    flat = np.take(problem[row.data], 0, axis=1 if row.data == "images" else 0)
    with pytest.raises(ValueError, match="shape"):
        fit(backend, row, problem | {row.data: flat}, kind)


@BACKENDS
@table.every_fit(lambda row, kind: kind == "diag")
@few
@given(data=st.data(), unknown=st.sampled_from(("banana", "Diag", "")))
def test_an_unknown_covariance_type_is_told_the_known_ones(backend, row, kind, data, unknown):
    problem = data.draw(row.problems(kind, "ones"))
    with pytest.raises(ValueError, match="one of diag, spherical, tied, full"):
        fit(backend, row, problem, unknown)


@BACKENDS
@every_fit
@few
@given(data=st.data())
def test_a_constant_channel_warns_once_and_the_fit_proceeds(backend, row, kind, data):
    problem = data.draw(row.problems(kind, "ones"))
    constant = with_data(row, problem, lambda x, w: (spoiled(x, slice(None), 0.1), w))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        record = fit(backend, row, constant, kind, n_steps=1)
    said = [str(warning.message) for warning in caught if "is constant" in str(warning.message)]
    assert set(said) == {f"channel {sizes(row, problem)[0] - 1} is constant inside the mask and says nothing"}
    assert len(said) == (len(constant[row.data]) if row.data == "images" else 1)  # once an image
    assert np.isfinite(record.value)

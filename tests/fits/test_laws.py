"""What every fit of the reference promises."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from deepmix import reference
from deepmix.reference.trees import leaves
from deepmix.reference.types import Status
from tests import problems
from tests.fits import table
from tests.fits.records import certain, permuted_problem, permuted_record
from tests.fits.table import FITS, fit, outside, solver
from tests.laws.helpers import FEW_STEPS, close, flat
from tests.structure import REFERENCE_MODULES, public_functions

N_STEPS = 4
every_fit = table.every_fit()
junk = st.sampled_from((0.0, 1e6, np.nan, np.inf, -np.inf, 1e200, -1.7e308))


def close_record(actual, expected) -> None:
    """Equal as a few steps leave it, field by field; labels away from ties."""
    sure = certain(expected)
    for name, wanted in expected._asdict().items():
        found = getattr(actual, name)
        if name == "parameters":
            close(flat(found), flat(wanted), FEW_STEPS)
        elif name == "labels":
            np.testing.assert_array_equal(found[sure], wanted[sure])
        elif name in ("status", "degenerate"):
            np.testing.assert_array_equal(found, wanted)
        else:
            close(found, wanted, FEW_STEPS)


def test_every_algorithm_that_fits_has_a_row():
    fitting = {name for name, module in REFERENCE_MODULES.items() if "fit" in public_functions(module)}
    assert fitting == {row.algorithm for row in FITS}


@every_fit
@given(data=st.data())
def test_a_record_begins_with_value_history_status_and_degenerate(row, kind, data):
    problem = data.draw(row.problems(kind, None))
    record = fit(reference, row, problem, kind, N_STEPS)
    assert record._fields[:4] == ("value", "history", "status", "degenerate")
    assert record.history.shape == (N_STEPS + row.values_before,)
    assert record.value == record.history[-1]
    assert record.status is Status.max_steps
    assert record.degenerate.dtype == bool
    close(record.value, row.value(problem, record, kind), scale=1 + abs(record.value))


@every_fit
@given(data=st.data())
def test_it_has_converged_as_soon_as_tol_allows_it(row, kind, data):
    record = fit(reference, row, data.draw(row.problems(kind, None)), kind, 9, tol=np.inf)
    assert record.status is Status.converged
    assert len(record.history) <= 2 + (not row.values_before)
    assert record.value == record.history[-1]


@every_fit
@given(data=st.data())
def test_permuting_the_classes_permutes_the_record(row, kind, data):
    problem = data.draw(row.problems(kind, None))
    record = fit(reference, row, problem, kind, N_STEPS)
    order = data.draw(problems.generators).permutation(len(record.degenerate))
    other = fit(reference, row, permuted_problem(problem, order, kind), kind, N_STEPS)
    close_record(other, permuted_record(record, order, kind))


@every_fit
@given(data=st.data(), value=junk)
def test_what_lies_outside_the_mask_never_matters(row, kind, data, value):
    """A network sees finite numbers there: for it, what is none or too large counts as the channel's mean."""
    problem = data.draw(row.problems(kind, "mask"))
    out, pixels = outside(row, problem), problem[row.data]
    calm = pixels
    if row.sees_outside:
        value = value if abs(value) > 1e100 or np.isnan(value) else np.nan
        axes = tuple(range(2 if row.data == "images" else 1, pixels.ndim))
        calm = np.where(out, np.mean(pixels, axis=axes, where=~out, keepdims=True), pixels)
    expected = fit(reference, row, problem | {row.data: calm}, kind, N_STEPS)
    actual = fit(reference, row, problem | {row.data: np.where(out, value, pixels)}, kind, N_STEPS)
    inside = ~(out[:, 0] if row.data == "images" else out[0])
    close_record(_inside(actual, inside), _inside(expected, inside))


def _inside(record, inside: np.ndarray):
    """The record without what its maps (…, *inside.shape) say outside the mask."""

    def kept(array):
        array = np.asarray(array)
        return array[..., inside] if array.shape[-inside.ndim :] == inside.shape else array

    maps = {
        name: kept(value)
        for name, value in record._asdict().items()
        if name in ("responsibilities", "memberships", "proportions", "labels")
    }
    if hasattr(record, "mixture"):
        maps["mixture"] = record.mixture._replace(proportions=kept(record.mixture.proportions))
    return record._replace(**maps)


@table.every_fit(lambda row, kind: row.data == "pixels")
@given(data=st.data())
def test_a_mask_leaves_pixels_out(row, kind, data):
    """Where the order of pixels does not matter, the fit is that of the pixels inside, whatever the rest says."""
    problem = data.draw(row.problems(kind, "mask"))
    inside, start = problem["weights"] > 0, problem["start"]
    soiled, kept = start, start
    if row.algorithm == "mixtures.svgmm":
        soiled = start._replace(proportions=np.where(inside, start.proportions, np.nan))
        kept = start._replace(proportions=start.proportions[:, inside])
    elif row.algorithm == "mixtures.fcm":
        soiled, kept = np.where(inside, start, np.nan), start[:, inside]
    cropped = {"pixels": problem["pixels"][:, inside], "start": kept, "weights": None}
    actual = fit(reference, row, problem | {"start": soiled}, kind, N_STEPS)
    close_record(_inside(actual, inside), fit(reference, row, problem | cropped, kind, N_STEPS))


@every_fit
@given(data=st.data())
def test_a_bool_mask_is_one_of_0_and_1(row, kind, data):
    problem = data.draw(row.problems(kind, "mask"))
    one = fit(reference, row, problem, kind, 2)
    other = fit(reference, row, problem | {row.mask: problem[row.mask] > 0}, kind, 2)
    np.testing.assert_array_equal(one.history, other.history)


@every_fit
@given(data=st.data())
def test_arguments_are_left_as_they_are(row, kind, data):
    """They are read-only besides: whoever writes to one raises."""
    problem = data.draw(row.problems(kind, None))
    before = {name: [np.array(leaf) for leaf in _arrays(argument)] for name, argument in problem.items()}
    solver(reference, row)(problem, row.options(kind, 2, -1.0))
    for name, argument in problem.items():
        for leaf, copy in zip(_arrays(argument), before[name], strict=True):
            np.testing.assert_array_equal(leaf, copy)


def _arrays(argument) -> list:
    return list(argument) if isinstance(argument, tuple) else list(leaves(argument))

"""What the cases cover, function by function."""

import inspect
from collections import defaultdict

import numpy as np
import pytest

from deepmix.conformance import flat
from deepmix.conformance.cases import cases
from deepmix.conformance.ports import REFERENCE

WEIGHTS = ("weights", "mask", "batch/weights")
# Where a mask is the set itself, or nothing but its shape counts.
OTHERWISE = {
    "evaluation.distances.squared_distance_transform",
    "evaluation.surfaces.surface",
    "mixtures.hmrf.colours",
}


def weighed() -> dict[str, set[str]]:
    """Of every function that takes weights, how its cases weigh the pixels: not at all, alike or differently."""
    found = defaultdict(set)
    for case in cases("minimal", "float64"):
        arrays, _ = flat.flatten(case.arguments)
        given = [arrays[name] for name in WEIGHTS if name in arrays]
        alike = all((np.asarray(array) == 1).all() for array in given)
        if not case.rejected:
            found[case.function].add(("alike" if alike else "differently") if given else "not at all")
    return {name: ways for name, ways in found.items() if ways != {"not at all"} and name not in OTHERWISE}


WEIGHED = weighed()


def test_there_are_functions_that_take_weights():
    assert len(WEIGHED) > 40


@pytest.mark.parametrize("function", sorted(WEIGHED))
def test_pixels_count_alike_in_one_case_and_not_in_another(function):
    """Else a port that forgets the weights, or that cannot do without, would not be found out."""
    parameters = inspect.signature(REFERENCE.function(function)).parameters
    needed = not any(parameters[name].default is None for name in WEIGHTS if name in parameters)
    assert "differently" in WEIGHED[function]
    assert ("alike" if needed else "not at all") in WEIGHED[function]

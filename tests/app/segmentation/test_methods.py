"""The table of methods, and what a fit says of itself, whatever the method."""

import importlib
import inspect

import numpy as np
import pytest

from deepmix import segment
from deepmix.reference.deep_mixtures.records import DeepFit
from deepmix.reference.mixtures.records import FieldFit, Fit, FuzzyFit
from deepmix.reference.types import Status
from deepmix.report.description import VALUES, report_of
from deepmix.segmentation.methods import GUIDES, MEASURES, METHODS, NETWORKS
from deepmix.segmentation.results import Part
from tests.app.segmentation.test_segmentation import TINY, blobs

EVERY = pytest.mark.parametrize("name", METHODS)


@EVERY
def test_a_method_has_a_network_or_a_function(name):
    method = METHODS[name]
    assert method.measure in VALUES
    assert (name in NETWORKS) == method.deep
    if method.deep:
        assert method.function == ""
    else:
        module, function = method.function.split(".")
        found = getattr(importlib.import_module(f"deepmix.segmentation.{module}"), function)
        assert list(inspect.signature(found).parameters) == ["mask", "job", "twin"]


def test_networks_start_from_methods_without_one():
    assert GUIDES
    assert not set(GUIDES) & set(NETWORKS)
    assert set(MEASURES.values()) <= set(VALUES)


def test_a_part_speaks_the_words_of_the_fits():
    words = ("value", "history", "status", "degenerate")
    for record in (Fit, FieldFit, FuzzyFit, DeepFit):
        assert record._fields[:4] == words
    assert Part._fields[1:5] == words


@EVERY
def test_what_a_fit_says_is_of_what_it_measures(name):
    image, _, mask = blobs()
    image = image + np.random.default_rng(1).normal(0, 40, image.shape)  # nothing settles in two steps
    options = TINY | {"min_steps": 15, "max_iter": 2, "tol": 0.0}
    result = segment(image, mask, n_components=3, method=name, backend="reference", **options)
    (part,), measure = result.parts, result.settings.measure
    assert part.value == part.history[-1]
    assert part.status is Status.max_steps
    fit = report_of(result)["fits"][0]
    assert fit[VALUES[measure]] == part.value
    assert "value" not in fit
    watched = {"fcm": "memberships"}.get(name, measure)
    assert fit["message"].startswith(f"The step limit was reached before the {watched} settled")


def test_what_settles_of_fuzzy_c_means_are_its_memberships():
    image, _, mask = blobs()
    result = segment(image, mask, n_components=3, method="fcm", backend="reference")
    assert report_of(result)["fits"][0]["message"] == "The memberships changed by less than tol."
    assert np.isfinite(result.parts[0].value)

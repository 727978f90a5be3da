"""geometry.json: what it may say, what is made of it, and what is refused."""

import json
import math
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import deepmix.reconstruction
from deepmix.reconstruction import scans

SCHEMA = json.loads(
    (Path(deepmix.reconstruction.__path__[0]) / "geometry.schema.json").read_text(encoding="utf-8")
)
PARALLEL = {"type": "parallel", "angles": {"unit": "deg", "step": 1, "count": 180}}
FAN = {
    "type": "fan",
    "angles": {"unit": "rad", "values": [0, 1.5, 3, 4.5]},
    "source_to_axis": 400,
    "source_to_detector": 500,
    "detector_spacing": 0.5,
    "shift": 1,
    "size": [30, 40],
    "origin": [1, 2, 3],
    "direction": [1, 0, 0, 0, 1, 0, 0, 0, 1],
}


@pytest.mark.parametrize("said", [PARALLEL, FAN], ids=["parallel", "fan"])
def test_what_is_read_is_written_again_and_keeps_to_the_schema(said, tmp_path):
    jsonschema.validate(said, SCHEMA)
    (tmp_path / "g.json").write_text(json.dumps(said), encoding="utf-8")
    scan = scans.read(tmp_path / "g.json")
    again = json.loads(json.dumps(scans.written(scan)))
    jsonschema.validate(again, SCHEMA)
    for one, other in zip(scan, scans.described(again), strict=True):
        np.testing.assert_array_equal(one, other)


def test_degrees_become_radians_and_detectors_are_as_far_apart_as_pixels():
    said = PARALLEL | {"angles": {"unit": "deg", "values": [0, 4, 90]}}
    geometry = scans.geometry_of(scans.described(said), 20)
    np.testing.assert_allclose(geometry.angles, [0, np.pi / 45, np.pi / 2])
    assert geometry.image_shape == (20, 20)
    assert geometry.pixel_spacing == geometry.detector_spacing == 1


def test_a_length_of_zero_is_not_one_that_is_not_given():
    with pytest.raises(ValueError, match="pixel_spacing must be positive"):
        scans.geometry_of(scans.described(PARALLEL | {"pixel_spacing": 0, "detector_spacing": 1}), 20)


def test_degrees_of_many_turns_are_degrees_of_one():
    said = PARALLEL | {"angles": {"unit": "deg", "step": 7, "count": 300}}
    geometry = scans.geometry_of(scans.described(said), 20)
    np.testing.assert_allclose(np.sin(geometry.angles), np.sin(np.deg2rad(7 * np.arange(300))), atol=1e-9)


def test_a_fan_is_measured_on_its_detector():
    geometry = scans.geometry_of(scans.described(FAN), 120)
    assert geometry.image_shape == (30, 40)
    assert geometry.divergence == 1 / 400
    np.testing.assert_allclose(geometry.detector_spacing, 0.4)
    np.testing.assert_allclose(geometry.pixel_spacing, 0.4)
    np.testing.assert_allclose(geometry.detectors.mean(), 0.8)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"angels": 1}, "there is no 'angels' in the geometry; did you mean 'angles'"),
        ({"type": "cone"}, "type must be one of parallel, fan; got 'cone'"),
        ({"angles": [0, 1, 2]}, "angles must be an object with unit"),
        ({"angles": {"values": [0, 1]}}, "angles lacks unit"),
        ({"angles": {"unit": "grad", "values": [0, 1]}}, "the unit of angles must be one of deg, rad"),
        ({"angles": {"unit": "deg", "step": 1}}, "angles need either values, or step and count"),
        ({"angles": {"unit": "deg", "values": [0, 9], "step": 1, "count": 90}}, "angles need either values, or"),
        ({"angles": {"unit": "deg", "step": 1, "count": 2.5}}, "count must be a whole number, got 2.5"),
        ({"angles": {"unit": "deg", "step": "1", "count": 9}}, "first and step must be numbers, got"),
        ({"angles": {"unit": "deg", "values": [0, math.nan]}}, r"values must be numbers, got \[0, nan\]"),
        ({"size": 5}, "size must be the rows and columns of the image"),
        ({"shift": math.nan}, "shift must be a number, in mm; got nan"),
        ({"origin": [1]}, "origin must have 2 or 3 numbers, and direction, if it is given, 4 or 9"),
        ({"origin": [1, 2], "direction": [1, 0, 0, 0, 1, 0, 0, 0, 1]}, "origin must have 2 or 3 numbers"),
        ({"direction": [1, 0, 0, 1]}, "origin must have 2 or 3 numbers"),
        ({"origin": "12"}, "origin must be numbers, got '12'"),
        ({"detector_spacing": "1 mm"}, "detector_spacing must be a number, in mm; got '1 mm'"),
        ({"size": [3]}, "size must be the rows and columns of the image"),
        ({"source_to_axis": 3}, "parallel rays have no source_to_axis"),
        ({"type": "fan"}, "a fan needs source_to_axis and source_to_detector"),
    ],
)
def test_what_it_cannot_mean_is_refused(change, words, tmp_path):
    """By the schema too, unless JSON cannot say it."""
    (tmp_path / "g.json").write_text(json.dumps(PARALLEL | change), encoding="utf-8")
    with pytest.raises(ValueError, match=words) as raised:
        scans.read(tmp_path / "g.json")
    assert str(raised.value).startswith(str(tmp_path / "g.json"))
    if "nan" not in words:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(PARALLEL | change, SCHEMA)


def test_what_is_no_json_is_refused(tmp_path):
    (tmp_path / "g.json").write_text("{type: fan}", encoding="utf-8")
    with pytest.raises(ValueError, match="is no JSON"):
        scans.read(tmp_path / "g.json")

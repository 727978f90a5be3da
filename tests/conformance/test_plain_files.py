"""`deepmix vectors --format npy`: all that a bare language needs, without ZIP, deflate or JSON."""

import ast
import json
import struct

import numpy as np
import pytest

from deepmix.conformance import arrays, descriptions, files
from tests.app.cli.test_cli import Command, run  # noqa: F401
from tests.conformance import vector_of

NLL = "mixtures.gmm.nll"


def bare(path):
    """The numbers and the shape of an .npy file, read as a bare language would."""
    content = path.read_bytes()
    assert content[:8] == b"\x93NUMPY\x01\x00"
    (length,) = struct.unpack("<H", content[8:10])
    header = ast.literal_eval(content[10 : 10 + length].decode("ascii"))
    assert header["fortran_order"] is False
    code = {"<f8": "d", "<f4": "f", "<i8": "q", "|b1": "?"}[header["descr"]]
    return [each for (each,) in struct.iter_unpack(f"<{code}", content[10 + length :])], header["shape"]


def bare_npy(path, numbers):
    """Write numbers as a bare language would: no axes, float64."""
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (%d,), }\n" % len(numbers)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
    path.write_bytes(content + struct.pack(f"<{len(numbers)}d", *numbers))


def options(path):
    """The lines of case.txt."""
    return dict(line.split(" = ", 1) for line in path.read_text(encoding="ascii").splitlines())


def test_a_program_without_zip_and_json_conforms(run, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    assert run("vectors", "v", "--format", "npy", "--only", "mixtures.em.mean_nll")[0] == 0
    places = sorted((tmp_path / "v" / "mixtures.em.mean_nll").iterdir())
    for place in places:
        said = options(place / "case.txt")
        assert said["function"] == "mixtures.em.mean_nll"
        assert said["outputs/nll"] == "float64"
        values, shape = bare(place / "inputs" / "log_likelihood.npy")
        weights, _ = bare(place / "inputs" / "weights.npy")
        assert said["inputs/log_likelihood"] == f"float64 {shape[0]}"
        nll = -sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights)
        bare_npy(place / "actual" / "nll.npy", [nll])
    code, out, err = run("conform", "--outputs", "v")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1].startswith(f"v conforms: {len(places)} pass, 0 fail; largest error ")
    bare_npy(places[0] / "actual" / "nll.npy", [nll + 1, 2])
    code, out, _ = run("conform", "--outputs", "v")
    assert code == 1
    assert f"{places[0].name} float64: nll has the shape (2,), expected ()" in out


@pytest.mark.parametrize(
    "name",
    [
        f"{NLL}/diag",
        "deep_mixtures.one_image.loss/regularized_held",
        "networks.unet.unet/one_pooling",
        "optimization.schedules.polynomial_decay/first_epoch",
    ],
)
def test_both_formats_hold_the_same(name, tmp_path):
    vector = vector_of(name)
    read = []
    for form in arrays.WRITERS:
        files.write(tmp_path / form, vector, form)
        ((place, back),) = files.read(tmp_path / form)
        assert back.description == vector.description
        assert place == tmp_path / form / name
        read.append(back)
    for one, other in ((read[0].inputs, read[1].inputs), (read[0].expected, read[1].expected)):
        assert one.keys() == other.keys()
        for each in one:
            assert one[each].dtype == other[each].dtype
            np.testing.assert_array_equal(one[each], other[each])
    assert not list((tmp_path / "npy").rglob("*.npz"))


def test_the_lines_say_all_options():
    description = {
        "equations": ["EM1", "G2"],
        "options": {
            "tol": 1e-05,
            "diagonals": True,
            "model": {"regularizers": [{"name": "mean_prior", "strength": 0.1}, None], "of_batch": []},
            "floor": None,
            "spacing": [1.0, 0.1],
        },
        "inputs": {"x": {"dtype": "float64", "shape": [2, 3]}, "mixture/means": {"dtype": "bool", "shape": []}},
        "outputs": {"y": {"dtype": "int64", "shape": [4], "tolerance": {"rule": "exact"}}},
    }
    assert list(descriptions.lines(description)) == [
        "equations = EM1 G2",
        "options/tol = 1e-05",
        "options/diagonals = true",
        "options/model/regularizers/0/name = mean_prior",
        "options/model/regularizers/0/strength = 0.1",
        "options/spacing = 1.0 0.1",
        "inputs/x = float64 2 3",
        "inputs/mixture/means = bool",
        "outputs/y = int64 4",
    ]


def test_the_lines_of_a_case_say_what_its_json_says(tmp_path):
    vector = vector_of(f"{NLL}/diag")
    files.write(tmp_path, vector, "npy")
    said = options(tmp_path / vector.name / "case.txt")
    description = json.loads((tmp_path / vector.name / "case.json").read_text(encoding="utf-8"))
    for name, value in description["options"].items():
        assert said[f"options/{name}"] == str(value)
    for name, each in description["inputs"].items():
        assert said[f"inputs/{name}"] == " ".join(map(str, [each["dtype"], *each["shape"]]))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "nll.npy cannot be read as .npy"),
        (b"PK", "nll.npy cannot be read as .npy"),
        (None, "nll.npy cannot be read as .npy: it holds more than the numbers of the shape (1,)"),
    ],
)
def test_damaged_outputs_are_failures_in_one_line(content, message, run, tmp_path):  # noqa: F811
    vector = vector_of("mixtures.em.mean_nll/one_pixel")
    files.write(tmp_path, vector, "npy")
    path = tmp_path / vector.name / "actual" / "nll.npy"
    bare_npy(path, [1.0])
    path.write_bytes(path.read_bytes() + b"\x00" * 8 if content is None else content)
    code, out, _ = run("conform", "--outputs", tmp_path)
    assert code == 1
    assert f"fail: {vector.name} float64: {path}" in out
    assert message in out


def test_an_empty_folder_offers_nothing_and_two_places_are_refused(run, tmp_path):  # noqa: F811
    vector = vector_of("mixtures.em.mean_nll/one_pixel")
    files.write(tmp_path, vector)
    place = tmp_path / vector.name
    (place / "actual").mkdir()
    code, out, _ = run("conform", "--outputs", tmp_path, "--require", "all")
    assert code == 1
    assert "one_pixel float64: none of its outputs is there" in out
    np.savez(place / "actual.npz", nll=vector.expected["nll"])
    code, out, _ = run("conform", "--outputs", tmp_path)
    assert code == 1
    assert f"there are both {place / 'actual.npz'} and the folder {place / 'actual'}; keep one of them" in out


def test_an_unknown_format_is_refused(run, tmp_path):  # noqa: F811
    code, _, err = run("vectors", tmp_path / "v", "--format", "csv")
    assert (code, err) == (2, "deepmix: format must be one of npz, npy; got 'csv'\n")
    assert list(tmp_path.iterdir()) == []

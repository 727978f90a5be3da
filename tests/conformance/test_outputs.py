"""`deepmix conform --outputs`: what a program in another language wrote, in whatever folder it is."""

import io
import json
import zipfile

import numpy as np
import pytest

from deepmix.conformance import files
from tests.app.cli.test_cli import Command, run  # noqa: F401
from tests.conformance import vector_of

E_STEP = "mixtures.gmm.e_step"
CASES = (f"{E_STEP}/diag", f"{E_STEP}/one_class", "mixtures.em.mean_nll/all_pixels")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Three vectors in the folder v, and outputs of the two of the E-step."""
    monkeypatch.chdir(tmp_path)
    for name in CASES:
        vector = vector_of(name)
        files.write(tmp_path / "v", vector)
        if name.startswith(E_STEP):
            outputs = {each: vector.expected[each] for each in vector.description["outputs"]}
            np.savez(tmp_path / "v" / name / "actual.npz", **outputs)
    return tmp_path / "v"


@pytest.mark.parametrize(
    ("place", "counts"),
    [
        ("v", "2 pass, 0 fail, 1 missing"),
        (f"v/{E_STEP}", "2 pass, 0 fail"),
        (f"v/{E_STEP}/diag", "1 pass, 0 fail"),
    ],
)
def test_a_part_of_the_vectors_is_enough(folder, place, counts, run):  # noqa: F811
    code, out, err = run("conform", "--outputs", place)
    assert (code, err) == (0, "")
    assert (
        out.splitlines()[-1]
        == f"{place} conforms: {counts}; largest error 0 × the tolerance, in {CASES[0]} float64"
    )


@pytest.mark.parametrize("place", [".", ".."])
def test_the_folder_may_be_the_one_one_stands_in(folder, place, run, monkeypatch):  # noqa: F811
    monkeypatch.chdir(folder / E_STEP / ("diag" if place == ".." else ""))
    code, out, _ = run("conform", "--outputs", place)
    assert code == 0
    assert " conforms: 2 pass, 0 fail" in out


def test_outputs_that_are_absent_misspelt_or_wrong(folder, run):  # noqa: F811
    vector = vector_of(CASES[0])
    right = {each: vector.expected[each] for each in vector.description["outputs"]}
    place = folder / CASES[0] / "actual.npz"
    np.savez(place, responsibilities=right["responsibilities"])
    code, out, _ = run("conform", "--outputs", "v")
    assert code == 0
    assert "partial, without log_likelihood: mixtures.gmm.e_step" in out
    assert out.splitlines()[-1].startswith("v conforms: 1 pass, 1 partial, 0 fail, 1 missing")
    code, out, _ = run("conform", "--outputs", "v", "--require", "all", "--json", "all.json")
    assert code == 1
    assert f"fail: {CASES[0]} float64: there is no log_likelihood" in out
    written = json.loads((folder.parent / "all.json").read_text(encoding="utf-8"))
    first = next(each for each in written["results"] if each["case"] == "diag")
    assert first["absent"] == ["log_likelihood"]
    np.savez(place, responsibilities=right["responsibilities"], log_lik=right["log_likelihood"])
    code, out, _ = run("conform", "--outputs", "v")
    assert code == 1
    assert (
        f"fail: {CASES[0]} float64: nothing is called log_likelihood; there is log_lik, which is no output" in out
    )
    np.savez(place, **{name: array + 1 for name, array in right.items()})
    code, out, _ = run("conform", "--outputs", "v", "--json", "all.json")
    assert code == 1
    printed = out.splitlines()
    start = next(number for number, line in enumerate(printed) if line.startswith(f"fail: {CASES[0]} float64 ("))
    assert "× the tolerance): responsibilities[0, 0] is 1" in printed[start]
    assert "× the tolerance) log_likelihood[0] is " in printed[start + 1]
    assert printed[start + 1].endswith("; perhaps the constant 1 is added")
    written = json.loads((folder.parent / "all.json").read_text(encoding="utf-8"))
    first = next(each for each in written["results"] if each["case"] == "diag")
    assert [each["output"] for each in first["differing"]] == ["responsibilities", "log_likelihood"]
    assert all(each["guess"] == "the constant 1 is added" and each["worst"] > 1e3 for each in first["differing"])


def test_vectors_and_outputs_are_one_folder(folder, run):  # noqa: F811
    code, _, err = run("conform", "--outputs", "v", "--vectors", "v")
    assert code == 2
    assert err == "deepmix: --vectors is for a module; --outputs names a folder that holds its vectors\n"


def npy(array) -> bytes:
    content = io.BytesIO()
    np.save(content, np.asarray(array))
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is no ZIP archive"),
        (b"numbers", "it is no ZIP archive"),
        (npy([1.0]), "it is no ZIP archive"),
        ({"responsibilities.npy": npy([1.0]) + b"0"}, "it holds more than the numbers of the shape (1,)"),
        ({"responsibilities.npy": b"1, 0"}, "magic string"),
    ],
)
def test_what_is_no_archive_of_arrays_is_said_to_be_none(content, message, folder, run):  # noqa: F811
    path = folder / CASES[0] / "actual.npz"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        with zipfile.ZipFile(path, "w") as file:
            for name, each in content.items():
                file.writestr(name, each)
    code, out, _ = run("conform", "--outputs", folder)
    assert code == 1
    (line,) = (each for each in out.splitlines() if each.startswith("fail: "))
    assert f"{path} cannot be read as .npz: " in line
    assert message in line
    assert "pickle" not in line


def test_entries_for_folders_are_no_arrays(run, tmp_path):  # noqa: F811
    """As the programs that pack folders write them."""
    vector = vector_of("mixtures.gmm.m_step/diag")
    files.write(tmp_path, vector)
    outputs = {each: vector.expected[each] for each in vector.description["outputs"]}
    with zipfile.ZipFile(tmp_path / vector.name / "actual.npz", "w") as file:
        for name in {name.rpartition("/")[0] for name in outputs}:
            file.mkdir(name)
        for name, array in outputs.items():
            file.writestr(f"{name}.npy", npy(array))
    code, out, _ = run("conform", "--outputs", tmp_path)
    assert code == 0, out
    assert "conforms: 1 pass" in out

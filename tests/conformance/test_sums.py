"""SHA256SUMS and the archive: a vector that was changed or cut is named; the archive is the same on every run."""

import hashlib
import io
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import numpy as np
import pytest

from deepmix.conformance import arrays, files, release, sums
from tests.app.cli.test_cli import Command, run  # noqa: F401
from tests.conformance import vector_of

NLL = "mixtures.em.mean_nll"
CASES = (f"{NLL}/all_pixels", f"{NLL}/one_pixel", "mixtures.gmm.nll/diag")


def written(folder: Path, form: str = "npz") -> Path:
    """Vectors of two functions, as the command writes them."""
    found = [vector_of(name) for name in CASES]
    for vector in found:
        files.write(folder, vector, form)
    files.write_index(folder, [vector.description for vector in found])
    return folder


@pytest.fixture
def folder(tmp_path) -> Path:
    return written(tmp_path / "v")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def test_the_sums_are_those_of_all_files(run, tmp_path):  # noqa: F811
    assert run("vectors", tmp_path / "v", "--only", f"{NLL}/*")[0] == 0
    lines = (tmp_path / "v" / "SHA256SUMS").read_text(encoding="ascii").splitlines()
    there = {path.relative_to(tmp_path / "v").as_posix() for path in (tmp_path / "v").rglob("*") if path.is_file()}
    assert [line.split("  ")[1] for line in lines] == sorted(there - {"SHA256SUMS"})
    assert {"FORMAT.md", "cases.txt", f"{CASES[0]}/inputs.npz"} <= there
    for line in lines:
        digest, name = line.split("  ")
        assert digest == hashlib.sha256((tmp_path / "v" / name).read_bytes()).hexdigest()
    index = (tmp_path / "v" / "cases.txt").read_text(encoding="ascii").splitlines()
    assert sorted(index) == sorted(name.rpartition("/")[0] for name in there if name.endswith("case.json"))


@pytest.mark.parametrize("form", arrays.WRITERS)
@pytest.mark.parametrize(
    ("place", "front"),
    [("", ("deepmix.reference", "--vectors")), (NLL, ("--outputs",)), (CASES[1], ("--outputs",))],
)
def test_a_file_that_is_cut_is_named_in_one_line(form, place, front, run, tmp_path):  # noqa: F811
    folder = written(tmp_path / "v", form)
    assert run("conform", "deepmix.reference", "--vectors", folder / place)[0] == 0
    paths = sorted(path for path in (folder / CASES[1]).rglob("*") if path.is_file())
    assert len(paths) == (3 if form == "npz" else 6)
    for path in paths:
        content = path.read_bytes()
        cut(path)
        code, _, err = run("conform", *front, folder / place)
        path.write_bytes(content)
        assert code == 2
        assert err.startswith(
            f"deepmix: {path} is not as it was written, by its sum in SHA256SUMS; make the vectors"
        )
        assert err.count("\n") == 1


def test_what_was_computed_beside_them_does_not_count(folder, run):  # noqa: F811
    vector = vector_of(CASES[0])
    np.savez(folder / CASES[0] / "actual.npz", nll=vector.expected["nll"])
    code, out, err = run("conform", "--outputs", folder)
    assert (code, err) == (0, "")
    assert "1 pass, 0 fail, 2 missing" in out


def test_a_file_and_a_case_that_are_gone_are_told(folder, run):  # noqa: F811
    (folder / CASES[1] / "inputs.npz").unlink()
    code, _, err = run("conform", "deepmix.reference", "--vectors", folder)
    assert code == 2
    assert err.startswith(f"deepmix: {folder / CASES[1] / 'inputs.npz'} is missing, SHA256SUMS names it; make the")
    for path in (folder / CASES[1]).iterdir():
        path.unlink()
    code, out, err = run("conform", "deepmix.reference", "--vectors", folder)
    assert code == 0
    assert err == f"warning: 1 of the 3 cases in SHA256SUMS are not in {folder}\n"
    assert " conforms: 2 pass" in out


def test_a_list_that_is_cut_or_does_not_know_a_case_is_refused(folder, run):  # noqa: F811
    path = folder / "SHA256SUMS"
    whole = path.read_text(encoding="ascii")
    path.write_text(whole[:-1][: whole.rindex("  ") - 3], encoding="ascii")
    code, _, err = run("conform", "deepmix.reference", "--vectors", folder)
    assert code == 2
    assert f"{path} has no sum of a file in line {len(whole.splitlines())}; make the vectors anew" in err
    path.write_text("".join(line for line in whole.splitlines(True) if CASES[1] not in line), encoding="ascii")
    code, _, err = run("conform", "deepmix.reference", "--vectors", folder)
    assert (code, err.startswith(f"deepmix: {folder / CASES[1]} is not in SHA256SUMS; make")) == (2, True)
    path.unlink()
    assert run("conform", "deepmix.reference", "--vectors", folder)[0] == 0


def test_a_list_that_is_no_text_is_refused(folder, run):  # noqa: F811
    path = folder / "SHA256SUMS"
    path.write_bytes(b"\xff\xfe" + path.read_bytes())
    code, _, err = run("conform", "deepmix.reference", "--vectors", folder)
    assert code == 2
    assert err.startswith(f"deepmix: {path} has no sum of a file in line 1; make the vectors anew")


def test_another_list_above_the_vectors_is_not_theirs(folder, run):  # noqa: F811
    (folder / "SHA256SUMS").rename(folder.parent / "SHA256SUMS")
    cut(folder / "FORMAT.md")
    assert run("conform", "deepmix.reference", "--vectors", folder)[0] == 0


def test_the_archive_is_the_same_on_every_run(folder, tmp_path):
    first = release.pack(folder).read_bytes()
    assert (tmp_path / "v.tar.gz.sha256").read_text(
        encoding="utf-8"
    ) == f"{hashlib.sha256(first).hexdigest()}  v.tar.gz\n"
    (folder / CASES[0] / "actual.npz").write_bytes(b"mine")
    again = written(tmp_path / "elsewhere" / "v")
    time.sleep(1.1)  # the times of files and of the run do not come in
    for path in again.rglob("*"):
        path.touch()
    assert release.pack(folder).read_bytes() == first
    assert release.pack(again).read_bytes() == first
    with tarfile.open(fileobj=io.BytesIO(first)) as archive:
        names = archive.getnames()
        assert names == sorted(names)
        assert set(names) == {f"v/{name}" for name in [*sums.listed(folder), "SHA256SUMS"]}
        for name in names:  # extractall has no filter before Python 3.11.4, and warns without one later
            (tmp_path / "out" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "out" / name).write_bytes(archive.extractfile(name).read())
    sums.check(tmp_path / "out" / "v", sums.listed(folder))


def test_what_was_changed_is_not_packed(folder, tmp_path):
    cut(folder / "FORMAT.md")
    with pytest.raises(ValueError, match=r"FORMAT\.md is not as it was written"):
        release.pack(folder)
    assert not list(tmp_path.glob("*.tar.gz*"))


def test_the_script_prints_the_sum(folder):
    command = [sys.executable, "-m", "deepmix.conformance.release", "v"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=folder.parent, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    packed = (folder.parent / "v.tar.gz").read_bytes()
    assert done.stdout == f"{hashlib.sha256(packed).hexdigest()}  v.tar.gz\n"


@pytest.mark.parametrize("name", [".", CASES[0], "FORMAT.md", "nowhere"])
def test_a_folder_without_sums_is_not_packed(name, folder, monkeypatch, capsys):
    """One of which they were deleted, that of a case, a file, none at all."""
    (folder / "SHA256SUMS").unlink()
    monkeypatch.setattr(sys, "argv", ["release", str(folder / name)])
    assert release.main() == 2
    place = folder / name / "SHA256SUMS"
    said = f"there is no {place.resolve()}; name a whole folder that deepmix vectors wrote"
    assert capsys.readouterr() == ("", f"deepmix.conformance.release: {said}\n")
    assert not list(folder.parent.rglob("*.tar.gz*"))

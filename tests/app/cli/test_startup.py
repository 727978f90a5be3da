"""Help, the version and mistakes in the arguments are answered before anything that takes long is imported."""

import subprocess
import sys
from pathlib import Path

import pytest

# Each takes a tenth of a second to import, or several.
HEAVY = {"jax", "flax", "optax", "scipy", "matplotlib", "SimpleITK", "nibabel", "pydicom", "sklearn"}
CODE = f"""
import sys
from deepmix import cli
try:
    cli.main()
except SystemExit as ended:
    print(ended.code or 0, *sorted({HEAVY} & set(sys.modules)))
"""


def call(folder: Path, *arguments: str) -> tuple[int, list[str], str]:
    """The exit code, what was imported of `HEAVY`, and what was printed, in a new process."""
    command = [sys.executable, "-c", CODE, *arguments]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=folder, check=True)
    *printed, last = done.stdout.splitlines()
    code, *imported = last.split()
    return int(code), imported, "\n".join(printed) + done.stderr


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        ("", "Usage"),
        ("--help", "segment"),
        ("--version", "deepmix 0."),
        ("segment --help", "--covariance-type"),
        ("demo --help", "--paper"),
        ("phantoms --help", "--noise"),
        ("train --help", "--mean-prior"),
        ("predict --help", "--table"),
        ("evaluate --help", "--match"),
        ("conform --help", "--require"),
        ("vectors --help", "--preset"),
        ("export --help", "--platforms"),
        ("reconstruct ct --help", "--geometry"),
        ("simulate ct --help", "--photons"),
    ],
)
def test_help_and_version_import_nothing_heavy(arguments, answer, tmp_path):
    code, imported, printed = call(tmp_path, *arguments.split())
    assert answer in printed
    assert code == (0 if arguments else 2)
    assert imported == []


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        ("segment --nope", "--nope"),
        ("segment image.npy -k three -o out", "integer"),
        ("segment missing.npy -k 3 -o out", "deepmix: no such file: missing.npy"),
        ("segment image.npy -k 3 --mask missing.npy -o out", "deepmix: no such file: missing.npy"),
        ("segment image.npy -k 3 --means-init missing.txt -o out", "deepmix: no such file: missing.txt"),
        ("segment image.npy -k 3 --method magic -o out", "deepmix: method must be one of"),
        ("train missing.csv -k 3 -o out", "deepmix: no such file: missing.csv"),
        ("train image.npy -k 3 --mean-prior missing.csv -o out", "deepmix: no such file: missing.csv"),
        ("train image.npy -k 3 --supervision -1 -o out", "deepmix: supervision must be at least 0"),
        ("predict missing image.npy -o out", "deepmix: no such file: missing"),
        ("predict image.npy -o out", "deepmix: name the files of the channels, or a table"),
        ("evaluate image.npy missing.npy", "deepmix: no such file: missing.npy"),
        ("evaluate image.npy image.npy --tolerance -1", "deepmix: --tolerance and --seed must not be negative"),
        ("evaluate image.npy image.npy -o image.npy", "deepmix: image.npy is a file"),
        ("segment image.npy -k 3 --backend magic -o out", "deepmix: backend must be one of"),
        ("segment image.npy -k 3 --slices first -o out", "deepmix: --slices takes A:B"),
        ("segment image.npy -k 3 --channels-are colours -o out", "deepmix: channels_are must be one of pages"),
        ("segment image.npy -k 3 --channels-are pages -o out", "deepmix: --channels-are is for TIFF"),
        ("segment image.npy -k 3 --mask-threshold 1 -o out", "deepmix: --mask-threshold goes with --mask"),
        ("segment image.npy -k 3 -o image.npy", "deepmix: image.npy is a file"),
        ("reconstruct ct missing.npy -o out", "deepmix: no such file: missing.npy"),
        ("reconstruct ct image.npy --window magic -o out", "deepmix: window must be one of"),
        ("simulate ct image.npy --views 1 -o out", "deepmix: views must be at least 2"),
        ("demo -o image.npy", "deepmix: image.npy is a file"),
        ("demo magic -o out", "deepmix: the subject of the demo must be one of distributions, reconstruction"),
        ("demo reconstruction --distributions -o out", "deepmix: distributions and reconstruction are two demos"),
        (
            "demo --reconstruction --paper -o out",
            "deepmix: --paper and --noise are not of the demo of reconstruction",
        ),
        (
            "demo distributions --noise 2 -o out",
            "deepmix: --paper and --noise are not of the demo of distributions",
        ),
        ("export out --platforms magic", "deepmix: platforms must be one of"),
        ("export image.npy", "deepmix: image.npy is a file"),
    ],
)
def test_mistakes_import_nothing_heavy(arguments, answer, tmp_path):
    (tmp_path / "image.npy").touch()
    code, imported, printed = call(tmp_path, *arguments.split())
    assert answer in printed
    assert code == 2
    assert imported == []

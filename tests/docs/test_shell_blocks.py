"""Commands in the pages are those that there are; where phantoms make that possible in seconds, they are run."""

import re
from pathlib import Path

import nibabel
import numpy as np
import pytest
from typer.main import get_command

from deepmix.cli.app import app
from tests.app.cli.test_cli import Command, run  # noqa: F401
from tests.app.segmentation.test_segmentation import blobs
from tests.docs.blocks import blocks, commands
from tests.docs.pages import PAGES, ROOT

COMMANDS = get_command(app).commands
WITHIN = [
    inner for each in COMMANDS.values() for inner in getattr(each, "commands", {}).values()
]  # as `simulate ct`
BESIDE = {"--help", "--version", "--full"}  # of all commands, of the command, of benchmarks
NETWORK = "--depth 1 --filters 2"
# What a test adds to a command, to be done in seconds: a later option takes the place of an earlier one.
SMALLER = {
    "segment": f"{NETWORK} --backend reference --max-steps 3 --min-steps 1 --warm-start 2",
    "phantoms": "-n 3 --size 48",
    "train": f"{NETWORK} --crop 32 --max-epochs 1 --batch-size 2",
}
OF_VOLUMES = SMALLER | {"train": f"{NETWORK} --patch 16 --max-epochs 1 --batch-size 2"}  # which are not cropped


def is_run(arguments: list[str]) -> bool:
    """Not on several machines, nor what has a test of its own: the demo, and exports."""
    return arguments[0] not in {"demo", "export", "--version"} and "--distributed" not in arguments


@pytest.fixture
def given(folder) -> None:
    """The images and the port that the pages name."""
    image, truth, mask = blobs((20, 26, 2))
    channels = {"T1": image[0], "T2": image[1], "C0": image[0], "DE": image[1]}
    for name, array in (channels | {"mask": mask, "truth": truth}).items():
        kind = np.float32 if name in channels else np.uint8
        nibabel.save(nibabel.Nifti1Image(array.astype(kind), np.eye(4)), folder / f"{name}.nii.gz")
    port = next(each for each in blocks(ROOT / "README.md", "python") if each.startswith("# my_port.py"))
    (folder / "my_port.py").write_text(port, encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_are_those_that_there_are(page):
    for name, *arguments in commands(page):
        if name != "--version":
            COMMANDS[name].make_context(name, arguments)


def test_words_and_options_within_a_line_are_those_that_there_are():
    known = {
        name for each in (*COMMANDS.values(), *WITHIN) for option in each.params for name in option.opts
    } | BESIDE
    for page in PAGES:
        for code in re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8")):
            if not code.startswith(("python", "pytest", "pip")):
                assert set(re.findall(r"(?<!\S)--[a-z][\w-]*", code)) <= known, f"{page.name}: {code}"
            if called := re.match(r"deepmix ([a-z]+)", code):
                assert called[1] in COMMANDS, f"{page.name}: {code}"


@pytest.mark.parametrize(
    "pages", [["README.md"], ["docs/train.md", "docs/segment.md", "docs/evaluate.md"], ["docs/reconstruct.md"]]
)
def test_commands_do_what_the_pages_say(pages, given, run):  # noqa: F811
    for name, *arguments in filter(is_run, (each for page in pages for each in commands(ROOT / page))):
        smaller = (OF_VOLUMES if "--dimension" in arguments else SMALLER).get(name, "").split()
        code, _, err = run(name, *arguments, *smaller)
        assert code == 0, f"{name} {arguments}: {err}"
        if "-o" in arguments:
            assert any(Path(arguments[arguments.index("-o") + 1]).iterdir())

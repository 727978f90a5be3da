"""The example of a port in docs/conformance.md, pasted and run."""

import os
import re
import subprocess
import sys

import pytest

from tests.docs.blocks import blocks, commands
from tests.docs.pages import DOCS

PAGE = DOCS / "conformance.md"
PORT, TABLE = blocks(PAGE, "python")[0], blocks(PAGE, "text")[0]


@pytest.fixture
def conform(tmp_path):
    def run(port: str) -> subprocess.CompletedProcess:
        (tmp_path / "my_port.py").write_text(port, encoding="utf-8")
        command = [sys.executable, "-c", "from deepmix.cli import main; main()", *next(commands(PAGE))]
        utf8 = {"env": os.environ | {"PYTHONUTF8": "1"}, "encoding": "utf-8"}
        return subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, **utf8)

    return run


def test_the_example_prints_the_table_of_the_page(conform):
    done = conform(PORT)
    assert (done.returncode, done.stderr) == (1, "")
    assert lines(done.stdout) == lines(TABLE)


def lines(text: str) -> list[list[str]]:
    """The words of each line, but for the sizes of errors, which are the machine's."""
    return [re.sub(r"±?\d\.\d+(e-\d+)?", "#", line).split() for line in text.splitlines() if line.strip()]


def remedied() -> str:
    """The port as the page mends it."""
    wrong = PORT[PORT.index("    joint = ") : PORT.index("gaussian, gmm = ")]
    right = (
        "    joint = np.log(mixture.proportions)[:, None] + log_densities\n"
        "    log_likelihood = scipy.special.logsumexp(joint, axis=0)\n"
        "    return np.exp(joint - log_likelihood), log_likelihood\n\n"
    )
    return PORT.replace(wrong, right).replace("import numpy as np", "import numpy as np\nimport scipy.special")


def test_the_remedy_of_the_page_conforms(conform):
    done = conform(remedied())
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1].startswith("my_port conforms: 13 pass, 0 fail")


def test_the_example_is_as_short_as_it_looks():
    assert len(PORT.strip().splitlines()) <= 20

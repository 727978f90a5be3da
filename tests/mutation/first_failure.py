"""Runs `subject` on vectors/ and exits with 1 at the first that it fails; those of the module named come first."""

import sys
from pathlib import Path

from deepmix.conformance import ports, runner


def main(module: str) -> str | None:
    """What failed. vectors/ holds a folder of vectors for each module."""
    port = ports.load("subject")
    for folder in sorted(Path("vectors").iterdir(), key=lambda folder: (folder.name != module, folder.name)):
        for result in runner.run_vectors(port, folder):
            if result.outcome != "pass":
                return f"{result.name}: {result.outcome}, {result.message}"
    return "JAX was imported" if "jax" in sys.modules else None


if __name__ == "__main__":
    failure = main(sys.argv[1])
    print(failure)
    sys.exit(failure is not None)

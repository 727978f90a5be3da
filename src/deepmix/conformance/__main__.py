"""`python -m deepmix.conformance`: what `deepmix conform` does, with NumPy and SciPy alone."""

import argparse
import io
import sys
import warnings
from pathlib import Path

from . import answer
from .question import HELP, PATHS, REPEATED, Question
from .results import Result


def main() -> int:
    """Check a port against the reference. Exit code 1 if it does not conform, 2 if it could not be tried."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without × gets a question mark
    question = Question(**vars(_parser().parse_args()))
    try:
        answer.check(question)
        lines, conforms = answer.say(question, _results(question))
    except (ValueError, OSError, ImportError) as error:
        print(f"deepmix.conformance: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    print(*lines, sep="\n")
    return 0 if conforms else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deepmix.conformance", description=main.__doc__)
    parser.add_argument("module", nargs="?", help=HELP["module"])
    for name in Question._fields[1:]:
        kind = Path if name in PATHS else str
        parser.add_argument(
            f"--{name}", type=kind, action="append" if name in REPEATED else "store", help=HELP[name]
        )
    return parser


def _results(question: Question) -> list[Result]:
    """The results; each warning is a line on stderr, once."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            return list(answer.run(question))
        finally:
            for message in dict.fromkeys(str(each.message) for each in caught if each.category is UserWarning):
                print(f"warning: {message}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())

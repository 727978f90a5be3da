"""From a question about a port to the results, and to what is said of them."""

from collections.abc import Iterable, Iterator

from deepmix.reference.checks import check_choice

from . import ports, results, runner, selection, table
from .cases import PRESETS
from .question import Question
from .results import Result
from .tolerances import DTYPES


def check(question: Question) -> None:
    """Raise ValueError, before the work, for what cannot be asked."""
    check_choice("preset", question.preset or PRESETS[0], PRESETS)
    for each in question.dtype or ():
        check_choice("dtype", each, DTYPES)
    if question.require is not None:
        check_choice("require", question.require, ("all",))
    if (question.module is None) == (question.outputs is None):
        raise ValueError("name a module to run, or a folder with --outputs; one of the two")
    if (question.preset or question.dtype) and (question.vectors or question.outputs):
        raise ValueError("--preset and --dtype say which vectors to make; those in a folder have theirs")
    if question.vectors and question.outputs:
        raise ValueError("--vectors is for a module; --outputs names a folder that holds its vectors")
    if question.json is not None:
        results.check_json(question.json)


def run(question: Question) -> Iterator[Result]:
    """A result a case. Raises ValueError, OSError or ImportError for what cannot be read or imported."""
    patterns = [] if question.xfail is None else results.read_patterns(question.xfail)
    found = _run(question)
    if question.require is not None:
        found = results.require(found)
    yield from results.expect_failures(found, patterns)


def _run(question: Question) -> Iterator[Result]:
    only = question.only or ()
    if question.outputs is not None:
        return runner.run_outputs(question.outputs, only)
    port = ports.load(str(question.module))
    if question.vectors is not None:
        return runner.run_vectors(port, question.vectors, only)
    return runner.run(port, question.preset or PRESETS[0], question.dtype, only)


def say(question: Question, found: list[Result]) -> tuple[Iterable[str], bool]:
    """The lines to print, and whether the port conforms; writes the file that was asked for.

    Raises ValueError if no case was run.
    """
    if not found:
        raise ValueError(selection.nobody(question.only or ()))
    if question.json is not None:
        asked = question._replace(preset=question.preset or PRESETS[0])._asdict()
        results.write_json(asked.pop("json"), asked, found)
    return table.lines(str(question.module or question.outputs), found), results.summary(found)["conforms"]

"""`deepmix conform`: whether a port does what the reference does."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from deepmix.conformance.runner import Result


def conform(
    module: Annotated[
        str | None, typer.Argument(help="Importable module with functions named as in deepmix.reference.")
    ] = None,
    vectors: Annotated[
        Path | None, typer.Option(help="Run the module on the vectors in this folder instead of new ones.")
    ] = None,
    outputs: Annotated[
        Path | None, typer.Option(help="Instead of a module: folder of vectors with actual.npz files beside them.")
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="minimal (all functions, small; the default) or paper (the paper's sizes).")
    ] = None,
    dtype: Annotated[
        list[str] | None,
        typer.Option(help="float64 or float32; can be repeated. Default: those the module declares, else both."),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Function or function/case, with * as wildcard; can be repeated.")
    ] = None,
    require: Annotated[
        str | None, typer.Option(help="all: functions that the module does not have are failures.")
    ] = None,
    xfail: Annotated[
        Path | None, typer.Option(help="File of cases (function/case, a line each) that are expected to fail.")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write all results to this file.")] = None,
) -> None:
    """Check a port against the reference, function by function. Exit code 1 if it does not conform."""
    from deepmix.conformance import ports, runner
    from deepmix.conformance.cases import PRESETS
    from deepmix.conformance.tolerances import DTYPES
    from deepmix.reference.checks import check_choice

    from . import console
    from .conformance_table import print_conformance

    check_choice("preset", preset or PRESETS[0], PRESETS)
    for each in dtype or ():
        check_choice("dtype", each, DTYPES)
    if require is not None:
        check_choice("require", require, ("all",))
    if (module is None) == (outputs is None):
        raise ValueError("name a module to run, or a folder with --outputs; one of the two")
    if (preset or dtype) and (vectors or outputs):
        raise ValueError("--preset and --dtype say which vectors to make; those in a folder have theirs")
    if json is not None:
        runner.check_json(json)
    patterns = [] if xfail is None else runner.read_patterns(xfail)
    results: Iterable[Result]
    if outputs is not None:
        results = runner.run_outputs(outputs, only or [])
    else:
        sys.path.insert(0, "")  # a module in the working folder is found, as by `python -m`
        port = ports.load(str(module))
        if vectors is not None:
            results = runner.run_vectors(port, vectors, only or [])
        else:
            results = runner.run(port, preset or PRESETS[0], dtype, only or [])
    if require is not None:
        results = runner.require(results)
    with console.warnings_in_lines():
        found = list(console.counted("conform", runner.expect_failures(results, patterns)))
    if not found:
        raise ValueError(runner.nobody(only or []))
    print_conformance(str(module or outputs), found)
    if json is not None:
        named = {"module": module, "outputs": outputs, "vectors": vectors, "preset": preset or PRESETS[0]}
        runner.write_json(json, named | {"only": only, "require": require, "xfail": xfail}, found)
    if not runner.summary(found)["conforms"]:
        raise typer.Exit(1)

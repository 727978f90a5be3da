"""`deepmix conform`: whether a port does what the reference does."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from deepmix.conformance.question import HELP, Question


def conform(
    module: Annotated[str | None, typer.Argument(help=HELP["module"])] = None,
    vectors: Annotated[Path | None, typer.Option(help=HELP["vectors"])] = None,
    outputs: Annotated[Path | None, typer.Option(help=HELP["outputs"])] = None,
    preset: Annotated[str | None, typer.Option(help=HELP["preset"])] = None,
    dtype: Annotated[list[str] | None, typer.Option(help=HELP["dtype"])] = None,
    only: Annotated[list[str] | None, typer.Option(help=HELP["only"])] = None,
    require: Annotated[str | None, typer.Option(help=HELP["require"])] = None,
    xfail: Annotated[Path | None, typer.Option(help=HELP["xfail"])] = None,
    json: Annotated[Path | None, typer.Option(help=HELP["json"])] = None,
) -> None:
    """Check a port against the reference, function by function. Exit code 1 if it does not conform."""
    from deepmix.conformance import answer

    from . import console

    question = Question(
        module=module,
        vectors=vectors,
        outputs=outputs,
        preset=preset,
        dtype=dtype,
        only=only,
        require=require,
        xfail=xfail,
        json=json,
    )
    answer.check(question)
    sys.path.insert(0, "")  # a module in the working folder is found, as by `python -m`
    with console.warnings_in_lines():
        found = list(console.counted("conform", answer.run(question)))
    lines, conforms = answer.say(question, found)
    for line in lines:
        console.out.print(line)
    if not conforms:
        raise typer.Exit(1)

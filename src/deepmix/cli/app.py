"""All subcommands together."""

from typing import Annotated

import typer

from .conform import conform
from .demo import demo
from .evaluate import evaluate
from .export import export
from .phantoms import phantoms
from .predict import predict
from .reconstruct import reconstruct
from .report import report
from .segment import segment
from .simulate import simulate
from .train import train
from .vectors import vectors

app = typer.Typer(
    help="Unsupervised image segmentation by deep Gaussian mixtures.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(segment)
app.command()(demo)
app.command()(train)
app.command()(predict)
app.command()(evaluate)
app.command()(report)
app.command()(phantoms)
app.add_typer(reconstruct, name="reconstruct")
app.add_typer(simulate, name="simulate")
app.command()(conform)
app.command()(vectors)
app.command()(export)


def _print_version(wanted: bool) -> None:
    if wanted:
        from deepmix import __version__

        print(f"deepmix {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True)] = False,
) -> None:
    pass

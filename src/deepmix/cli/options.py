"""The options that several commands have in common; each command says its default."""

from pathlib import Path
from typing import Annotated

import typer

NETWORK, LOOP, MIXTURE, RUN = "Network", "How the network is trained", "Mixture", "Running"

Classes = Annotated[int, typer.Option("--classes", "-k", help="Number of classes.")]
Results = Annotated[Path, typer.Option("--output", "-o", help="Folder for the results.")]
Mask = Annotated[Path | None, typer.Option(help="Pixels that count: those that are not 0.")]
Backend = Annotated[str, typer.Option(help="accelerated or reference.")]
Probabilities = Annotated[bool, typer.Option("--probabilities", help="Write the class probabilities.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Allow a folder that is not empty.")]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Leave out cases that cannot be used.")]

Depth = Annotated[int, typer.Option(help="Poolings.", rich_help_panel=NETWORK)]
Filters = Annotated[int, typer.Option(help="Filters at the top.", rich_help_panel=NETWORK)]
NegativeSlope = Annotated[float, typer.Option(help="Of LeakyReLU.", rich_help_panel=NETWORK)]

LearningRate = Annotated[float, typer.Option(help="Of AdamW.", rich_help_panel=LOOP)]
WeightDecay = Annotated[float, typer.Option(help="Of AdamW.", rich_help_panel=LOOP)]
MaxNorm = Annotated[float, typer.Option(help="The gradient is clipped to this norm.", rich_help_panel=LOOP)]
LabelRule = Annotated[str, typer.Option(help="prior or posterior.", rich_help_panel=LOOP)]
TotalVariation = Annotated[float, typer.Option(help="Weight of the total variation.", rich_help_panel=LOOP)]

Dtype = Annotated[str | None, typer.Option(help="float32 or float64.", rich_help_panel=RUN)]
NoCompilationCache = Annotated[
    bool,
    typer.Option(
        "--no-compilation-cache", help="Do not keep what is compiled for the next run.", rich_help_panel=RUN
    ),
]

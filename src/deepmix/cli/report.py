"""`deepmix report`: a folder of results as one page for a browser."""

from pathlib import Path
from typing import Annotated

import typer

from deepmix.files.inputs import existing


def report(
    folder: Annotated[Path, typer.Argument(help="Folder that deepmix segment has written.")],
) -> None:
    """Turn results into one HTML page that needs no other file."""
    existing(folder)

    from deepmix.report import page

    from . import console

    with console.warnings_in_lines():
        path = page.write(folder)
    console.out.print(f"{path}; open it in a browser")

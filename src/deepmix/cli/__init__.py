"""The command `deepmix`: each command's file only parses, calls and prints."""

import io
import sys


def main() -> None:
    """Run the command. Errors that a user can mend are one line on stderr, exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without × gets a question mark
    try:
        from .app import app
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] not in ("typer", "rich"):
            raise
        _fail(f"the command needs {error.name}; install it with: pip install 'deepmix[all]'")
    try:
        app()
    except (ValueError, OSError, ImportError) as error:
        _fail(" ".join(str(error).split()))


def _fail(message: str) -> None:
    print(f"deepmix: {message}", file=sys.stderr)
    sys.exit(2)

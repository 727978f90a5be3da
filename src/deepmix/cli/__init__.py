"""The command `deepmix`: the file of each subcommand only parses, calls and prints."""

import io
import sys


def main() -> None:
    """Run the command. Errors that a user can mend are one line on stderr, exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without × gets a question mark
    try:
        from .app import app

        app()
    except (ValueError, OSError) as error:
        _fail(str(error))
    except Exception as error:
        from deepmix import extras  # only now: each start would wait for it

        words = extras.trouble()  # another version of a library may fail in any way
        if not words:
            from deepmix import memory

            words = memory.lacking(error) or (str(error) if isinstance(error, ImportError) else "")
        if not words:
            raise
        _fail(words)


def _fail(message: str) -> None:
    print(f"deepmix: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(2)

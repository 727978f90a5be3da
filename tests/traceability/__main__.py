"""Write the tables, or name the pages whose table is not what would be written."""

import argparse
import sys

from tests.structure import ROOT
from tests.traceability import COMMAND, REFERENCE, functions_table, pages, written


def main() -> None:
    """The tables of equations on the pages, and that of functions on their index."""
    parser = argparse.ArgumentParser(prog="python -m tests.traceability", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write them into the pages")
    write = parser.parse_args().write
    found = {REFERENCE / subject / "README.md": (page, written(page)) for subject, page in pages().items()}
    index = functions_table.index()
    found[functions_table.INDEX] = index, functions_table.written(index)
    stale = {path: new for path, (old, new) in found.items() if old != new}
    for path, new in stale.items():
        if write:
            path.write_text(new, encoding="utf-8")
        print(f"{path.relative_to(ROOT)} {'written' if write else f'is stale; run: {COMMAND}'}")
    sys.exit(bool(stale) and not write)


if __name__ == "__main__":
    main()
